"""Checks other writers' essays like the author's own: of the placebo, which is trained on, and of those that are only measured.

Of a placebo a training set of the author's size is chosen. Which pairs are chosen depends on how many the author trains
on in each tier and on nothing else of the author's, so that two authors with sets of one size share one placebo training
from the cache.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from ownvoice.config import DataConfig, ExperimentConfig
from ownvoice.errors import PairsError
from ownvoice.essays.check import control_token_problems, figures_of, read_pairs
from ownvoice.essays.dataset import pairs_fingerprint
from ownvoice.essays.fields import TIERS
from ownvoice.essays.leaks import duplicate_essays, prompt_leaks, shared_with, without_shared
from ownvoice.essays.lengths import TokensOf, fit_all, token_counts
from ownvoice.essays.place import essays_place
from ownvoice.essays.prompts import Prompts
from ownvoice.essays.words import number_texts
from ownvoice.essays.writers import Writer, placebo_writers, third_authors, writer_at
from ownvoice.models.prompt_format import Reading
from ownvoice.records import CheckedOthers, CheckedPairs, CheckedPlacebo, Pair, PairSet

EXPECTED = "other authors' essays, in the same form as the author's own (docs/data-format.md)"
REMEDY = (
    "mend the lines named, point data.placebo (data.placebos, data.third_authors) at another set, or set all three to "
    '"" for a run without contrast'
)


AUTHOR = "the author"


class Essays(NamedTuple):
    """What one writer wrote."""

    writer: str
    place: Path
    pairs: tuple[Pair, ...]

    def is_by(self, other: Essays) -> bool:
        """One and the same writer: the same place, or all essays of one are the other's."""
        ours, theirs = ({" ".join(pair.essay.split()) for pair in each.pairs} for each in (self, other))
        return self.place == other.place or ours <= theirs or theirs <= ours


def check_others(config: ExperimentConfig, own: CheckedPairs, reading: Reading) -> CheckedOthers:
    """Read, judge, compare with the author's own essays, choose; the author herself is left out where she is among them.

    Where essays are only measured, one that is longer than the context is truncated; where they are trained on, the
    author's rules hold, and an essay with the topic of a prompt is left out.

    Raises:
        PairsError: with every problem of all writers, one a line.
    """
    check = _Check(config, own, reading)
    author = Essays(AUTHOR, essays_place(config.data.pairs), own.author)
    trained = check.read(_trained, (author,)) if config.trains_placebo else ()
    if config.trains_placebo and not trained and not check.problems:
        check.told("data.placebos", [f"no writer but the author in {config.data.placebos}"])
    measured = check.read(_measured, (author, *trained))
    placebos = tuple(map(check.placebo, trained))
    seen = tuple(pair for essays in (author, *trained) for pair in essays.pairs)
    thirds = tuple(map(check.third, measured, _unseen(measured, seen)))
    check.refuse()
    number = config.data.control_essays
    return CheckedOthers(
        placebos=tuple(each.placebo for each in placebos),
        control=deal(thirds, number) or deal((each.left for each in placebos), number),
    )


def _trained(data: DataConfig) -> tuple[Writer, ...]:
    writers = placebo_writers(data)
    if not data.placebos:
        _refuse_author(data)
    return writers


def _measured(data: DataConfig) -> tuple[Writer, ...]:
    """The third authors, then the placebo: it is passed over where it is trained on."""
    if not data.placebo:
        return third_authors(data)
    if not data.placebos:
        _refuse_author(data)
    return (*third_authors(data), writer_at(data.placebo))


def _refuse_author(data: DataConfig) -> None:
    if essays_place(data.placebo) == essays_place(data.pairs):
        raise PairsError(f"data.placebo={data.placebo}: the author's own essays")


def _unseen(measured: Sequence[Essays], seen: tuple[Pair, ...]) -> list[tuple[Pair, ...]]:
    """Of each writer the essays that are none of those that a training sees, and none of the author's."""
    unseen = set(without_shared(tuple(pair for essays in measured for pair in essays.pairs), seen))
    return [tuple(pair for pair in essays.pairs if pair in unseen) for essays in measured]


class Ranked(NamedTuple):
    """Essays of one writer that may be measured, the best first."""

    writer: str
    pairs: tuple[Pair, ...]


class Chosen(NamedTuple):
    """A placebo, and what its training leaves."""

    placebo: CheckedPlacebo
    left: Ranked


class _Check:
    """Collects the problems of all writers, each with the writer's name."""

    def __init__(self, config: ExperimentConfig, own: CheckedPairs, reading: Reading) -> None:
        self._config, self._own, data = config, own.pair_set, config.data
        self._placebo = essays_place(data.placebo) if data.placebo else None
        self._format, self._context_tokens = reading.prompt_format, reading.context_tokens
        self._tokens_of = token_counts(reading, config.prompt.instruction)
        self.problems: list[str] = []

    def read(self, find: Callable[[DataConfig], tuple[Writer, ...]], known: tuple[Essays, ...]) -> tuple[Essays, ...]:
        """Without those that are known already."""
        try:
            writers = find(self._config.data)
        except PairsError as error:
            self.problems.append(error.found)
            return ()
        read: list[Essays] = []
        for writer in writers:
            if writer.place in (each.place for each in (*known, *read)):
                continue
            try:
                essays = Essays(writer.name, writer.place, read_pairs(writer.place))
            except PairsError as error:
                self.told(writer.name, error.found.split("\n"))
                continue
            same = [each.writer for each in (*known, *read) if essays.is_by(each)]
            if not same or (same == [AUTHOR] and writer.place == self._placebo):  # hers in the placebo are told
                read.append(essays)
        return tuple(read)

    def placebo(self, essays: Essays) -> Chosen:
        own, tiers = self._own, self._config.data.tiers
        fitted = fit_all(essays.pairs, self._config.data.over_length, self._tokens_of, self._context_tokens)
        given_away = _given_away(own, fitted.kept)
        chosen = self._same_size(fitted.kept, given_away)
        held_out = _held_out(fitted.kept, tiers)
        self.told(essays.writer, shared_with(own.pairs, essays.pairs))
        self.told(essays.writer, [*self._alone(essays), *fitted.problems, *_too_few(own, chosen, held_out)])
        left_out = [f"Placebo: {', '.join(sorted(given_away))} is not trained on, as it has the topic of a prompt."]
        size = _size(own.of("train"), chosen, self._tokens_of)
        notes = (*fitted.notes, *(left_out if given_away else ()), size)
        checked = _as_checked(own, (*chosen, *held_out), notes, self._tokens_of)
        left = (pair for pair in fitted.kept if pair not in chosen)
        return Chosen(
            CheckedPlacebo(writer=essays.writer, checked=checked),
            Ranked(essays.writer, ranked(left, tiers)),
        )

    def third(self, essays: Essays, unseen: tuple[Pair, ...]) -> Ranked:
        """An essay of the placebo that is the author's is a mistake; of others it is passed over.

        The pairs that a training of the placebo would take come last, so that runs with it and without it measure the
        same essays where there are enough.
        """
        fitted = fit_all(unseen, "truncate", self._tokens_of, self._context_tokens)
        self.told(essays.writer, [*self._alone(essays), *fitted.problems])
        last: tuple[Pair, ...] = ()
        if essays.place == self._placebo:
            self.told(essays.writer, shared_with(self._own.pairs, essays.pairs))
            last = self._same_size(fitted.kept, _given_away(self._own, fitted.kept))
        return Ranked(essays.writer, ranked(fitted.kept, self._config.data.tiers, last))

    def refuse(self) -> None:
        """Raise PairsError if there is a problem."""
        if self.problems:
            raise PairsError("\n".join(dict.fromkeys(self.problems)), EXPECTED, REMEDY)

    def told(self, writer: str, problems: Iterable[str]) -> None:
        self.problems += [f"{writer}: {problem}" for problem in problems]

    def _alone(self, essays: Essays) -> list[str]:
        """What is wrong with a set whatever it is for."""
        texts = number_texts(pair.essay for pair in essays.pairs)
        return [*duplicate_essays(essays.pairs, texts), *control_token_problems(essays.pairs, self._format)]

    def _same_size(self, pairs: Sequence[Pair], given_away: frozenset[str]) -> tuple[Pair, ...]:
        free = [pair for pair in pairs if pair.split == "train" and pair.id not in given_away]
        return same_size(self._own.of("train"), free)


def _given_away(own: PairSet, pairs: Sequence[Pair]) -> frozenset[str]:
    """Ids of essays that have the topic of a canary or probe: the placebo's model would have seen its answer."""
    prompts = Prompts(canaries=own.canaries, probes=own.probes, sources={each.id: "" for each in own.prompts})
    return frozenset(pair.id for pair in pairs if prompt_leaks((pair,), number_texts([pair.essay]), prompts))


def _as_checked(own: PairSet, pairs: tuple[Pair, ...], notes: tuple[str, ...], tokens_of: TokensOf) -> CheckedPairs:
    """With the author's own prompts: the placebo is asked the same."""
    return CheckedPairs(
        pair_set=PairSet(pairs=pairs, canaries=own.canaries, probes=own.probes),
        figures=tuple(map(figures_of, pairs, tokens_of(pairs))),
        fingerprint=pairs_fingerprint(pairs),
        notes=notes,
    )


def same_size(own: Iterable[Pair], pool: Sequence[Pair]) -> tuple[Pair, ...]:
    """As many pairs as the author's in each tier, first by id; what a tier lacks comes from the nearest tiers."""
    left = {tier: deque(pair for pair in sorted(pool, key=_by_id) if pair.tier == tier) for tier in TIERS}
    chosen: list[Pair] = []
    missing: list[int] = []
    for tier, number in sorted(Counter(pair.tier for pair in own).items()):
        there = min(number, len(left[tier]))
        chosen += (left[tier].popleft() for _ in range(there))
        missing += [tier] * (number - there)
    for tier in missing:
        first_left = [pairs[0] for pairs in left.values() if pairs]
        if first_left:
            nearest = min(first_left, key=lambda pair: (abs(pair.tier - tier), pair.id))
            chosen.append(left[nearest.tier].popleft())
    return tuple(sorted(chosen, key=lambda pair: (pair.tier, pair.id)))


def ranked(pairs: Iterable[Pair], tiers: Sequence[int], last: Sequence[Pair] = ()) -> tuple[Pair, ...]:
    """The held-out ones first, those of the author's tiers before others."""
    return tuple(
        sorted(
            pairs,
            key=lambda pair: (pair.split == "train", pair in last, pair.tier not in tiers, pair.tier, pair.id),
        )
    )


def deal(writers: Iterable[Ranked], number: int) -> tuple[Pair, ...]:
    """The first of each writer, then the second of each, until there are enough; ids are `writer/id`."""
    named = [[pair.model_copy(update={"id": f"{each.writer}/{pair.id}"}) for pair in each.pairs] for each in writers]
    return tuple(pair for one_of_each in zip_longest(*named) for pair in one_of_each if pair is not None)[:number]


def _held_out(pairs: Sequence[Pair], tiers: Sequence[int]) -> tuple[Pair, ...]:
    """For the validation loss: of the author's tiers, or of any where those have none."""
    held_out = sorted((pair for pair in pairs if pair.split == "validation"), key=lambda pair: (pair.tier, pair.id))
    return tuple(pair for pair in held_out if pair.tier in tiers) or tuple(held_out)


def _too_few(own: PairSet, chosen: Sequence[Pair], held_out: Sequence[Pair]) -> list[str]:
    needed = len(own.of("train"))
    problems = [] if held_out else ["no validation pair: hold one essay out of the placebo's training"]
    if len(chosen) < needed:
        problems.append(
            f"{len(chosen)} training pairs, and the author trains on {needed}: a placebo of another size proves nothing; "
            "add essays to it, or lower data.train_pairs"
        )
    return problems


def _size(own: Sequence[Pair], chosen: Sequence[Pair], tokens_of: TokensOf) -> str:
    ours, theirs = (sum(tokens_of(pairs)) for pairs in (own, chosen))
    alike = Counter(pair.tier for pair in own) == Counter(pair.tier for pair in chosen)
    tiers = "in the same tiers" if alike else "not all in the same tiers"
    return f"Placebo: {len(chosen)} training pairs {tiers}, {theirs:,} tokens beside the author's {ours:,}."


def _by_id(pair: Pair) -> str:
    return pair.id
