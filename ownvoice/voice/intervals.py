"""Gives means their 95% intervals: over prompts, and over training seeds where there are several.

Answers to one prompt are averaged first: the prompt is what was drawn. With one training the interval is Student's over the
prompts, and speaks for this training. With more, seeds and prompts are crossed at random: the variance of the mean is
(MS of seeds + MS of prompts - MS of the rest) / cells, its degrees of freedom are Satterthwaite's (Biometrics Bulletin 2,
1946). tests/bench/coverage.py simulates how often the truth lies outside, with the variances that were measured.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import numpy.typing as npt

from ownvoice.voice.likelihood import student_quantile
from ownvoice.voice.results import Interval

Floats = npt.NDArray[np.float64]


def mean_interval(values: Floats) -> Interval:
    """Of values by training (rows) and prompt (columns), one of each at least, two prompts or more."""
    error, freedom = _standard_error(values)
    return _around(float(values.mean()), student_quantile(freedom) * error)


def difference_of_groups(one: Floats, other: Floats) -> Interval:
    """Of two independent groups' means (Welch)."""
    errors = [float(group.var(ddof=1)) / len(group) for group in (one, other)]
    freedom = _satterthwaite(errors, [len(one) - 1, len(other) - 1])
    return _around(float(one.mean() - other.mean()), student_quantile(freedom) * sqrt(sum(errors)))


def quotient(gains: Floats, below: Floats, essays: Floats) -> Interval | None:
    """V = mean(gains) / (mean(essays) - mean(below)), by Fieller's theorem; None where what divides isn't clearly above 0.

    Args:
        gains: Over the baseline, by training and prompt.
        below: The baseline's score of each prompt, in the same order.
        essays: The author's own essays' scores.
    """
    prompts = gains.shape[1]
    gain, room = float(gains.mean()), float(essays.mean() - below.mean())
    error, freedom = _standard_error(gains)
    of_room = float(below.var(ddof=1)) / prompts + float(essays.var(ddof=1)) / len(essays)
    shared = -float(np.cov(gains.mean(axis=0), below, ddof=1)[0, 1]) / prompts
    t = student_quantile(min(freedom, prompts - 1, len(essays) - 1))
    if room <= 0 or (bound := t * t * of_room / (room * room)) >= 1:
        return None
    index, by_room = gain / room, shared / of_room if of_room else 0.0
    spread = error**2 - 2 * index * shared + index**2 * of_room - bound * (error**2 - by_room * shared)
    middle, half = index - bound * by_room, t / room * sqrt(max(0.0, spread))
    return Interval(mean=index, low=(middle - half) / (1 - bound), high=(middle + half) / (1 - bound))


def _standard_error(values: Floats) -> tuple[float, float]:
    seeds, prompts = values.shape
    mean = values.mean()
    by_prompt = values.mean(axis=0, keepdims=True) - mean
    of_prompts = seeds * float((by_prompt**2).sum()) / (prompts - 1)
    if seeds == 1:
        return sqrt(of_prompts / prompts), prompts - 1
    by_seed = values.mean(axis=1, keepdims=True) - mean
    of_seeds = prompts * float((by_seed**2).sum()) / (seeds - 1)
    freedoms = [seeds - 1, prompts - 1, (seeds - 1) * (prompts - 1)]
    rest = float(((values - mean - by_prompt - by_seed) ** 2).sum()) / freedoms[2]
    larger = max(of_seeds, of_prompts)
    if of_seeds + of_prompts - rest <= larger:  # one of the two varies no more than the rest does
        return sqrt(larger / values.size), freedoms[0] if larger == of_seeds else freedoms[1]
    parts = [of_seeds, of_prompts, -rest]
    return sqrt(sum(parts) / values.size), _satterthwaite(parts, freedoms)


def _satterthwaite(parts: list[float], freedoms: list[int]) -> float:
    spread = sum(part * part / freedom for part, freedom in zip(parts, freedoms, strict=True))
    return sum(parts) ** 2 / spread if spread else float(sum(freedoms))


def _around(mean: float, half: float) -> Interval:
    return Interval(mean=mean, low=mean - half, high=mean + half)
