"""Chooses the passages of a blind test: the author's own, and answers of each model, in an order that a seed gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from statistics import quantiles
from typing import NamedTuple

from ownvoice.blind.sheet import Passage, Sheet
from ownvoice.blind.trim import beginning_of, cut_from, pieces_of, sentences_in
from ownvoice.blind_tests import Source
from ownvoice.errors import BlindTestError, shown_names
from ownvoice.records.answers import ModelAnswers, Output
from ownvoice.records.essays import Pair
from ownvoice.records.run import RunRecord
from ownvoice.voice.text import FEWEST_WORDS, count_words

USUAL_NUMBER = 8
"""Of hers and of the tuned model's; of each other model half as many: 20 to 28 passages, a quarter of an hour."""
OTHERS_SHARE = 0.5
MOST_WORDS = 200

_Outputs = Mapping[Source, Sequence[Output]]


class Wanted(NamedTuple):
    """What a sheet is made for."""

    made_at: str
    """ISO 8601."""
    number: int = USUAL_NUMBER
    for_others: bool = False


class _Candidate(NamedTuple):
    """The fields of a passage, but for its id."""

    source: Source
    of: str
    sample: int
    text: str
    is_beginning: bool


class _Own(NamedTuple):
    passages: tuple[_Candidate, ...]
    trained_on: bool

    @property
    def within(self) -> float:
        """Share of them that begins further down in an essay."""
        return sum(1 for each in self.passages if not each.is_beginning) / max(1, len(self.passages))


def choose_passages(record: RunRecord, author: Sequence[Pair], wanted: Wanted, seed: int) -> Sheet:
    """The same record, essays and seed give the same sheet. `author` are all essays of hers, as the run's config names them.

    Raises:
        BlindTestError: the run has no answers of a tuned model, or none that is long enough; or essays that it was trained on
            aren't there any more, so that nobody can tell which of the others are unseen.
    """
    models = _models(record)
    words, drawn = _length(record, models), Random(seed)
    own = _own_passages(record, author, words, wanted.number, drawn)
    fitting = {source: [each for each in outputs if _opening(each, words)] for source, outputs in models.items()}
    if not fitting["tuned"]:
        raise BlindTestError(
            f"Run {record.number}: none of the tuned model's {len(models['tuned'])} answers has the {words} words of a passage",
            "answers as long as a passage",
            "look at them in the run's entry: there is nothing to take for an essay",
        )
    chosen = [*own.passages, *_of_models(fitting, wanted.number, words, own.within, drawn)]
    drawn.shuffle(chosen)
    name, *ids = _ids(1 + len(chosen), drawn)
    return Sheet(
        id=name,
        run=record.number,
        key=record.key,
        seed=seed,
        words=words,
        made_at=wanted.made_at,
        for_others=wanted.for_others,
        trained_on=own.trained_on,
        answers={source: len(outputs) for source, outputs in models.items()},
        too_short={source: len(models[source]) - len(outputs) for source, outputs in fitting.items()},
        passages=tuple(Passage(id=each, **one._asdict()) for each, one in zip(ids, chosen, strict=True)),
    )


def _models(record: RunRecord) -> dict[Source, tuple[Output, ...]]:
    """The answers of each model that answered; of several seeds and placebos the first."""
    if record.status != "completed" or record.tuned.outputs is None:
        why = f": it failed at the step {record.failure.step}" if record.failure else ""
        raise BlindTestError(
            f"Run {record.number} has no answers of a tuned model{why}",
            "a completed run",
            "mend what stopped it and run it again, or name another: `ownvoice log` lists them",
        )
    asked: dict[Source, ModelAnswers] = {
        "tuned": record.tuned,
        "baseline": record.baseline,
        "prompted": record.prompted,
        "placebo": record.placebo.answers if record.placebo else ModelAnswers(),
    }
    return {source: each.outputs.outputs for source, each in asked.items() if each.outputs is not None}


def _length(record: RunRecord, models: _Outputs) -> int:
    """Words of a passage: as many as the measure of the voice read; else what three quarters of the answers have."""
    if record.figures is not None:
        return record.figures.words
    counts = [count_words(beginning_of(each.text, MOST_WORDS)) for outputs in models.values() for each in outputs]
    shorter = quantiles(counts, n=4)[0] if len(counts) > 1 else sum(counts)
    return min(MOST_WORDS, max(FEWEST_WORDS, int(shorter)))


def _trained_ids(record: RunRecord, author: Sequence[Pair]) -> frozenset[str]:
    """Of the author's essays, whole: an essay that was split for the model has parts named id-1, id-2."""
    known = {pair.id for pair in author}
    trained = [each.id for each in (record.data.figures if record.data else ()) if each.split == "train"]
    whole = {each: each if each in known else each.rpartition("-")[0] for each in trained}
    if gone := [each for each in trained if whole[each] not in known]:
        raise BlindTestError(
            f"{record.config.data.pairs}: {shown_names(gone)}, which Run {record.number} was trained on, isn't there any more",
            "the essays under the names that they had: else nobody can tell which of the others the model hasn't seen",
            "put it back under its name",
        )
    return frozenset(whole.values())


def _own_passages(record: RunRecord, author: Sequence[Pair], words: int, number: int, drawn: Random) -> _Own:
    """Of essays that the model was not trained on; of the others where there is no such passage."""
    trained = _trained_ids(record, author)
    unseen = list(_in_turn([pair for pair in author if pair.id not in trained], words, drawn))
    own = unseen or list(_in_turn(author, words, drawn))
    return _Own(tuple(own[:number]), bool(own) and not unseen)


def _in_turn(pairs: Sequence[Pair], words: int, drawn: Random) -> Iterator[_Candidate]:
    """The beginning of each essay first, then what follows it, an essay after the other."""
    essays = [(pair.id, list(pieces_of(pair.essay, words))) for pair in pairs]
    drawn.shuffle(essays)
    for turn in range(max((len(pieces) for _, pieces in essays), default=0)):
        for name, pieces in essays:
            if turn < len(pieces):
                yield _Candidate("own", name, turn, pieces[turn], turn == 0)


def _of_models(fitting: _Outputs, number: int, words: int, within: float, drawn: Random) -> Iterator[_Candidate]:
    """Of each model its part."""
    asked: Counter[str] = Counter()
    for source, outputs in fitting.items():
        drawn_first = sorted(outputs, key=lambda _: drawn.random())
        part = number if source == "tuned" else max(1, round(OTHERS_SHARE * number))
        yield from _answers(source, drawn_first, part, words, within, asked)


def _answers(
    source: Source, outputs: Sequence[Output], number: int, words: int, within: float, asked: Counter[str]
) -> list[_Candidate]:
    """As many answers as wanted, to prompts that no other passage answers, as far as there are such.

    As large a part of them as of her passages begins further down, where they are long enough: a beginning tells nothing.
    """
    chosen: list[_Candidate] = []
    left = list(outputs)
    while left and len(chosen) < number:
        answer = min(left, key=lambda each: asked[each.prompt_id])
        left.remove(answer)
        asked[answer.prompt_id] += 1
        further = sum(1 for each in chosen if not each.is_beginning)
        inner = _further_down(answer, words) if further < within * (len(chosen) + 1) else None
        text = inner or _opening(answer, words)
        if text:
            chosen.append(_Candidate(source, answer.prompt_id, answer.sample, text, inner is None))
    return chosen


def _opening(answer: Output, words: int) -> str | None:
    """None where the answer is too short for a passage."""
    cut = cut_from(sentences_in(beginning_of(answer.text, words)), 0, words)
    return cut.text if cut else None


def _further_down(answer: Output, words: int) -> str | None:
    """From its second sentence on."""
    cut = cut_from(sentences_in(beginning_of(answer.text, words)), 1, words)
    return cut.text if cut else None


def _ids(number: int, drawn: Random) -> list[str]:
    """All different, of the same length, telling nothing."""
    ids: dict[str, None] = {}
    while len(ids) < number:
        ids[f"{drawn.getrandbits(64):016x}"] = None
    return list(ids)
