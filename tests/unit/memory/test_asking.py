"""What a model takes over its answers by arithmetic, against what a run took on another processor."""

from __future__ import annotations

import pytest

from ownvoice.memory.asking import Asked, Speed, asking_seconds, comparing_seconds
from ownvoice.memory.timing import FAR
from ownvoice.models.known import KNOWN_SHAPES

SMOLLM2 = KNOWN_SHAPES["smollm2-135m"]
FP32, BF16 = (Speed.of("cpu", 2, bf16) for bf16 in (False, True))


def seconds_of(speed: Speed = FP32, **asked: int) -> float:
    return asking_seconds(Asked(**asked), SMOLLM2, speed)


# A smoke test on 2 cores of an Intel Xeon, another processor than the arithmetic was measured on, in seconds; its answers
# were asked by transformers' `generate`, which takes 1.7 times as long.
ON_A_XEON = {
    "Baseline answers to the canaries": 46.63 / 1.7,
    "Tuned answers to the canaries": 48.952 / 1.7,
    "Baseline likelihood": 3.308,
    "Baseline prefix probe": 2.914,
    "Compare": 5.322,
}


def test_a_run_on_another_processor_lies_within_the_range_that_is_told_of_arithmetic() -> None:
    expected = {
        "Baseline answers to the canaries": seconds_of(rows=27, read_tokens=60, new_tokens=200, at_once=32),
        "Tuned answers to the canaries": seconds_of(rows=27, read_tokens=60, new_tokens=200, at_once=32),
        "Baseline likelihood": seconds_of(rows=5, read_tokens=430),
        "Baseline prefix probe": seconds_of(rows=3, read_tokens=40, new_tokens=64, at_once=32),
        "Compare": comparing_seconds(54),
    }
    for name, seconds in expected.items():
        took = ON_A_XEON[name]
        assert took / FAR["arithmetic"] < seconds < took * FAR["arithmetic"], name


@pytest.mark.parametrize(
    ("speed", "read", "shared", "took"),
    [(FP32, 43, 0, 22), (BF16, 43, 0, 14), (BF16, 1771, 1728, 25), (BF16, 7819, 7776, 93)],
)
def test_27_answers_take_about_what_they_took_where_it_was_measured(
    speed: Speed, read: int, shared: int, took: float
) -> None:
    expected = seconds_of(speed, rows=27, read_tokens=read, shared_tokens=shared, new_tokens=200, at_once=32)
    assert took / 1.6 < expected < took * 1.6


def test_long_prompts_and_fewer_at_once_take_longer_and_a_gpu_waits_for_python() -> None:
    short = seconds_of(rows=27, read_tokens=60, new_tokens=200, at_once=32)
    assert seconds_of(rows=27, read_tokens=1900, new_tokens=200, at_once=32) > 4 * short
    assert seconds_of(rows=27, read_tokens=60, new_tokens=200, at_once=1) > 4 * short
    one = asking_seconds(Asked(rows=1, read_tokens=60, new_tokens=200), SMOLLM2, Speed.of("cuda", 2, bf16=True))
    assert one == pytest.approx(200 * 30 * 1e-3, rel=0.2)
