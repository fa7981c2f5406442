"""Runs an experiment from the terminal: Prefect starts beside our own imports, and is quiet.

Torch starts in the worker meanwhile, unless the log already has this very experiment.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType

from rich.console import Console

from flows.cli.ended import told
from flows.cli.progress import TerminalDisplay
from flows.planned import plan_here
from flows.project import enter_project
from flows.server.find import PrivateServer, find_server
from ownvoice.config import ExperimentConfig
from ownvoice.errors import UserMistake
from ownvoice.essays.nearest_placebo import with_placebo_chosen
from ownvoice.essays.place import have_here
from ownvoice.paths import artifacts_folder
from ownvoice.phase_configs import places_of, trains_here
from ownvoice.phases import find_phase
from ownvoice.report.kept.runs import WrittenRun, find_completed
from ownvoice.report.kept.series import WrittenSeries
from ownvoice.run.cache_keys import experiment_key
from ownvoice.run.session import open_session
from ownvoice.series.members import members_of
from ownvoice.worker.client import Worker

# Prefect's own lines are for its UI; its console handler alone is silenced, so that the UI still gets them.
QUIET = ("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


def run_on_terminal(config: ExperimentConfig, console: Console, json: bool = False) -> str:
    """Run, and return the sentence that tells where the entry is, or all of it as JSON.

    Raises:
        UserMistake, RunFailed: as the flow does. A key pressed to stop exits with 130.
    """
    have_here(*places_of(config))
    in_log = is_in_log(config)  # a mistake in the model's name shows before anything starts
    display = TerminalDisplay(console)
    check = (lambda: None) if in_log else (lambda: refuse_mistakes(config))
    with prefect_server(console, check), open_session(display) as session, stopping(session.worker):
        if not in_log and session.depot is None and trains_here(config):  # a depot may have it: asked is soon enough
            session.worker.start()
        try:
            written = _run(config)
        except KeyboardInterrupt:
            print("Stopped. The same command takes finished steps from the cache.", file=sys.stderr)
            raise SystemExit(130) from None
        finally:
            display.close()
    return told(written, json)


def is_in_log(config: ExperimentConfig) -> bool:
    """Whether the very same experiment was completed, or all the runs of the very same series."""
    configs = [member.config for member in members_of(config)] or [config]
    keys = [experiment_key(with_placebo_chosen(each)) for each in configs]
    return all(find_completed(artifacts_folder() / "runs", key) for key in keys)


def refuse_mistakes(config: ExperimentConfig) -> None:
    """Before Prefect knows of a run: what stops every run of it, where the model is here to read the essays with.

    Raises:
        UserMistake: the first run's. Where one run of a series has none, the series begins, and tells the others'.
    """
    mistakes = []
    for run in [member.config for member in members_of(config)] or [with_placebo_chosen(config)]:
        try:
            plan_here(run)
        except UserMistake as mistake:
            mistakes.append(mistake)
        else:
            return
    raise mistakes[0]


@contextlib.contextmanager
def stopping(worker: Worker) -> Iterator[None]:
    """Ctrl-C ends the worker as well as raising KeyboardInterrupt, which Prefect's own code may swallow."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        worker.stop()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextlib.contextmanager
def prefect_server(console: Console, meanwhile: Callable[[], None]) -> Iterator[None]:
    """Point Prefect at the user's server or a private one. To be entered before Prefect is imported.

    `meanwhile` is called while the server starts; what it raises ends that.
    """
    assert "prefect" not in sys.modules, "Prefect reads its settings when it is imported"
    os.environ.setdefault(*QUIET)
    enter_project()
    if server := find_server():
        os.environ.update(server.environment())
        meanwhile()
        yield
        return
    private = PrivateServer()
    os.environ.update(private.start().environment())
    try:
        meanwhile()
        with console.status("Starting Prefect"):
            import prefect.flow_engine  # noqa: F401, PLC0415 - Prefect would import it at the first flow

            private.wait()
        yield
    finally:
        private.close()


def _run(config: ExperimentConfig) -> WrittenRun | WrittenSeries:
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings  # noqa: PLC0415 - after the URL

    from flows.phases import flow_of  # noqa: PLC0415 - imports Prefect

    phase = find_phase(config.phase)
    assert phase is not None, "the config was validated"
    gc.freeze()
    gc.enable()
    # The heartbeat's thread takes a second to end, and `reconcile` finds dead runs without it.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        written: WrittenRun | WrittenSeries = flow_of(phase)(config)
    return written
