"""A run's answers against the author: every answer on the VOICE axis, and the distances between the models."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from ownvoice.voice.answers import AnswerText, Essay
from ownvoice.voice.background import Background
from ownvoice.voice.panel import Panel
from ownvoice.voice.resampling import Answer, measure_distances
from ownvoice.voice.results import ScoredAnswer, VoiceFigures
from ownvoice.voice.scores import TextScore
from ownvoice.voice.typography import count_words


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
