"""Places a run's answers on the VOICE axis and measures how far two models stand apart, with the interval that a dozen prompts
can carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ownvoice.voice.background import Background
from ownvoice.voice.likelihood import expanded_tail
from ownvoice.voice.panel import Panel
from ownvoice.voice.results import (
    FEWEST_PROMPTS,
    AnswerText,
    Distances,
    Essay,
    Interval,
    ScoredAnswer,
    TextScore,
    VoiceFigures,
)
from ownvoice.voice.text import count_words

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


def measure_voice(
    essays: Sequence[Essay],
    background: Background,
    baseline: Sequence[AnswerText],
    tuned: Sequence[AnswerText],
    placebo: Sequence[AnswerText] | None,
    seed: int = 0,
) -> VoiceFigures:
    """Score all answers against the author's essays on the length that most answers have.

    Raises:
        VoiceError: none of the essays can be measured.
    """
    models = [baseline, tuned, *([placebo] if placebo is not None else [])]
    lengths = [count_words(answer.text) for answers in models for answer in answers]
    panel = Panel(background, [essay.text for essay in essays], int(median(lengths or [0])), seed)
    scored = _score_all(panel, models)
    held_out = tuple(each.voice for each in panel.held_out() if each.voice is not None)
    third = scored[2] if placebo is not None else None
    topics = measure_distances(_topics(scored[0]), _topics(scored[1]), seed=seed)
    return VoiceFigures(
        words=panel.words,
        references=sum(1 for reason in panel.why_not if reason is None),
        others=panel.others,
        held_out=held_out,
        baseline=scored[0],
        tuned=scored[1],
        placebo=third,
        distances=measure_distances(
            _voices(scored[0]), _voices(scored[1]), _voices(third) if third is not None else None, held_out, seed
        ),
        topic=topics.tuned_minus_baseline if topics else None,
    )


def _score_all(panel: Panel, models: Sequence[Sequence[AnswerText]]) -> list[tuple[ScoredAnswer, ...]]:
    """In one call: the panel makes its models anew in each."""
    scores = iter(panel.score([answer.text for answers in models for answer in answers]))
    return [tuple(_scored(answer, next(scores)) for answer in answers) for answers in models]


def _scored(answer: AnswerText, score: TextScore) -> ScoredAnswer:
    return ScoredAnswer(
        prompt_id=answer.prompt_id,
        sample=answer.sample,
        voice=score.voice,
        topic=score.topic,
        why_not=score.why_not,
    )


def _voices(answers: Iterable[ScoredAnswer]) -> dict[Answer, float]:
    return {(each.prompt_id, each.sample): each.voice for each in answers if each.voice is not None}


def _topics(answers: Iterable[ScoredAnswer]) -> dict[Answer, float]:
    return {(each.prompt_id, each.sample): each.topic for each in answers if each.topic is not None}
