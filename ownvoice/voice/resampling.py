"""How far two models' answers stand apart, with the interval that a dozen prompts can carry.

Answers to one prompt are alike, so prompts are drawn first, then the answers within each (a hierarchical
bootstrap); the models' answers to one prompt and sample stay together, since they share their random numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ownvoice.voice.percentiles import expanded_tail
from ownvoice.voice.results import FEWEST_PROMPTS, Distances, Interval

Answer = tuple[str, int]
"""Prompt id and sample number."""
Scores = Mapping[Answer, float]
Draws = NDArray[np.float64]

# The mean's 2.5% quantile then has a simulation error of 1.5% of the interval's width.
DRAWS = 4000
# Two essays can't tell how her essays vary.
FEWEST_ESSAYS = 3


def measure_distances(
    baseline: Scores, tuned: Scores, placebo: Scores | None = None, held_out: Sequence[float] = (), seed: int = 0
) -> Distances | None:
    """Means and differences over the answers that every model has a score for; None for fewer than 6 prompts."""
    groups = [scores for scores in (baseline, tuned, placebo) if scores is not None]
    answers = [answer for answer in baseline if all(answer in scores for scores in groups)]
    prompts = list(dict.fromkeys(prompt for prompt, _ in answers))
    if len(prompts) < FEWEST_PROMPTS:
        return None
    plan = _Resampling(answers, prompts, len(held_out), np.random.default_rng(seed))
    base, own = plan.of(baseline), plan.of(tuned)
    distances = Distances(
        prompts=len(prompts),
        answers=len(answers),
        baseline=plan.interval(base),
        tuned=plan.interval(own),
        tuned_minus_baseline=plan.interval(own - base),
    )
    return distances.model_copy(
        update={**_against_placebo(plan, base, own, placebo), **_against_essays(plan, base, own, held_out)}
    )


class _Sampled(NamedTuple):
    """A mean, and what it is in every draw."""

    mean: float
    draws: Draws

    def __sub__(self, other: _Sampled) -> _Sampled:
        return _Sampled(self.mean - other.mean, self.draws - other.draws)

    def __truediv__(self, other: _Sampled) -> _Sampled:
        return _Sampled(self.mean / other.mean, self.draws / other.draws)


class _Resampling:
    """The same draws of prompts, answers and essays for every group, so that differences are paired."""

    def __init__(self, answers: list[Answer], prompts: list[str], essays: int, rng: np.random.Generator) -> None:
        self._answers = answers
        rows = [[i for i, (prompt, _) in enumerate(answers) if prompt == each] for each in prompts]
        counts, most = np.array([len(each) for each in rows]), max(map(len, rows))
        padded = np.array([each + each[:1] * (most - len(each)) for each in rows])
        places = rng.integers(len(prompts), size=(DRAWS, len(prompts)))
        within = rng.random((DRAWS, len(prompts), most)) * counts[places][..., None]
        # Index of an answer by draw, place and answer of the place; a prompt with fewer answers fills fewer.
        self._drawn = padded[places[..., None], within.astype(np.int64)]
        self._filled = np.arange(most) < counts[places][..., None]
        self._rows = rows
        self._essays = rng.integers(essays, size=(DRAWS, essays)) if essays else np.empty((DRAWS, 0), dtype=np.int64)

    def of(self, scores: Scores) -> _Sampled:
        values = np.array([scores[answer] for answer in self._answers])
        by_place = (values[self._drawn] * self._filled).sum(axis=2) / self._filled.sum(axis=2)
        return _Sampled(float(np.mean([values[row].mean() for row in self._rows])), by_place.mean(axis=1))

    def of_essays(self, scores: Sequence[float]) -> _Sampled:
        values = np.array(scores, dtype=np.float64)
        return _Sampled(float(values.mean()), values[self._essays].mean(axis=1))

    def interval(self, sampled: _Sampled, number: int | None = None) -> Interval:
        number = min(number or len(self._rows), len(self._rows))
        tail = expanded_tail(number, number - 1)
        low, high = np.quantile(sampled.draws, (tail, 1 - tail))
        return Interval(mean=sampled.mean, low=float(low), high=float(high))


def _against_placebo(
    plan: _Resampling, base: _Sampled, own: _Sampled, placebo: Scores | None
) -> dict[str, Interval | None]:
    if placebo is None:
        return {}
    other = plan.of(placebo)
    return {
        "placebo": plan.interval(other),
        "tuned_minus_placebo": plan.interval(own - other),
        "placebo_minus_baseline": plan.interval(other - base),
    }


def _against_essays(
    plan: _Resampling, base: _Sampled, own: _Sampled, held_out: Sequence[float]
) -> dict[str, Interval | None]:
    number = len(held_out)
    if number < FEWEST_ESSAYS:
        return {}
    essays = plan.of_essays(held_out)
    room = plan.interval(essays - base, number)
    return {
        "held_out": plan.interval(essays, number),
        "held_out_minus_baseline": room,
        "index": plan.interval((own - base) / (essays - base), number) if room.above_zero else None,
    }
