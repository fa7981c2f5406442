"""The verdict's table, row by row."""

from __future__ import annotations

import pytest

from ownvoice.voice.results import Distances, Interval
from ownvoice.voice.verdict import Direction, Found, judge

ZERO = Interval(mean=0.0, low=-0.3, high=0.3)


def between(low: float, high: float) -> Interval:
    return Interval(mean=(low + high) / 2, low=low, high=high)


def distances(own: Interval, placebo: Interval | None = None) -> Distances:
    return Distances(
        prompts=12, answers=24, baseline=ZERO, tuned=ZERO, tuned_minus_baseline=own, tuned_minus_placebo=placebo
    )


@pytest.mark.parametrize(
    ("own", "placebo", "topic", "expected"),
    [
        (between(0.2, 1.0), between(0.1, 1.2), None, "voice moved"),
        (between(0.2, 1.0), None, None, "moved: format or voice"),
        (between(0.2, 1.0), between(-0.1, 1.2), None, "moved: format or voice"),
        (between(0.2, 1.0), between(-2.0, -1.0), None, "moved: format or voice"),
        (between(-0.2, 1.0), between(0.5, 1.2), None, "insufficient evidence"),
        (between(-0.2, 1.0), between(0.5, 1.2), between(0.1, 0.4), "moved: topic only"),
        (between(-0.2, 0.3), None, between(-0.1, 0.4), "not moved"),
        (between(-1.2, -0.3), between(0.1, 0.2), None, "not moved"),
    ],
)
def test_the_intervals_decide(
    own: Interval, placebo: Interval | None, topic: Interval | None, expected: Direction
) -> None:
    verdict = judge(Found(unchanged=False, distances=distances(own, placebo), topic=topic))
    assert verdict.direction == expected
    if expected != "moved: topic only":
        assert f"{own.mean:+.2f} z (95% interval {own.low:+.2f} to {own.high:+.2f})" in verdict.reason


def test_memory_goes_before_voice() -> None:
    verdict = judge(
        Found(unchanged=False, distances=distances(between(1, 2), between(1, 2)), memorised="It recites your essay.")
    )
    assert (verdict.direction, verdict.reason) == ("memorised", "It recites your essay.")


def test_answers_that_did_not_change_have_not_moved_whatever_could_be_scored() -> None:
    assert judge(Found(unchanged=True, distances=None)).direction == "not moved"


def test_too_few_prompts_say_what_to_do() -> None:
    verdict = judge(Found(unchanged=False, distances=None))
    assert verdict.direction == "insufficient evidence"
    assert "add probes" in verdict.reason
