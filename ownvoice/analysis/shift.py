"""How far the tuned model's answers stand from the baseline's, beyond what sampling alone gives."""

from __future__ import annotations

from math import sqrt
from statistics import mean, stdev

from ownvoice.config import Frozen
from ownvoice.records import Output, Outputs
from ownvoice.text import trigram_overlap, word_similarity

# Student's t for a 95% interval lies between 2.2 and 2.36 for 8 to 12 probes.
T_95 = 2.3


class Estimate(Frozen):
    """A mean over probes with the half-width of its 95% interval; fewer than 3 have no interval."""

    mean: float
    half_width: float | None

    @property
    def is_above_zero(self) -> bool:
        return self.half_width is not None and self.mean > self.half_width

    def __str__(self) -> str:
        if self.half_width is None:
            return f"{self.mean:+.3f} (too few probes for an interval)"
        return f"{self.mean:+.3f} ± {self.half_width:.3f}"


def shift_beyond_noise(baseline: Outputs, tuned: Outputs) -> Estimate | None:
    """Mean over probes of (similarity within a model) - (similarity between the models); above 0 is a shift."""
    shifts = []
    for prompt_id in dict.fromkeys(output.prompt_id for output in baseline.outputs):
        base = [output for output in baseline.outputs if output.prompt_id == prompt_id]
        new = [output for output in tuned.outputs if output.prompt_id == prompt_id]
        # Samples with the same number share their random numbers, which would make them alike for no good reason.
        between = [word_similarity(b.text, t.text) for b in base for t in new if b.sample != t.sample]
        if len(base) < 2 or len(new) < 2 or not between:
            continue
        within = [
            mean(word_similarity(one.text, other.text) for one, other in _different(outputs)) for outputs in (base, new)
        ]
        shifts.append(mean(within) - mean(between))
    if not shifts:
        return None
    half_width = T_95 * stdev(shifts) / sqrt(len(shifts)) if len(shifts) >= 3 else None
    return Estimate(mean=mean(shifts), half_width=half_width)


def decoding_noise(outputs: Outputs) -> float | None:
    """Mean share of 3-word sequences that two answers of one model to one prompt have in common."""
    twins = [(one, other) for one, other in _different(list(outputs.outputs)) if one.prompt_id == other.prompt_id]
    return mean(trigram_overlap(one.text, other.text) for one, other in twins) if twins else None


def _different(outputs: list[Output]) -> list[tuple[Output, Output]]:
    return [(one, other) for i, one in enumerate(outputs) for other in outputs[:i]]
