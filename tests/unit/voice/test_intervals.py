"""Intervals: known values, and whether the truth lies in them as often as they say."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest

from ownvoice.voice import intervals
from ownvoice.voice.intervals import difference_of_groups, mean_interval
from ownvoice.voice.results import Interval

Floats = npt.NDArray[np.float64]
DRAWS = 400
# 95% of 400 are 380, give or take 4.4: beyond four of these an interval is not 95%.
HELD_LEAST, HELD_MOST = 362, 398


def quotient(gains: Floats, below: Floats, essays: Floats) -> Interval | None:
    """Of one training."""
    return intervals.quotient(gains[None, :], below, essays)


def holds(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


def half_width(interval: Interval) -> float:
    return (interval.high - interval.low) / 2


def test_one_training_has_students_interval_over_the_prompts() -> None:
    interval = mean_interval(np.array([[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]]))
    # deviation 2.1381, standard error 0.7559, t of 7 degrees 2.3646
    assert interval.mean == 5.0
    assert half_width(interval) == pytest.approx(1.7875, rel=0.001)
    assert (interval.low, interval.high) == pytest.approx((3.2125, 6.7875), rel=0.001)


def test_two_groups_have_welchs_interval() -> None:
    one, other = np.array([27.0, 30.0, 31.0, 34.0, 38.0]), np.array([20.0, 21.0, 21.0, 22.0, 22.0, 23.0, 25.0, 26.0])
    interval = difference_of_groups(one, other)
    # variances 17.5 and 4.2857, standard error 2.0089, 5.2479 degrees, t 2.5345
    assert interval.mean == 9.5
    assert half_width(interval) == pytest.approx(5.0915, rel=0.001)


def test_seeds_and_prompts_that_add_up_have_both_their_variances() -> None:
    seeds, prompts = np.array([[-1.0], [0.0], [1.0]]), np.array([[1.0, 2.0, 3.0, 4.0, 5.0]])
    interval = mean_interval(seeds + prompts)
    # mean squares 5, 7.5 and 0; error sqrt(12.5 / 15) = 0.9129; 12.5**2 / (5**2 / 2 + 7.5**2 / 4) = 5.8824 degrees, t 2.4588
    assert interval.mean == 3.0
    assert half_width(interval) == pytest.approx(2.2446, rel=0.002)


def test_the_rest_is_taken_off_where_seeds_and_prompts_both_exceed_it() -> None:
    table = np.array([[0.0, 4.0, 2.0, 6.0], [3.0, 5.0, 5.0, 7.0], [6.0, 9.0, 8.0, 9.0]])
    interval = mean_interval(table)
    # mean squares 25.3333, 10 and 0.6667; error 1.6997; 3.3920 degrees, t 2.9842
    assert interval.mean == pytest.approx(5.3333, abs=1e-4)
    assert half_width(interval) == pytest.approx(5.0721, rel=0.002)


def test_trainings_that_differ_no_more_than_the_rest_are_averaged() -> None:
    values = np.random.default_rng(3).normal(size=(3, 8))
    values -= values.mean(axis=1, keepdims=True)  # no training stands above another
    interval, averaged = mean_interval(values), mean_interval(values.mean(axis=0, keepdims=True))
    assert interval.model_dump() == pytest.approx(averaged.model_dump())


def test_prompts_that_differ_no_more_than_the_rest_leave_what_the_trainings_differ_by() -> None:
    values = np.random.default_rng(4).normal(size=(4, 8))
    values -= values.mean(axis=0, keepdims=True)
    values += np.array([[-3.0], [-1.0], [1.0], [3.0]])
    means = values.mean(axis=1)
    # Student's over four means, 3 degrees
    assert half_width(mean_interval(values)) == pytest.approx(3.1824 * float(means.std(ddof=1)) / 2, rel=0.005)


@pytest.mark.parametrize(
    ("seeds", "of_seeds", "of_prompts", "of_rest"),
    [(1, 0.0, 0.6, 0.5), (3, 0.0, 0.6, 0.5), (3, 0.3, 0.6, 0.5), (3, 0.6, 0.1, 0.3), (5, 0.3, 0.1, 0.5)],
)
def test_a_mean_lies_in_its_interval_as_often_as_it_says(
    seeds: int, of_seeds: float, of_prompts: float, of_rest: float
) -> None:
    random = np.random.default_rng(20)
    held = sum(
        holds(
            mean_interval(
                1.0
                + random.normal(0, of_seeds, (seeds, 1))
                + random.normal(0, of_prompts, (1, 12))
                + random.normal(0, of_rest, (seeds, 12))
            ),
            1.0,
        )
        for _ in range(DRAWS)
    )
    assert HELD_LEAST <= held <= HELD_MOST


def test_a_difference_of_groups_of_unlike_spread_lies_in_its_interval_as_often_as_it_says() -> None:
    random = np.random.default_rng(21)
    held = sum(
        holds(difference_of_groups(random.normal(2, 0.3, 16), random.normal(0, 1.5, 6)), 2.0) for _ in range(DRAWS)
    )
    assert HELD_LEAST <= held <= HELD_MOST


@pytest.mark.parametrize("shared", [-0.6, 0.0, 0.6])
def test_a_quotient_lies_in_its_interval_as_often_as_it_says_whatever_gain_and_baseline_share(shared: float) -> None:
    random, held = np.random.default_rng(22), 0
    for _ in range(DRAWS):
        below = random.normal(0, 0.6, 12)
        above = 1.0 + shared * below + random.normal(0, 0.5, 12)
        interval = quotient(above, below, random.normal(2.0, 0.7, 13))
        assert interval is not None
        held += holds(interval, 0.5)
    assert HELD_LEAST <= held <= HELD_MOST


def test_a_quotient_is_what_many_draws_of_its_parts_give() -> None:
    """With so many prompts Student's t is the normal, and Fieller's bounds are the quantiles of the quotient."""
    random = np.random.default_rng(23)
    below = random.normal(0, 3.0, 400)
    above, essays = 1.0 + 0.5 * below + random.normal(0, 2.0, 400), random.normal(2.0, 3.0, 400)
    interval = quotient(above, below, essays)
    drawn = random.multivariate_normal([above.mean(), below.mean()], np.cov(above, below) / 400, 200_000)
    room = random.normal(essays.mean(), essays.std(ddof=1) / 20, 200_000) - drawn[:, 1]
    assert interval is not None
    assert interval.mean == pytest.approx(above.mean() / (essays.mean() - below.mean()))
    assert (interval.low, interval.high) == pytest.approx(np.quantile(drawn[:, 0] / room, (0.025, 0.975)), abs=0.01)


def test_a_quotient_of_what_is_known_exactly_is_the_gains_interval_divided() -> None:
    gain, nearly_nothing = np.array([0.5, 1.5, 1.0, 2.0, 0.0, 1.0]), np.array([1e-6, -1e-6, 0, 0, 1e-6, -1e-6])
    divided = quotient(gain, nearly_nothing, 2 + nearly_nothing)
    whole = mean_interval(gain[None, :])
    assert divided is not None
    assert (divided.low, divided.mean, divided.high) == pytest.approx((whole.low / 2, whole.mean / 2, whole.high / 2))


def test_there_is_no_quotient_where_what_divides_is_not_clearly_above_zero() -> None:
    gain, below = np.ones(6), np.array([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0])
    assert quotient(gain, below, np.array([1.0, 2.0, 1.5])) is None  # 1.5 give or take 2.5
    assert quotient(gain, below, np.array([9.0, 10.0, 9.5])) is not None
    assert quotient(gain, below, np.array([-9.0, -10.0, -9.5])) is None


def test_a_quotient_of_scores_that_do_not_vary_at_all_is_a_number() -> None:
    interval = quotient(np.array([0.5, 1.5, 1.0, 2.0, 0.0, 1.0]), np.zeros(6), np.full(3, 2.0))
    assert interval is not None
    assert interval.mean == 0.5
    assert math.isfinite(half_width(interval))


def test_there_is_no_quotient_where_the_baseline_stands_where_her_essays_do() -> None:
    assert quotient(np.ones(6), np.array([0.0, 1.0, 0.0, 1.0, 0.0, 1.0]), np.array([0.25, 0.5, 0.75])) is None
