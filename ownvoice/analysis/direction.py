"""The log's third question, answered from the voice's figures: is the shift towards the author?"""

from __future__ import annotations

from typing import Literal

from ownvoice.records import Answer
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.likelihood import Contrast
from ownvoice.voice.results import VoiceFigures
from ownvoice.voice.verdict import Direction

QUESTION = "Is the shift towards the author?"
IN_SHORT: dict[Direction, Literal["yes", "no", "partly", "insufficient evidence"]] = {
    "voice moved": "yes",
    "moved: format or voice": "partly",
    "moved: topic only": "no",
    "not moved": "no",
    "memorised": "no",
    "insufficient evidence": "insufficient evidence",
}


def is_shift_directional(findings: VoiceFindings, contrast: Contrast | None, placebo: Contrast | None) -> Answer:
    """The verdict, whose reason the entry gives first, then every other figure that speaks for or against it.

    `contrast` is the likelihood's from baseline to tuned, `placebo` from placebo-tuned to tuned.
    """
    verdict, figures = findings.verdict, findings.figures
    parts = [
        f"The verdict is “{verdict.direction}”, for the reason above.",
        _index(figures) if figures else findings.not_measured,
        _likelihood("By training", contrast) if contrast else "",
        _likelihood("Against the placebo's model", placebo) if placebo else "",
        findings.memorisation.reason if findings.memorisation.level == "warn" else "",
        findings.register_fit.sentence if findings.register_fit else "",
    ]
    return Answer(question=QUESTION, answer=IN_SHORT[verdict.direction], reason=" ".join(filter(None, parts)))


def _index(figures: VoiceFigures) -> str:
    distances = figures.distances
    if distances is None or distances.held_out is None or distances.held_out_minus_baseline is None:
        return ""
    own = (
        f"your own essays lie at {distances.held_out.mean:+.2f} z, the untuned model at {distances.baseline.mean:+.2f}"
    )
    if distances.index is None:
        return f"There is no index V: {own}, too near to each other for a quotient."
    index = distances.index
    return f"V = {index.mean:.2f} ({index.low:.2f} to {index.high:.2f}; 0 is the untuned model, 1 your essays): {own}."


def _likelihood(how: str, contrast: Contrast) -> str:
    essays = f"{_essays(contrast.own_essays)} against {_essays(contrast.control_essays)}"
    if contrast.low is None or contrast.high is None:
        interval = f"{essays}; no interval: {contrast.reason.rstrip('.')}"
    else:
        interval = f"95% interval {contrast.low:+.3f} to {contrast.high:+.3f}; {essays}"
    sentence = (
        f"{how}, your held-out essays gained {contrast.mean:+.3f} bits a token beyond what another writer's gained "
        f"({interval})"
    )
    if contrast.generic_share is not None and contrast.generic_share > 0:
        return f"{sentence}; {min(1.0, contrast.generic_share):.0%} of their gain is anybody's."
    return f"{sentence}."


def _essays(number: int) -> str:
    return f"{number} essay{'s' * (number != 1)}"
