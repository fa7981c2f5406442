"""Gives the verdict: voice, format, topic, memory or nothing, as far as the figures allow, and no further.

The rules, in order; the first that holds is the answer. Differences are in z units (the spread of other
writers' texts), intervals are 95%.

| answer | when |
| --- | --- |
| memorised | a copied span or a recited essay, see `ownvoice.voice.copying` |
| not moved | every answer is the baseline's, word for word |
| insufficient evidence | fewer than 6 prompts with scores |
| voice moved | tuned - baseline and tuned - placebo both lie above 0 |
| moved: format or voice | tuned - baseline lies above 0; no placebo, or it does not separate |
| moved: topic only | tuned - baseline does not, but the topic measure's does |
| not moved | tuned - baseline lies below half a z unit |
| insufficient evidence | else: the interval holds both 0 and a shift worth having |
"""

from __future__ import annotations

from typing import Literal

from ownvoice.frozen import Frozen
from ownvoice.voice.results import FEWEST_PROMPTS, Distances, Interval

Direction = Literal[
    "voice moved", "moved: format or voice", "moved: topic only", "not moved", "memorised", "insufficient evidence"
]

# Less than this is no shift that a reader would notice: two essays by one author differ by about one unit.
WORTH_HAVING = 0.5


class Verdict(Frozen):
    """The direction of the shift, and the reason in a sentence or two for the writer."""

    direction: Direction
    reason: str


class Found(Frozen):
    """What the verdict rests on."""

    unchanged: bool
    """Every tuned answer is the baseline's, word for word."""
    distances: Distances | None
    """VOICE; None where too few prompts have answers that can be scored."""
    topic: Interval | None = None
    """Topic measure, tuned - baseline."""
    memorised: str | None = None
    """The proof in a sentence, where the model recites its essays."""


def judge(found: Found) -> Verdict:
    """Apply the table above."""
    distances = found.distances
    if found.memorised is not None:
        return Verdict(direction="memorised", reason=found.memorised)
    if found.unchanged:
        reason = "Every answer of the tuned model is the baseline's, word for word: the training changed nothing."
        return Verdict(direction="not moved", reason=reason)
    if distances is None:
        return Verdict(direction="insufficient evidence", reason=_TOO_FEW)
    if distances.tuned_minus_baseline.above_zero:
        return _moved(distances)
    if found.topic is not None and found.topic.above_zero:
        return Verdict(direction="moved: topic only", reason=_topic(distances, found.topic))
    return _without_shift(distances)


def _moved(distances: Distances) -> Verdict:
    placebo = distances.tuned_minus_placebo
    moved = (
        f"{_answers(distances)} sound more like you than the untuned model's: {_units(distances.tuned_minus_baseline)}"
    )
    if placebo is None:
        reason = (
            f"{moved}. Whether that is your voice or only the form of an essay, a placebo would tell: the same "
            "training on another writer (control = true)."
        )
        return Verdict(direction="moved: format or voice", reason=reason)
    if placebo.above_zero:
        reason = f"{moved}; and more like you than the same model trained on another writer: {_units(placebo)}."
        return Verdict(direction="voice moved", reason=reason)
    reason = (
        f"{moved}; but the same model trained on another writer comes as near ({_units(placebo)}), so this may be no "
        "more than the form of an essay."
    )
    return Verdict(direction="moved: format or voice", reason=reason)


def _topic(distances: Distances, topic: Interval) -> str:
    return (
        f"The words moved towards your essays ({_units(topic)} on the topic measure), the manner did not "
        f"({_units(distances.tuned_minus_baseline)}): your subjects were learned and not your voice."
    )


def _without_shift(distances: Distances) -> Verdict:
    moved = distances.tuned_minus_baseline
    if moved.high < 0:
        reason = f"{_answers(distances)} sound less like you than the untuned model's: {_units(moved)}."
        return Verdict(direction="not moved", reason=reason)
    if moved.high < WORTH_HAVING:
        reason = f"{_answers(distances)} sound like you as much or as little as the untuned model's: {_units(moved)}."
        return Verdict(direction="not moved", reason=reason)
    reason = (
        f"{_answers(distances)} may have come nearer to you or not: {_units(moved)}. More probes, more samples or more "
        "training would narrow it."
    )
    return Verdict(direction="insufficient evidence", reason=reason)


def _answers(distances: Distances) -> str:
    return f"The tuned model's {distances.answers} answers to {distances.prompts} new topics"


def _units(interval: Interval) -> str:
    """'+0.9 z (95% interval +0.4 to +1.4)'."""
    return f"{interval.mean:+.2f} z (95% interval {interval.low:+.2f} to {interval.high:+.2f})"


_TOO_FEW = (
    f"Fewer than {FEWEST_PROMPTS} probes have answers that can be scored, and fewer can't carry a 95% interval: add "
    "probes, or let answers be longer."
)
