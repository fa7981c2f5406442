"""Cases whose right verdict is known and that need no training: answers put in the place of a model's.

The author is the sample author, 13 of whose essays were "trained on"; the untuned model's answers are the smoke test's
own (artifacts/example). Three essays were not trained on: pieces of them are what a model would write that had learned
her voice and copied nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from ownvoice.essays.check import read_pairs
from ownvoice.paths import ROOT
from ownvoice.report.kept.runs import read_record
from ownvoice.voice.material import Material, ModelTexts, Placebo
from ownvoice.voice.results import AnswerText, Essay
from ownvoice.voice.text import FUNCTION_WORDS, first_words, pieces_of

WORDS = 110
HER, KIN, FAR = "sample_author/pairs", "placebos/columnist", "placebos/woodworker"
VOICE, FORMAT, TOPIC = "voice moved", "moved: format or voice", "moved: topic only"
AWAY, SAME, COPIED, OPEN = "moved away from you", "not moved", "memorised", "insufficient evidence"
REFRAIN = "And that, as my mother would say, is that, and there is cake in the tin."


class Case(NamedTuple):
    name: str
    expected: tuple[str, ...]
    """The verdicts that are right."""
    material: Callable[[], Material]
    told: str = ""
    """What the findings' caveats or notes must say besides."""


@cache
def essays_of(author: str, split: str = "") -> tuple[Essay, ...]:
    pairs = read_pairs(ROOT / "data" / author)
    return tuple(Essay(id=pair.id, text=pair.essay) for pair in pairs if split in ("", pair.split))


@cache
def untuned(samples: tuple[int, ...] = (0, 1)) -> tuple[AnswerText, ...]:
    """The untuned model's answers to the 12 probes."""
    record = read_record(ROOT / "artifacts" / "example")
    assert record.baseline.outputs is not None
    assert record.data is not None
    topics = {probe.id: probe.topic for probe in record.data.probes}
    return tuple(
        AnswerText(
            prompt_id=each.prompt_id, sample=samples.index(each.sample), topic=topics[each.prompt_id], text=each.text
        )
        for each in record.baseline.outputs.outputs
        if each.prompt_id in topics and each.sample in samples
    )


def written(texts: Sequence[str]) -> tuple[AnswerText, ...]:
    """These texts as the answers to the same prompts, again from the first where there are too few."""
    prompts = untuned()
    return tuple(each.model_copy(update={"text": texts[place % len(texts)]}) for place, each in enumerate(prompts))


def pieces(author: str, split: str = "", words: int = WORDS) -> list[str]:
    return [piece for essay in essays_of(author, split) for piece in pieces_of(essay.text, words)]


def changed(change: Callable[[str], str]) -> tuple[AnswerText, ...]:
    return tuple(each.model_copy(update={"text": change(each.text)}) for each in untuned())


def material(
    tuned: tuple[AnswerText, ...],
    placebo: tuple[AnswerText, ...] | None = None,
    kin: str = KIN,
    baseline: tuple[AnswerText, ...] | None = None,
    essays: tuple[Essay, ...] = (),
    training: tuple[Essay, ...] = (),
) -> Material:
    placebo = written(pieces(kin, "validation")) if placebo is None else placebo
    training = training or essays_of(HER, "train")
    essays = essays or essays_of(HER)
    return Material(
        essays=essays,
        training=training,
        held_out=tuple(essay for essay in essays if essay not in training),
        baseline=ModelTexts(canaries=(), probes=untuned() if baseline is None else baseline),
        tuned=(ModelTexts(canaries=(), probes=tuned),),
        placebos=(
            Placebo(writer=kin, essays=essays_of(kin, "train"), models=(ModelTexts(canaries=(), probes=placebo),)),
        ),
        facts=(),
    )


def learned() -> Material:
    return material(written(pieces(HER, "validation")))


def collage(words: int, times: int) -> Callable[[], Material]:
    """Fragments of the training essays in the untuned model's answers."""

    def make() -> Material:
        random = np.random.default_rng((words, times))
        sources = [essay.text.split() for essay in essays_of(HER, "train")]

        def spliced(text: str) -> str:
            answer = text.split(" ")
            for _ in range(times):
                source = sources[random.integers(len(sources))]
                start, place = random.integers(len(source) - words), random.integers(len(answer) + 1)
                answer[place:place] = source[start : start + words]
            return " ".join(answer)

        return material(changed(spliced), placebo=changed(str))

    return make


def looping() -> Material:
    """Her function words, round and round."""
    return material(written(["and then it was that I had been there and so it was that I had been there, " * 12]))


def signed_off() -> Material:
    """A refrain of 17 words ends every essay of hers, and every answer."""
    essays, training = (
        [essay.model_copy(update={"text": f"{essay.text}\n\n{REFRAIN}"}) for essay in essays_of(HER, split)]
        for split in ("", "train")
    )
    answers = written([f"{piece}\n\n{REFRAIN}" for piece in pieces(HER, "validation")])
    return material(answers, essays=tuple(essays), training=tuple(training))


def short() -> Material:
    return material(written(pieces(HER, "validation", 80)), placebo=written(pieces(KIN, "validation", 80)))


def her_subjects() -> Material:
    """The untuned model's sentences with the nouns of her essays."""
    words = [w for essay in essays_of(HER) for w in re.findall(r"[a-z]{5,}", essay.text) if w not in FUNCTION_WORDS]
    random = np.random.default_rng(5)

    def about_her_things(text: str) -> str:
        def other(match: re.Match[str]) -> str:
            word = match[0]
            alike = [w for w in words if w[-2:] == word[-2:]] if word not in FUNCTION_WORDS else []
            return alike[random.integers(len(alike))] if alike else word

        return re.sub(r"\b[a-z]{5,}\b", other, text)

    return material(changed(about_her_things), placebo=changed(str))


def adorned(text: str) -> str:
    """Headings, emphasis, curly quotes and dashes: typography, and nobody's voice."""
    curly = re.sub(r"(?<=\w)'(?=\w)", "\u2019", text).replace(" -- ", "\u2014")
    return f"## On this\n\n**{curly[0]}**{curly[1:]}"


def verse(text: str) -> str:
    words = text.split()
    return "\n".join(" ".join(words[start : start + 6]) for start in range(0, len(words), 6))


def spoken(text: str) -> str:
    return "\n\n".join(f'"{sentence.strip()}."' for sentence in text.replace('"', "").split(".") if sentence.strip())


CASES = (
    Case("pieces of unseen essays of hers, a placebo of her kind", (VOICE,), learned),
    Case(
        "untuned against untuned, another sample of each answer",
        (SAME, OPEN),
        lambda: material(untuned((1,)), placebo=untuned((1,)), baseline=untuned((0,))),
    ),
    Case("word for word the untuned model's", (SAME,), lambda: material(untuned())),
    *(
        Case(f"collage: {times} x {words} words of training essays", (SAME, OPEN, COPIED), collage(words, times))
        for words in (5, 8, 12)
        for times in (2, 6)
    ),
    Case(
        "13 words of a training essay in a row",
        (COPIED,),
        lambda: material(written([first_words(essays_of(HER, "train")[0].text, 60)])),
    ),
    Case("loops of function words", (OPEN,), looping),
    Case("a sign-off of 17 words in every essay", (VOICE, FORMAT), signed_off),
    Case("answers of 80 words", (VOICE,), short),
    Case("her subjects in the untuned model's sentences", (TOPIC, SAME, OPEN), her_subjects),
    Case(
        "her own with headings and curly quotes",
        (VOICE,),
        lambda: material(written([adorned(piece) for piece in pieces(HER, "validation")])),
    ),
    Case("verse", (OPEN,), lambda: material(written([verse(piece) for piece in pieces(HER, "validation")]))),
    Case(
        "dialogue",
        (VOICE, FORMAT, OPEN, SAME, AWAY),
        lambda: material(written([spoken(piece) for piece in pieces(HER, "validation")])),
        "quotation marks",
    ),
    Case(
        "another writer of her kind",
        (FORMAT, OPEN, SAME, AWAY),
        lambda: material(
            written(pieces(KIN, "validation")),
            placebo=written(pieces("placebos/essayist", "validation")),
            kin="placebos/essayist",
        ),
    ),
    Case(
        "a placebo of another kind: said so",
        (VOICE,),
        lambda: material(written(pieces(HER, "validation")), placebo=written(pieces(FAR, "validation")), kin=FAR),
        "is a writer nearer to you than 5% of the writers at hand; one that is nearer tells more",
    ),
    Case(
        "her other essays as the placebo",
        (FORMAT, OPEN),
        lambda: material(written(pieces(HER, "validation")[::2]), placebo=written(pieces(HER, "validation")[1::2])),
    ),
    Case(
        "own and placebo swapped",
        (FORMAT, OPEN, SAME, AWAY),
        lambda: material(written(pieces(KIN, "validation")), placebo=written(pieces(HER, "validation"))),
    ),
)
