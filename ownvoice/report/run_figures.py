"""Takes the figures out of a run's record that a person compares runs by, each with its 95% interval where it has one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from ownvoice.frozen import Frozen
from ownvoice.records.run import RunRecord
from ownvoice.units import duration, gib
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.results import Interval, VoiceFigures
from ownvoice.voice.verdict import WORTH_HAVING

Unit = Literal["z", "bits a character", "bits a token", "nats a token", "words", "share", "seconds", "bytes"]
ABOUT_Z = (
    "VOICE is how much texts sound like your essays, in z: 0 is where other writers' texts lie, 1 how far they lie apart; "
    f"{WORTH_HAVING} is worth having."
)


class Figure(Frozen):
    """One figure; `low` and `high` are its 95% interval."""

    name: str
    unit: Unit
    value: float
    low: float | None = None
    high: float | None = None

    def in_words(self) -> str:
        match self.unit:
            case "seconds":
                return duration(self.value)
            case "bytes":
                return gib(int(self.value))
            case "share":
                return f"{self.value:.0%}"
            case "words":
                return f"{self.value:.0f} words"
            case "nats a token":
                return f"{self.value:.4f}"
        digits, unit = (2, "z") if self.unit == "z" else (3, self.unit)
        shown = f"{self.value:+.{digits}f} {unit}"
        if self.low is None or self.high is None:
            return shown
        return f"{shown} ({self.low:+.{digits}f} to {self.high:+.{digits}f})"


def figures_of(record: RunRecord) -> tuple[Figure, ...]:
    """What the run reached; a failed one has fewer."""
    findings = record.analysis.findings if record.analysis else None
    return (*(_voice(findings) if findings else ()), *_training(record))


def _voice(findings: VoiceFindings) -> Iterator[Figure]:
    if findings.figures:
        yield from _distances(findings.figures)
    if apart := findings.likelier.tuned:
        unit: Unit = "bits a character" if apart.unit == "character" else "bits a token"
        name = "Unseen essays of yours likelier, beyond others'"
        yield Figure(name=name, unit=unit, value=apart.mean, low=apart.low, high=apart.high)
    yield Figure(name="Longest run of words copied", unit="words", value=findings.memorisation.longest_run)
    yield Figure(name="Answers that are sound prose", unit="share", value=findings.degeneration.tuned_sound_share)


def _distances(figures: VoiceFigures) -> Iterator[Figure]:
    if (found := figures.distances) is None:
        return
    nearest = min(figures.against, key=lambda each: each.tuned_minus_placebo.low, default=None)
    placebo = nearest.tuned_minus_placebo if nearest else found.tuned_minus_placebo
    prompted = figures.prompted.tuned_minus_prompted if figures.prompted else None
    for name, interval in {
        "VOICE of the untuned model's answers": found.baseline,
        "VOICE of the fine-tuned model's": found.tuned,
        "VOICE of your own essays": found.held_out,
        "VOICE gained by the training": found.tuned_minus_baseline,
        "VOICE ahead of the placebo's": placebo,
        "VOICE ahead of asking with your essays": prompted,
    }.items():
        if interval is not None:
            yield _in_z(name, interval)


def _in_z(name: str, interval: Interval) -> Figure:
    return Figure(name=name, unit="z", value=interval.mean, low=interval.low, high=interval.high)


def _training(record: RunRecord) -> Iterator[Figure]:
    if (training := record.training) is None:
        return
    yield Figure(name="Loss on unseen essays, before", unit="nats a token", value=training.losses[0].validation)
    yield Figure(name="Loss on unseen essays, after", unit="nats a token", value=training.kept_loss.validation)
    yield Figure(name="Training took", unit="seconds", value=training.seconds)
    yield Figure(name="Peak memory of the training", unit="bytes", value=training.peak_bytes)
