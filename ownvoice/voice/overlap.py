"""Shares of short runs of words that answers have in common with the training essays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import mean

from ownvoice.text import Words, first_words, runs_of, words_of
from ownvoice.voice.answers import AnswerText, Essay
from ownvoice.voice.copy_figure import CopyFigure

# Measured: of 4,749 texts of about 410 words, each against 13 essays of another author of its register, 99% share
# under 0.26% of their 5-word runs and 5 texts more than 1%.
WARN_FIVE_WORD_SHARE = 0.01
# Measured with 150 words against 13 essays: 15 authors share 1.2 to 9% of 3-word runs with their own other essays,
# others of the register 0.7 to 2.7% and never twice the own rate. With 3 essays the own rate can be 0, and 2 of 23
# authors had others above twice of it: hence twice the larger of the own rate and the baseline's.
WARN_THREE_WORD_TIMES = 2.0
UNRELATED_THREE_WORD_SHARE = 0.009
"""What unrelated texts shared at most with 3 essays: the floor where the own rate and the baseline's are near 0."""
LEAST_THREE_WORD_RUNS = 8
"""Ten words in a row: a smaller count of shared runs is chance, however short the answers."""


def judge_five_words(training: Sequence[Essay], base: Sequence[AnswerText], tuned: Sequence[AnswerText]) -> CopyFigure:
    sources = _sources(training, (*base, *tuned), 5)
    new, before = (_share(_count(answers, sources, 5)) for answers in (tuned, base))
    return CopyFigure(
        name="5-word runs that stand in a training essay",
        tuned=new,
        base=before,
        warn_from=before + WARN_FIVE_WORD_SHARE,
        level="warn" if new - before > WARN_FIVE_WORD_SHARE else "none",
        in_words=f"{new:.1%} of their 5-word runs stand in a training essay (baseline {before:.1%})",
    )


def judge_three_words(
    training: Sequence[Essay], held_out: Sequence[Essay], base: Sequence[AnswerText], tuned: Sequence[AnswerText]
) -> CopyFigure:
    sources = _sources(training, (*base, *tuned), 3)
    counted = _count(tuned, sources, 3)
    new, before = _share(counted), _share(_count(base, sources, 3))
    own = own_rate(training, held_out, _mean_words(tuned))
    warn_from = WARN_THREE_WORD_TIMES * max(own or 0.0, before, UNRELATED_THREE_WORD_SHARE)
    beside = "" if own is None else f", your essays share {own:.1%} with each other"
    return CopyFigure(
        name="3-word runs that stand in a training essay",
        tuned=new,
        base=before,
        own=own,
        warn_from=warn_from,
        level="warn" if new > warn_from and counted[0] >= LEAST_THREE_WORD_RUNS else "none",
        in_words=f"{new:.1%} of their 3-word runs stand in a training essay (baseline {before:.1%}{beside})",
    )


def own_rate(training: Sequence[Essay], held_out: Sequence[Essay], words: int) -> float | None:
    """Share of the 3-word runs in the first `words` words of an essay that the training essays hold.

    Held-out essays are few (3 of the sample author's 16), so each training essay counts too, against the others.
    None where that leaves nothing to compare.
    """
    rest = [(essay, list(training)) for essay in held_out]
    rest += [(essay, [other for other in training if other is not essay]) for essay in training]
    counts = [_count_runs([first_words(essay.text, words)], _runs_in(others, 3), 3) for essay, others in rest if others]
    total = sum(of for _, of in counts)
    return sum(found for found, _ in counts) / total if total else None


def _sources(training: Sequence[Essay], answers: Iterable[AnswerText], length: int) -> frozenset[Words]:
    """The essays' runs without those of the topics, which every answer may repeat."""
    topics = {run for answer in answers for run in runs_of(words_of(answer.topic), length)}
    return _runs_in(training, length) - topics


def _runs_in(essays: Iterable[Essay], length: int) -> frozenset[Words]:
    return frozenset(run for essay in essays for run in runs_of(words_of(essay.text), length))


def _count(answers: Iterable[AnswerText], sources: frozenset[Words], length: int) -> tuple[int, int]:
    return _count_runs((answer.text for answer in answers), sources, length)


def _count_runs(texts: Iterable[str], sources: frozenset[Words], length: int) -> tuple[int, int]:
    """How many runs stand in the sources, and of how many."""
    runs = [run for text in texts for run in runs_of(words_of(text), length)]
    return sum(1 for run in runs if run in sources), len(runs)


def _share(counted: tuple[int, int]) -> float:
    return counted[0] / max(1, counted[1])


def _mean_words(answers: Sequence[AnswerText]) -> int:
    """At least 50 words, about three sentences: the own rate of a few words would be noise."""
    return max(50, round(mean(len(words_of(answer.text)) for answer in answers))) if answers else 50
