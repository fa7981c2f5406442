"""The measures of authorship verification, against values by hand."""

from __future__ import annotations

from math import log, log2

import numpy as np
import pytest
from calibration import Answers, Calibration, brier, c_at_1, cllr, f_05_u, fit_calibration, min_cllr


def answers(own: list[float], others: list[float], weights: list[float] | None = None) -> Answers:
    """From the probabilities that are said of the own and of the others' texts."""
    said = np.array([*own, *others])
    truth = np.array([True] * len(own) + [False] * len(others))
    return Answers(np.log(said / (1 - said)), truth, np.array(weights or [1.0] * len(said)))


# 3 of 4 own are found, 1 of 4 others is taken for one; then one of each is left open.
ALL_ANSWERED = answers([0.9, 0.8, 0.7, 0.2], [0.1, 0.2, 0.3, 0.8])
TWO_OPEN = answers([0.9, 0.8, 0.7, 0.45], [0.1, 0.2, 0.3, 0.55])


def test_c_at_1_is_accuracy_where_all_is_answered() -> None:
    assert c_at_1(ALL_ANSWERED) == pytest.approx(6 / 8)


def test_c_at_1_credits_what_is_left_open_with_the_share_of_right_answers() -> None:
    assert c_at_1(TWO_OPEN) == pytest.approx((6 + 2 * 6 / 8) / 8)  # .9375


def test_c_at_1_of_nothing_answered_is_nothing() -> None:
    assert c_at_1(answers([0.5], [0.55])) == 0


def test_an_answer_is_left_open_within_the_band_and_given_beyond_it() -> None:
    assert answers([0.401, 0.599], [0.399, 0.601]).answered.tolist() == [False, False, True, True]


def test_f_05_u_is_f_05_where_all_is_answered() -> None:
    # precision and recall 3/4
    assert f_05_u(ALL_ANSWERED) == pytest.approx(1.25 * 3 / (1.25 * 3 + 0.25 * 1 + 1))
    assert f_05_u(ALL_ANSWERED) == pytest.approx(0.75)


def test_f_05_u_counts_what_is_left_open_as_missed() -> None:
    assert f_05_u(TWO_OPEN) == pytest.approx(1.25 * 3 / (1.25 * 3 + 0.25 * 2))  # .8824


def test_f_05_u_of_texts_that_are_all_refused_is_nothing() -> None:
    assert f_05_u(answers([0.1], [0.1])) == 0


def test_brier_is_one_less_the_mean_squared_error() -> None:
    assert brier(answers([0.9, 0.6], [0.3, 0.5])) == pytest.approx(1 - (0.01 + 0.16 + 0.09 + 0.25) / 4)
    assert brier(answers([0.5], [0.5])) == pytest.approx(0.75)


def test_cllr_is_the_mean_cost_of_both_kinds_in_bits() -> None:
    # ratios 4 and 1 for the own, 1/4 for the other's
    expected = ((log2(1 + 1 / 4) + log2(1 + 1)) / 2 + log2(1 + 1 / 4)) / 2
    assert cllr(answers([0.8, 0.5], [0.2])) == pytest.approx(expected)


def test_cllr_of_even_odds_is_one_bit_and_what_misleads_costs_more() -> None:
    assert cllr(answers([0.5, 0.5], [0.5])) == pytest.approx(1)
    assert cllr(answers([0.1], [0.9])) == pytest.approx(log2(10))


def test_cllr_of_a_ratio_beyond_what_a_probability_can_hold_is_its_bits() -> None:
    sure = Answers(np.array([-1000.0, 1000.0]), np.array([True, False]), np.ones(2))
    assert cllr(sure) == pytest.approx(1000 / log(2))


def test_min_cllr_is_nothing_where_a_threshold_parts_own_and_others_however_wrong_the_ratios() -> None:
    assert min_cllr(answers([0.99, 0.98], [0.97, 0.96])) == 0


def test_min_cllr_pools_what_falls() -> None:
    # in order: other, own, other, own; the middle two are pooled at 1/2, which costs one bit of each kind's two
    assert min_cllr(answers([0.4, 0.8], [0.2, 0.6])) == pytest.approx(0.5)


def test_min_cllr_of_equal_answers_is_one_bit() -> None:
    assert min_cllr(answers([0.7, 0.7], [0.7, 0.7, 0.7])) == pytest.approx(1)


@pytest.mark.parametrize("measure", [c_at_1, f_05_u, brier, cllr, min_cllr])
def test_a_weight_of_two_is_the_problem_twice(measure: object) -> None:
    assert callable(measure)
    twice = answers([0.9, 0.3, 0.3, 0.45], [0.2, 0.55, 0.7, 0.7])
    weighted = answers([0.9, 0.3, 0.45], [0.2, 0.55, 0.7], [1, 2, 1, 1, 1, 2])
    assert measure(weighted) == pytest.approx(measure(twice))


def test_the_regression_finds_the_log_ratio_of_two_normal_distributions() -> None:
    """Of N(2, 1) against N(0, 1) it is 2 x - 2, though there are four times as many of the second."""
    random = np.random.default_rng(5)
    scores = np.concatenate([random.normal(2, 1, 20_000), random.normal(0, 1, 80_000)])
    own = np.arange(100_000) < 20_000
    fitted = fit_calibration(scores, own, np.ones(100_000))
    assert (fitted.slope, fitted.intercept) == pytest.approx((2, -2), abs=0.06)


def test_the_regression_of_two_values_is_the_log_of_their_counts() -> None:
    """At 0 one of four is own, at 1 three of four: log odds -log 3 and log 3."""
    scores = np.array([0.0] * 4 + [1.0] * 4)
    own = np.array([True, False, False, False, True, True, True, False])
    fitted = fit_calibration(scores, own, np.ones(8))
    assert fitted.log_ratios(np.array([0.0, 1.0])) == pytest.approx([-log(3), log(3)], rel=0.01)


def test_the_regression_stays_finite_where_a_threshold_parts_all() -> None:
    scores = np.array([-1.0, -0.9, 0.9, 1.0])
    fitted = fit_calibration(scores, scores > 0, np.ones(4))
    assert 2 < fitted.slope < 20
    assert abs(fitted.intercept) < 0.01


def test_scores_that_are_all_equal_say_nothing() -> None:
    fitted = fit_calibration(np.full(4, 3.0), np.array([True, False, True, False]), np.ones(4))
    assert fitted == Calibration(slope=0.0, intercept=0.0)
