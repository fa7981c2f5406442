"""Distances between two models' answers, and how sure they are."""

from __future__ import annotations

import numpy as np
import pytest

from ownvoice.voice.distances import Scores, Table, apart, measure_distances
from ownvoice.voice.results import Distances, Interval


def scores(rng: np.random.Generator, mean: float = 0.0, prompts: int = 12, samples: int = 2) -> Scores:
    """Answers to one prompt share half of their spread."""
    topics = rng.normal(size=prompts)
    return {(f"p{p}", s): mean + 0.7 * topics[p] + 0.7 * rng.normal() for p in range(prompts) for s in range(samples)}


def moved_by(scored: Scores, shift: float) -> Scores:
    return {answer: value + shift for answer, value in scored.items()}


def without(scored: Scores, *answers: tuple[str, int]) -> Scores:
    return {answer: value for answer, value in scored.items() if answer not in answers}


def measured(
    baseline: Scores, *tuned: Scores, placebo: tuple[Scores, ...] = (), held_out: tuple[float, ...] = ()
) -> Distances:
    found = measure_distances(baseline, tuned, placebo, held_out)
    assert found is not None
    return found


def known(interval: Interval | None) -> Interval:
    assert interval is not None
    return interval


def test_a_difference_of_nothing_has_an_interval_of_nothing() -> None:
    same = scores(np.random.default_rng(1))
    interval = measured(same, same).tuned_minus_baseline
    assert (interval.mean, interval.low, interval.high) == (0.0, 0.0, 0.0)
    assert not interval.above_zero
    assert interval.within(0.01)


def test_chance_alone_rarely_lies_above_zero_and_a_real_shift_mostly_does() -> None:
    false, found = 0, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        base = scores(rng)
        false += measured(base, scores(rng)).tuned_minus_baseline.above_zero
        found += measured(base, scores(rng, mean=1.5)).tuned_minus_baseline.above_zero
    assert false <= 5  # 2.5% of 60 are 1.5; 6 or more would come with p = .004
    assert found >= 54


def test_a_prompt_with_many_answers_counts_once() -> None:
    once = {(f"p{p}", 0): 0.0 for p in range(8)}
    often = {("p0", sample): 0.0 for sample in range(50)}
    interval = measured({**once, **often}, {**once, **moved_by(often, 5.0)}).tuned_minus_baseline
    assert interval.mean == 5.0 / 8
    assert not interval.above_zero


def test_five_prompts_are_too_few_and_six_are_enough() -> None:
    six = scores(np.random.default_rng(0), prompts=6)
    five = without(six, ("p5", 0), ("p5", 1))
    assert measure_distances(five, [six]) is None
    assert measure_distances(six, [five]) is None
    assert measure_distances(six, [six], [five]) is None
    assert measured(six, six, placebo=(six,)).prompts == 6


def test_one_answer_of_a_prompt_keeps_it_and_none_takes_it_out() -> None:
    base = scores(np.random.default_rng(0), prompts=7)
    assert measured(base, without(base, ("p0", 0))).prompts == 7
    assert measured(base, without(base, ("p0", 0), ("p0", 1))).prompts == 6


def test_only_answers_that_every_model_has_a_score_for_are_compared() -> None:
    base = scores(np.random.default_rng(0))
    tuned = moved_by(without(base, ("p0", 0)), 1.0)
    found = measured(base, tuned, placebo=(without(base, ("p1", 1)),))
    assert (found.prompts, found.answers, found.trainings) == (12, 22, 1)
    assert known(found.tuned_minus_placebo).mean == pytest.approx(1.0)
    assert known(found.placebo_minus_baseline).mean == pytest.approx(0.0)


def test_the_order_of_the_answers_says_nothing() -> None:
    rng = np.random.default_rng(5)
    base, tuned = scores(rng), scores(rng)
    there, back = measured(base, tuned), measured(dict(list(base.items())[::-1]), tuned)
    assert back.tuned_minus_baseline.mean == pytest.approx(there.tuned_minus_baseline.mean)
    assert back.tuned_minus_baseline.low == pytest.approx(there.tuned_minus_baseline.low)


def test_several_trainings_count_together_and_those_that_differ_widen_the_interval() -> None:
    rng = np.random.default_rng(2)
    base = scores(rng)
    tuned = scores(rng, mean=1.0)
    one = measured(base, tuned).tuned_minus_baseline
    apart_ = measured(base, *(moved_by(tuned, shift) for shift in (-1.0, 0.0, 1.0)))
    assert (apart_.trainings, apart_.prompts, apart_.answers) == (3, 12, 72)
    assert apart_.tuned_minus_baseline.mean == pytest.approx(one.mean)
    assert one.above_zero
    assert not apart_.tuned_minus_baseline.above_zero


def test_trainings_that_give_the_same_answers_are_no_more_evidence_than_one() -> None:
    rng = np.random.default_rng(3)
    base, tuned = scores(rng), scores(rng)
    one, three = (measured(base, *[tuned] * number).tuned_minus_baseline for number in (1, 3))
    assert three.model_dump() == pytest.approx(one.model_dump())


def test_as_many_placebos_trainings_are_taken_off_one_by_one_and_fewer_as_their_mean() -> None:
    rng = np.random.default_rng(4)
    base = scores(rng)
    placebo = tuple(moved_by(scores(rng), shift) for shift in (-3.0, 0.0, 3.0))
    tuned = [moved_by(each, 1.0) for each in placebo]
    paired = known(measured(base, *tuned, placebo=placebo).tuned_minus_placebo)
    assert (paired.low, paired.high) == pytest.approx((1.0, 1.0))  # whatever the seeds differ by, both have
    unpaired = known(measured(base, *tuned, placebo=placebo[1:2]).tuned_minus_placebo)
    assert unpaired.high - unpaired.low > 3


def test_own_and_placebo_swapped_swap_their_signs() -> None:
    rng = np.random.default_rng(6)
    base, tuned, placebo = scores(rng), scores(rng, mean=1.0), scores(rng)
    there, back = measured(base, tuned, placebo=(placebo,)), measured(base, placebo, placebo=(tuned,))
    own, others = known(there.tuned_minus_placebo), known(back.tuned_minus_placebo)
    assert (own.mean, own.low, own.high) == pytest.approx((-others.mean, -others.high, -others.low))
    assert there.tuned_minus_baseline == back.placebo_minus_baseline


def test_without_a_placebo_nothing_is_said_of_one() -> None:
    rng = np.random.default_rng(7)
    found = measured(scores(rng), scores(rng))
    assert (found.placebo, found.tuned_minus_placebo, found.placebo_minus_baseline) == (None, None, None)


def test_the_index_is_zero_at_the_baseline_and_one_at_the_authors_own_essays() -> None:
    base = {(f"p{p}", s): 0.1 * p - 0.5 for p in range(10) for s in range(2)}
    essays = (2.0, 2.1, 1.9, 2.2)
    at_base, at_her = (known(measured(base, tuned, held_out=essays).index) for tuned in (base, moved_by(base, 2.1)))
    assert at_base.mean == 0.0
    assert at_her.mean == pytest.approx(1.0)
    assert at_her.low < 1.0 < at_her.high


def test_trainings_that_differ_widen_the_interval_of_the_index_too() -> None:
    rng = np.random.default_rng(8)
    base, tuned = scores(rng), scores(rng, mean=1.0)
    alike, apart_ = (
        known(measured(base, *(moved_by(tuned, shift) for shift in shifts), held_out=(3.0, 3.2, 2.8, 3.1)).index)
        for shifts in ((0.0, 0.0, 0.0), (-1.0, 0.0, 1.0))
    )
    assert apart_.mean == pytest.approx(alike.mean)
    assert apart_.high - apart_.low > 1.5 * (alike.high - alike.low)


def test_no_index_where_the_baseline_is_as_near_as_her_own_essays() -> None:
    base = scores(np.random.default_rng(3))
    near = measured(base, base, held_out=(0.1, -0.2, 0.0, 0.2))
    assert not known(near.held_out_minus_baseline).above_zero
    assert near.index is None


def test_two_essays_cannot_tell_how_hers_vary_and_three_can() -> None:
    base = scores(np.random.default_rng(3))
    two, three = (measured(base, base, held_out=essays) for essays in ((9.0, 9.1), (9.0, 9.1, 9.2)))
    assert (two.held_out, two.held_out_minus_baseline, two.index) == (None, None, None)
    assert known(three.held_out).mean == pytest.approx(9.1)
    assert three.index is not None


def test_a_table_has_a_row_a_training_and_a_column_a_prompt() -> None:
    one: Scores = {("a", 0): 1.0, ("a", 1): 3.0, ("b", 0): 5.0}
    other: Scores = {("a", 0): 2.0, ("a", 1): 2.0, ("b", 0): 0.0, ("c", 0): 9.0}
    table = Table([[one, other]])
    assert table.prompts == ("a", "b")
    assert table.rows([one, other]).tolist() == [[2.0, 5.0], [2.0, 0.0]]
    assert apart(table.rows([one]), table.rows([other])).mean == 2.5
    assert not table.enough
