"""What is left of a run: its estimate, refined by what its steps took and by how far the worker says it is."""

from __future__ import annotations

import pytest

from ownvoice.estimates import Expected, RunEstimate, StepEstimate
from ownvoice.run.countdown import Countdown
from ownvoice.worker.messages import Progress


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def step(step_id: str, seconds: float | None) -> StepEstimate:
    """None is a step that the cache has."""
    expected = Expected(seconds=seconds, low=seconds, high=seconds, basis="times", reason="") if seconds else None
    return StepEstimate(id=step_id, name=step_id, cached=seconds is None, expected=expected)


RUN = RunEstimate(
    steps=(step("baseline/generate", 40.0), step("tuned/train", 30.0), step("tuned/generate", 40.0), step("x/y", None))
)


def progress(done: int, stage: str = "training", unit: str = "steps") -> Progress:
    return Progress(stage=stage, done=done, total=10, unit=unit)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_before_the_first_step_all_of_the_estimate_is_left(clock: Clock) -> None:
    assert Countdown(RUN, clock=clock).left() == (None, 110.0, None)
    assert Countdown(RUN, later_runs=90.0, clock=clock).left().series == 200.0


def test_what_a_step_took_refines_the_steps_like_it_and_then_all_others(clock: Clock) -> None:
    countdown = Countdown(RUN, clock=clock)
    countdown.begin("baseline/generate")
    countdown.end("baseline/generate", 80.0)  # a machine that is at something else as well
    assert countdown.left().run == pytest.approx(60.0 + 80.0)
    countdown.begin("tuned/train")
    countdown.end("tuned/train", 15.0)
    assert countdown.left().run == pytest.approx(80.0), "answers take what answers took, whatever the training did"


def test_a_step_in_progress_tells_its_rest_by_its_own_speed(clock: Clock) -> None:
    countdown = Countdown(RUN, clock=clock)
    countdown.begin("tuned/train")
    clock.seconds = 10.0
    assert countdown.left().run == pytest.approx(40 + 20 + 40), "nothing was said yet: by the estimate"
    countdown.follow(progress(0))
    clock.seconds = 70.0
    left = countdown.follow(progress(5))
    assert left.stage == pytest.approx(60.0)
    assert left.run == pytest.approx(60 + 80 * 130 / 30), "it takes 130 s where 30 were expected, and so may the others"
    assert left.in_words() == "about 1 min left, of the run about 7 min"


def test_loading_a_model_tells_nothing_of_the_step_that_it_belongs_to(clock: Clock) -> None:
    countdown = Countdown(RUN, clock=clock)
    countdown.begin("tuned/train")
    countdown.follow(progress(0, "loading the model", "model"))
    clock.seconds = 6.0
    left = countdown.follow(progress(10, "loading the model", "model"))
    assert left.run == pytest.approx(40 + 24 + 40)


def test_a_look_in_the_midst_counts_in_and_an_attempt_that_failed_does_not(clock: Clock) -> None:
    countdown = Countdown(RUN, clock=clock)
    countdown.begin("tuned/train")
    countdown.follow(progress(0))
    clock.seconds = 10.0
    countdown.follow(progress(5))
    clock.seconds = 40.0
    countdown.follow(progress(10, "look after epoch 3", "tokens"))
    assert countdown.follow(progress(5)).stage == pytest.approx(40.0), "the second half has a look as well"
    countdown.follow(progress(0))  # memory ran out
    clock.seconds = 50.0
    assert countdown.follow(progress(5)).stage == pytest.approx(10.0)


def test_the_share_that_is_done_goes_by_time(clock: Clock) -> None:
    countdown = Countdown(RUN, clock=clock)
    assert countdown.share_done == 0.0
    countdown.begin("baseline/generate")
    clock.seconds = 40.0
    countdown.end("baseline/generate", 40.0)
    assert countdown.share_done == pytest.approx(40 / 110)


def test_of_a_step_that_nobody_can_tell_the_length_of_no_end_of_the_run_is_told(clock: Clock) -> None:
    unknown = StepEstimate(id="tuned/train", name="Fine-tune", cached=False, expected=None)
    countdown = Countdown(RunEstimate(steps=(unknown, step("tuned/generate", 40.0))), 10.0, clock)
    countdown.begin("tuned/train")
    assert countdown.follow(progress(0)).in_words() == ""
