"""The estimate of a run or a series: told before the first step, followed through the steps, kept for the next one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from flows.planned import PlannedRun, planned_runs
from ownvoice.errors import UserMistake
from ownvoice.estimates import RunEstimate
from ownvoice.memory.free import free_memory, likely_device
from ownvoice.memory.plan import Descent
from ownvoice.phase_configs import SpreadConfig
from ownvoice.run.outlook import estimate_run, learn_step, times_here
from ownvoice.run.plan import RunPlan, Step
from ownvoice.run.session import current_session
from ownvoice.series.members import Member
from tasks.reporting import tell, tell_estimate
from tasks.steps import Steps


class Outlook:
    """Of one run, whose plan and memory settings are known."""

    def __init__(self, plan: RunPlan, descents: Mapping[str, Descent]) -> None:
        self._plan, self._here = plan, times_here(likely_device())
        starts = {training: descent.rungs[0].time for training, descent in descents.items()}
        self.estimate: RunEstimate = estimate_run(plan, starts, self._here)
        self._rows = {row.id: row for row in self.estimate.steps}
        tell_estimate(self.estimate, current_session().later_runs)

    @contextlib.contextmanager
    def of(self, step: Step, steps: Steps) -> Iterator[None]:
        """While the step is done; what it took refines what is left, and the next run's estimate."""
        countdown = current_session().countdown
        assert countdown is not None, "the estimate was told"
        countdown.begin(step.id)
        yield
        report = steps.reports[-1]
        countdown.end(step.id, report.seconds)
        expected = self._rows[step.id].expected
        if report.cached or expected is None:
            return
        try:
            now = datetime.now(UTC).isoformat(timespec="seconds")
            learn_step(step, self._plan, expected, report.seconds, self._here, now)
        except OSError as error:  # a step is not lost to a time that can't be written
            tell(f"The time that {step.name} took is not kept: {error.strerror}")


def tell_series(members: Sequence[Member], spread: SpreadConfig) -> None:
    """Before the first of the runs that are left: how long all of them may take, one after the other."""
    session, device = current_session(), likely_device()
    try:
        runs = tuple(planned_runs(members, free_memory(device), device))
    except UserMistake:  # told by the run that has it, and the others have their turn
        session.expected_runs = (None,) * len(members)
        return
    session.expected_runs = tuple(run.estimate.seconds if run.estimate else None for run in runs)
    if len(runs) > 1:
        shorter = "" if spread.over == "here" else " That is one after the other: several at once take less."
        tell(f"{series_in_words(runs)}{shorter}")


def series_in_words(runs: Sequence[PlannedRun]) -> str:
    """'3 runs: in all about 12 min (8 min to 20 min). It rests on ...'."""
    known = [run.estimate for run in runs if run.estimate]
    together = RunEstimate(steps=tuple(step for estimate in known for step in estimate.steps))
    unknown = [run.label for run in runs if run.estimate is None]
    more = f" Not counted, as the model has to be fetched or made first: {', '.join(unknown)}." if unknown else ""
    return f"{len(runs)} runs. {together.sentence()}{more}" if known else f"{len(runs)} runs.{more}"
