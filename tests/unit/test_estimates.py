"""The estimate of a run is one value, told in the same words everywhere, with its range and what it rests on."""

from __future__ import annotations

import pytest

from ownvoice.estimates import Basis, Expected, RunEstimate, StepEstimate, compared
from ownvoice.units import about


def step(name: str, seconds: float | None, basis: Basis = "times", cached: bool = False) -> StepEstimate:
    expected = None
    if seconds is not None:
        expected = Expected(seconds=seconds, low=seconds / 2, high=seconds * 2, basis=basis, reason="")
    return StepEstimate(id=f"tuned/{name}", name=name, cached=cached, expected=expected)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, "a few seconds"),
        (9.9, "a few seconds"),
        (34.8, "about 30 s"),
        (58.0, "about 1 min"),
        (154.0, "about 2 min 30 s"),
        (290.0, "about 5 min"),
        (620.0, "about 10 min"),
        (5000.0, "about 1 h 25 min"),
        (36_000.0, "about 10 h"),
    ],
)
def test_an_expectation_is_told_no_finer_than_it_is_known(seconds: float, words: str) -> None:
    assert about(seconds) == words


def test_the_whole_is_the_sum_of_what_is_to_do_with_its_range() -> None:
    estimate = RunEstimate(steps=(step("answers", None, cached=True), step("train", 100.0), step("compare", 50.0)))
    assert estimate.seconds == 150.0
    assert estimate.in_words() == "about 2 min 30 s (1 min to 5 min)"
    assert estimate.sentence() == (
        "1 of 3 steps come from the cache. In all about 2 min 30 s (1 min to 5 min). "
        "It rests on what such steps took here before; beside other programs it takes longer."
    )


def test_what_the_figure_rests_on_is_told_with_how_far_it_can_be_off() -> None:
    timed = step("compare", 50.0)
    assert "It rests on arithmetic" in RunEstimate(steps=(step("train", 100.0, "arithmetic"),)).sentence()
    mixed = RunEstimate(steps=(timed, step("train", 100.0, "arithmetic"))).sentence()
    assert "A part of it rests on arithmetic" in mixed
    assert "half or twice as long" in mixed
    assert "four times as long" in RunEstimate(steps=(timed, step("train", 9.0, "guess"))).sentence()


def test_a_step_of_unknown_length_is_named_and_no_time_is_made_up_for_it() -> None:
    estimate = RunEstimate(steps=(step("train", None), step("compare", 60.0)))
    assert "In all about 1 min (30 s to 2 min) and what nobody knows of (train)." in estimate.sentence()


def test_a_run_that_the_cache_has_whole_promises_no_time() -> None:
    assert RunEstimate(steps=(step("train", None, cached=True),)).sentence() == "Every step comes from the cache."


def test_what_it_took_is_compared_as_a_person_pictures_it() -> None:
    assert compared(100.0, 112.0) == "12% longer"
    assert compared(100.0, 91.0) == "9% shorter"
    assert compared(12.0, 117.0) == "9.8 times as long"
