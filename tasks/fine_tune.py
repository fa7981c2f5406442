"""Fine-tunes the model on the essays, one memory setting further down at every retry."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from prefect import task
from prefect.logging import get_run_logger
from prefect.runtime import task_run
from prefect.states import Completed

from ownvoice.errors import DiskFull, OutOfMemory, WorkerDied
from ownvoice.estimates import Expected
from ownvoice.ladder import LADDER
from ownvoice.memory.plan import Descent, PlannedRung, learn_from
from ownvoice.records.training import Attempt, TrainingResult
from ownvoice.run.looks import KeptLooks
from ownvoice.run.plan import Training
from ownvoice.run.session import current_session
from ownvoice.units import gib
from ownvoice.worker.messages import Progress, TrainRequest
from tasks.reporting import Reporter, show_attempts, tell
from tasks.steps import retry_training


@task(name="Fine-tune", retries=len(LADDER) - 1, retry_condition_fn=retry_training)
def fine_tune(step: Training, request: TrainRequest) -> TrainingResult:
    """The attempt's number picks the rung of the session's descent (`Session.begin_training`)."""
    Path(request.weights).parent.parent.mkdir(parents=True, exist_ok=True)
    descent = current_session().descent
    assert descent is not None, "no descent was planned for this training"
    tried = descent.rungs[(task_run.run_count or 1) - 1]
    looks = KeptLooks(step.key, tried.rung.name)
    get_run_logger().info(f"Trying {tried.rung.name!r}, predicted peak {gib(tried.peak.total)}: {descent.reason}")
    result = _attempt(step, request, tried, descent, looks)
    looks.forget()
    get_run_logger().info(f"{result.steps} steps in {result.seconds:.0f} s at {result.rung!r}, {result.arithmetic}")
    if len(result.attempts) == 1:
        return result
    # A state with data is a result to Prefect; its name shows in the UI what the result was reached at.
    return Completed(name=f"Completed at {result.rung}", message=result.attempts[0].ended, data=result)  # type: ignore[return-value]


def _attempt(
    step: Training, request: TrainRequest, tried: PlannedRung, descent: Descent, looks: KeptLooks
) -> TrainingResult:
    """Keeps what became of it in the session: a run that fails at last still tells every attempt.

    Raises:
        OutOfMemory, WorkerDied: the retry takes the next rung.
        DiskFull: the retry takes the next rung with an adapter, if there is one.
    """
    session, watch = current_session(), _Watch(Reporter.of(step))
    if session.attempts:
        session.display.say(f"Trying again at a lower memory setting: {tried.rung.name}")
    try:
        asked = {"rung": tried.rung, "saves": descent.saves(tried), "seen": looks.read()}
        result = session.call(request.model_copy(update=asked), watch, looks.keep)
    except (OutOfMemory, WorkerDied, DiskFull) as error:
        if isinstance(error, DiskFull):
            session.descent = descent.with_less_on_disk(tried)
        session.attempts.append(_ended(tried, watch.peak_bytes, f"{type(error).__name__} {watch.where}: {error.found}"))
        session.display.say(f"{tried.rung.name}: {session.attempts[-1].ended}")
        show_attempts(step, session.attempts)
        raise
    assert isinstance(result, TrainingResult)
    session.attempts.append(_ended(tried, result.peak_bytes, "completed"))
    show_attempts(step, session.attempts)
    update: dict[str, object] = {
        "memory_reason": descent.reason,
        "save_reason": "; ".join(filter(None, (result.save_reason, descent.disk.reason(tried.rung.name)))),
        "attempts": tuple(session.attempts),
    }
    if tried.time:
        update["estimated_seconds"] = tried.time.seconds
        _keep_time(result, tried.time, descent)
    return result.model_copy(update=update)


def _keep_time(result: TrainingResult, expected: Expected, descent: Descent) -> None:
    """A training is not lost to a time that can't be written."""
    try:
        learn_from(descent.model, result, expected, descent.machine, datetime.now(UTC).isoformat(timespec="seconds"))
    except OSError as error:
        tell(f"The time that this training took is not kept: {error.strerror}")


def _ended(tried: PlannedRung, reached_bytes: int | None, how: str) -> Attempt:
    first_line = how.splitlines()[0]
    return Attempt(
        rung=tried.rung.name, predicted_bytes=tried.peak.total, reached_bytes=reached_bytes, ended=first_line
    )


class _Watch:
    """Passes progress on and remembers the last, to tell where a worker died that can't tell any more."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self._last: Progress | None = None
        self.peak_bytes: int | None = None

    def __call__(self, progress: Progress) -> None:
        self._last = progress
        self.peak_bytes = progress.peak_bytes or self.peak_bytes
        self._reporter(progress)

    @property
    def where(self) -> str:
        if self._last is None:
            return "at the start"
        if self._last.stage != "training":
            return f"while {self._last.stage}"
        return f"after step {self._last.done} of {self._last.total}"
