"""Tells what is left of a run: its estimate, refined by what its steps took and by how far the current one is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from ownvoice.estimates import RunEstimate, StepEstimate
from ownvoice.units import about
from ownvoice.worker.messages import Progress

TRAINING = "training"
"""The stage of a training that is told step by step."""
ENOUGH = 0.05
"""Of a stage: less is too little to tell the rest by."""


class Left(NamedTuple):
    """Seconds, as they are expected now; None where nobody knows."""

    stage: float | None
    run: float | None
    series: float | None = None

    def in_words(self) -> str:
        """'about 30 s left, of the run about 2 min'; empty where nobody knows."""
        if self.stage is None and self.run is None:
            return ""
        parts = [] if self.stage is None else [f"{about(self.stage)} left"]
        if self.run is not None:
            parts.append(f"of the run {about(self.run)}" if parts else f"of the run {about(self.run)} left")
        if self.series is not None:
            parts.append(f"of the series {about(self.series)}")
        return ", ".join(parts)


class Countdown:
    """Follows one run through its steps. Steps that come from the cache take nothing."""

    def __init__(
        self, estimate: RunEstimate, later_runs: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`later_runs` are the seconds of those that follow in the series; None where it is a run by itself."""
        self._estimate, self._later_runs, self._clock = estimate, later_runs, clock
        self._to_do = {step.id: step for step in estimate.to_do}
        self._took: dict[str, float] = {}
        self._current: str | None = None
        self._began = 0.0
        self._stages: dict[str, _Stage] = {}
        self._own: str | None = None

    def begin(self, step_id: str) -> None:
        self._current, self._began, self._stages, self._own = step_id, self._clock(), {}, None

    def end(self, step_id: str, seconds: float) -> None:
        """`seconds` without what was waited for other runs."""
        self._current = None
        if self._to_do.pop(step_id, None):
            self._took[step_id] = seconds

    def follow(self, progress: Progress) -> Left:
        """What is left once a worker has said how far it is."""
        share = progress.done / progress.total if progress.total else 0.0
        before = self._stages.get(progress.stage)
        if before is None or share < before.share:  # an attempt after one that failed begins anew
            before = _Stage(self._clock(), share, share)
        self._stages[progress.stage] = before._replace(share=share)
        if _is_its_own(progress, self._current or ""):
            self._own = progress.stage
        return self.left()._replace(stage=self._rest_of(progress.stage))

    def left(self) -> Left:
        """Of the run between its steps, or in the midst of one."""
        seconds = [self._of_step(step) for step in self._to_do.values()]
        known = None if any(each is None for each in seconds) else sum(filter(None, seconds))
        later = known + self._later_runs if self._later_runs and known is not None else None
        return Left(None, known, later)

    @property
    def share_done(self) -> float:
        """Of the run, from 0 to 1, by what it takes in all as it is expected now."""
        left, done = self.left().run or 0.0, sum(self._took.values())
        if self._current is not None:
            done += self._clock() - self._began
        return done / (done + left) if done + left > 0 else 0.0

    def _of_step(self, step: StepEstimate) -> float | None:
        if step.expected is None:
            return None
        expected = step.seconds * self._pace(step)
        if step.id != self._current:
            return expected
        rest = self._rest_of(self._own) if self._own else None
        return max(expected - (self._clock() - self._began), 0.0) if rest is None else rest

    def _rest_of(self, name: str) -> float | None:
        """By how fast the stage went so far; what went on in between counts in."""
        stage = self._stages[name]
        share, gone = stage.share - stage.share_at_first, self._clock() - stage.began
        if stage.share < ENOUGH or share <= 0:
            return None
        return gone * (1 - stage.share) / share

    def _pace(self, step: StepEstimate) -> float:
        """What steps took of what was expected of them: those of the same kind, else all."""
        known = self._known_seconds()
        seen = [each for each in self._estimate.steps if each.id in known and each.seconds > 0]
        alike = [each for each in seen if _kind(each) == _kind(step)] or seen
        expected = sum(each.seconds for each in alike)
        return sum(known[each.id] for each in alike) / expected if expected else 1.0

    def _known_seconds(self) -> dict[str, float]:
        """Of the steps that ended, and of the one that goes on as soon as its speed tells its length."""
        rest = self._rest_of(self._own) if self._own else None
        if self._current is None or rest is None:
            return self._took
        return {**self._took, self._current: self._clock() - self._began + rest}


class _Stage(NamedTuple):
    """What the worker is at, since when, how far it was then and is now."""

    began: float
    share_at_first: float
    share: float


def _is_its_own(progress: Progress, step_id: str) -> bool:
    """What the step is about: neither loading a model nor a look in the midst of a training."""
    return progress.stage == TRAINING if step_id.endswith("/train") else progress.unit != "model"


def _kind(step: StepEstimate) -> str:
    return step.id.rpartition("/")[2]
