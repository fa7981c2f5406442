"""Says in a writer's words what a run found and how far to trust it, and explains every term where it first stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ownvoice.records.run import RunRecord
from ownvoice.report.entry.in_short import in_short
from ownvoice.series.record import SeriesRecord
from ownvoice.text import sentences_of
from ownvoice.voice.results import VoiceFigures
from ownvoice.voice.verdict import WORTH_HAVING

QUESTIONS = {
    "scale-up": "Do more essays help?",
    "overfit-diagnostic": "When does it learn by heart?",
    "compare": "Which model comes nearest to you?",
    "sweep": "Which settings bring your voice?",
    "base-or-instruct": "Does an instruct model's head start help?",
}
"""What a series asks, by its phase."""

FEW_PAIRS = 6
WIDE = 0.5
"""Half of a 95% interval, in z: a shift that is worth having would be lost in it."""

TERMS = {
    "tuned": (
        "untuned, fine-tuned",
        "The model before training (also called the baseline), and the same model after training on your essays.",
    ),
    "placebo": (
        "placebo",
        "The same model, trained in the same way on another writer's essays. What it gained as well, any essays would have taught.",
    ),
    "prompted": (
        "shown essays first",
        "The untuned model with some of your essays before the question: asking in the place of training.",
    ),
    "z": (
        "z",
        "The unit of sounding like you. One z is how far other writers' texts typically lie apart on this measure; "
        f"{WORTH_HAVING} z is the least that is worth having.",
    ),
    "interval": (
        "95% interval",
        "The range that holds the true figure in about 95 of 100 such measurements. Where it reaches across 0, chance alone "
        "may have made the difference.",
    ),
    "voice": (
        "VOICE",
        "What no subject gives away: the grammar around the content words, the endings of words, the shape of sentences and "
        "paragraphs. 0 is where other writers of your kind lie. What was copied doesn't count.",
    ),
    "canary": (
        "canary",
        "A topic that every model is asked, in the same words and with the same random start.",
    ),
    "memorised": (
        "memorised",
        "The model writes out passages of your essays word for word, in the place of writing like you.",
    ),
    "loss": (
        "loss",
        "How much the next piece of a word (a token) surprises the model, on average, in nats; lower is less surprised. The "
        "training loss is on the essays that it learns from, the validation loss on essays of yours that it never saw.",
    ),
    "epoch": ("epoch", "Once through all the essays."),
    "bits": (
        "bits a character",
        "How much likelier, letter by letter, training made essays of yours that the model never saw. Different models share "
        "this unit, and 0.01 is the least that is worth having.",
    ),
    "third": (
        "third authors",
        "Writers whose essays no model here was trained on. What their essays gained is not yours.",
    ),
}


_FIGURES = re.compile(r" \([^()]*\d[^()]*\)")


class Term(NamedTuple):
    name: str
    meaning: str


class Glossary:
    """Explains a term the first time that a page asks for it."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def explain(self, *terms: str) -> list[Term]:
        """Those that weren't explained yet."""
        new = [term for term in terms if term not in self._told]
        self._told |= set(new)
        return [Term(*TERMS[term]) for term in new]


def verdict_of(record: RunRecord) -> str:
    """The sentence that the entry says as well."""
    return sentence(in_short(record).verdict)


def next_move_of(record: RunRecord) -> str:
    """With a command in backticks."""
    return sentence(in_short(record).next_move)


def sentence(clause: str) -> str:
    return clause[:1].upper() + clause[1:]


def gist_of(series: SeriesRecord) -> str:
    """The conclusion's first sentence, without its figures."""
    sentences = sentences_of(_FIGURES.sub("", conclusion_of(series)))
    return sentences[0] if sentences else ""


def conclusion_of(series: SeriesRecord) -> str:
    if series.result:
        return series.result.conclusion
    return f"Nothing can be compared{f': {series.not_compared}' if series.not_compared else '.'}"


def reason_of(record: RunRecord) -> str:
    """The figures behind the verdict. It may quote a model: untrusted."""
    if record.failure is not None:
        return f"It stopped at the step “{record.failure.step}”: {record.failure.message}"
    findings = record.analysis.findings if record.analysis else None
    return findings.verdict.reason if findings else ""


def question_of(series: SeriesRecord) -> str:
    return QUESTIONS.get(series.phase, "Did the model learn your voice?")


def trust_of(record: RunRecord) -> tuple[str, ...]:
    """How far the verdict carries: what the entry says, then what that rests on."""
    return (in_short(record).trust, *_rests_on(record))


def _rests_on(record: RunRecord) -> Iterator[str]:
    findings = record.analysis.findings if record.analysis else None
    if findings is None:
        return
    if findings.figures is None:
        yield findings.not_measured
    else:
        yield from _trust(record, findings.figures)


def _trust(record: RunRecord, figures: VoiceFigures) -> Iterator[str]:
    distances = figures.distances
    if distances is None:
        yield "Too few answers could be scored to give a figure an interval."
        return
    rests = f"It rests on {distances.answers} answers to {distances.prompts} topics"
    if distances.trainings == 1:
        yield f"{rests}, from one training; with another random start (a seed) it may come out otherwise."
    else:
        yield f"{rests}, from {distances.trainings} trainings that differ only in their random start (the seed)."
    trained = sum(1 for each in record.data.figures if each.split == "train") if record.data else FEW_PAIRS
    if trained < FEW_PAIRS:
        yield f"The model learned from {trained} essay{'s' * (trained != 1)}, which is little to learn a voice from."
    shift = distances.tuned_minus_baseline
    if (shift.high - shift.low) / 2 > WIDE:
        yield f"The figure is known roughly: the truth lies somewhere from {shift.low:+.2f} to {shift.high:+.2f} z."
    yield _on_placebo(figures)
    yield from figures.caveats


def _on_placebo(figures: VoiceFigures) -> str:
    if not figures.against:
        return (
            "No placebo was trained, the same model on another writer's essays; so what is yours can't be told from what any "
            "essays would have taught."
        )
    writers = ", ".join(each.writer for each in figures.against if each.writer) or "another writer"
    return f"A placebo stands beside it, the same model trained on another writer's essays ({writers})."
