"""Distances between two models' answers, and how sure they are."""

from __future__ import annotations

import numpy as np

from ownvoice.voice.distances import Scores, measure_distances


def scores(rng: np.random.Generator, mean: float = 0.0, prompts: int = 12, samples: int = 2) -> Scores:
    """Answers to one prompt share half of their spread."""
    topics = rng.normal(size=prompts)
    return {(f"p{p}", s): mean + 0.7 * topics[p] + 0.7 * rng.normal() for p in range(prompts) for s in range(samples)}


def test_a_difference_of_nothing_has_an_interval_of_nothing() -> None:
    same = scores(np.random.default_rng(1))
    distances = measure_distances(same, same)
    assert distances is not None
    interval = distances.tuned_minus_baseline
    assert (interval.mean, interval.low, interval.high) == (0.0, 0.0, 0.0)
    assert not interval.above_zero


def test_chance_alone_rarely_lies_above_zero_and_a_real_shift_mostly_does() -> None:
    false, found = 0, 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        base = scores(rng)
        chance, shifted = measure_distances(base, scores(rng)), measure_distances(base, scores(rng, mean=1.5))
        assert chance is not None
        assert shifted is not None
        false += chance.tuned_minus_baseline.above_zero
        found += shifted.tuned_minus_baseline.above_zero
    assert false <= 5  # 2.5% of 60 are 1.5; 6 or more would come with p = .004
    assert found >= 54


def test_a_prompt_with_many_answers_counts_once() -> None:
    base = {(f"p{p}", 0): 0.0 for p in range(8)}
    tuned = {**{(f"p{p}", 0): 0.0 for p in range(8)}, **{("p0", s): 5.0 for s in range(50)}}
    distances = measure_distances({**base, **{("p0", s): 0.0 for s in range(50)}}, tuned)
    assert distances is not None
    assert distances.tuned_minus_baseline.mean == 5.0 / 8
    assert not distances.tuned_minus_baseline.above_zero


def test_five_prompts_are_too_few_and_six_are_enough() -> None:
    six = scores(np.random.default_rng(0), prompts=6)
    five = {answer: value for answer, value in six.items() if answer[0] != "p5"}
    assert measure_distances(five, six) is None
    assert measure_distances(six, six) is not None


def test_only_answers_that_every_model_has_a_score_for_are_compared() -> None:
    base = scores(np.random.default_rng(0))
    tuned = {answer: value + 1.0 for answer, value in base.items() if answer != ("p0", 0)}
    placebo = {answer: value for answer, value in base.items() if answer != ("p1", 1)}
    distances = measure_distances(base, tuned, placebo)
    assert distances is not None
    assert distances.answers == 22
    assert distances.tuned_minus_placebo is not None
    assert np.isclose(distances.tuned_minus_placebo.mean, 1.0)


def test_the_index_is_zero_at_the_baseline_and_one_at_the_authors_own_essays() -> None:
    base = {(f"p{p}", s): 0.1 * p - 0.5 for p in range(10) for s in range(2)}
    essays = [2.0, 2.1, 1.9, 2.2]
    like_her = {answer: value + 2.1 for answer, value in base.items()}
    at_base, at_her = (measure_distances(base, tuned, held_out=essays) for tuned in (base, like_her))
    assert at_base is not None
    assert at_base.index is not None
    assert at_base.index.mean == 0.0
    assert at_her is not None
    assert at_her.index is not None
    assert abs(at_her.index.mean - 1.0) < 0.05
    assert at_her.index.low < 1.0 < at_her.index.high


def test_no_index_where_the_baseline_is_as_near_as_her_own_essays_or_there_are_two_of_them() -> None:
    base = scores(np.random.default_rng(3))
    near, few = (
        measure_distances(base, base, held_out=[0.1, -0.2, 0.0, 0.2]),
        measure_distances(base, base, held_out=[9, 9]),
    )
    assert near is not None
    assert near.held_out_minus_baseline is not None
    assert near.index is None
    assert few is not None
    assert few.held_out is None


def test_the_same_seed_gives_the_same_interval() -> None:
    rng = np.random.default_rng(5)
    one, other = scores(rng), scores(rng)
    assert measure_distances(one, other, seed=4) == measure_distances(one, other, seed=4)
