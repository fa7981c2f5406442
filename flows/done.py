"""Finds an experiment that is done already, with its place in the log. It needs no Prefect, and does nothing.

"Done" is said where the flow would come to the same without doing anything. Whatever isn't clear is None: the flow then does
what there is to do, or tells what is wrong.
"""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING, NamedTuple

from flows.project import may_redo_what_is_cached
from ownvoice.config import ExperimentConfig
from ownvoice.errors import OwnvoiceError
from ownvoice.essays.nearest_placebo import with_placebo_chosen
from ownvoice.paths import artifacts_folder, depot_place, lock_of_work
from ownvoice.phase_configs import SeriesConfig
from ownvoice.records.run import StepReport
from ownvoice.report.kept.runs import WrittenRun, find_completed
from ownvoice.report.kept.shelf import Written, is_in_order
from ownvoice.report.log.blocks import Of
from ownvoice.report.log.logbook import LOGBOOK_NAME, entries_in, find_entry
from ownvoice.run.cache_keys import experiment_key, key_of_series
from ownvoice.run.done import find_done_steps

if TYPE_CHECKING:
    from ownvoice.report.kept.series import WrittenSeries


class Done(NamedTuple):
    written: WrittenRun | WrittenSeries
    steps: tuple[StepReport, ...]
    """Of a run, each of them from the cache; a series that is done looks none up."""


def find_done(config: ExperimentConfig) -> Done | None:
    """The run or the series, where the very same is complete, logged, and nothing that the flow looks at has gone.

    With a depot it is never clear: other machines may have it, or may still want it.
    """
    if depot_place() or may_redo_what_is_cached():
        return None
    try:
        return _find_series(config) if isinstance(config, SeriesConfig) else _find_run(config)
    except (OwnvoiceError, OSError, ValueError):  # told by the flow, if it finds it too
        return None


def _find_run(config: ExperimentConfig) -> Done | None:
    config, artifacts = with_placebo_chosen(config), artifacts_folder()
    key = experiment_key(config)
    there = find_completed(artifacts / "runs", key)
    if there is None or not _is_logged("run", there.record.number) or _is_under_way(key):
        return None
    if not is_in_order(artifacts):
        return None
    steps = find_done_steps(config, key)
    if steps is None:
        return None
    log = find_entry(artifacts / LOGBOOK_NAME, "run", there.record.number)
    return Done(Written(folder=there.folder, record=there.record, log=log), steps)


def _find_series(config: SeriesConfig) -> Done | None:
    """Its runs' steps don't count: a series that is done is so though weights are gone. Its runs' records do."""
    from ownvoice.report.kept.series import find_completed_series  # noqa: PLC0415 - NumPy, which a run need not load
    from ownvoice.series.members import members_of  # noqa: PLC0415

    artifacts = artifacts_folder()
    key = key_of_series(config.phase, (member.config for member in members_of(config)))
    there = find_completed_series(artifacts, key)
    if there is None or not _is_logged("series", there.record.number) or _is_under_way(f"series-{key}"):
        return None
    if not all((artifacts / "runs" / run.folder / "record.json").is_file() for run in there.record.runs):
        return None
    log = find_entry(artifacts / LOGBOOK_NAME, "series", there.record.number)
    return Done(Written(folder=there.folder, record=there.record, log=log), ())


def _is_logged(of: Of, number: int) -> bool:
    return number in entries_in(artifacts_folder() / LOGBOOK_NAME, of)


def _is_under_way(name: str) -> bool:
    """Whether another process has it in hand, and may be writing what is read here."""
    lock = lock_of_work(name)
    if not lock.exists():
        return False
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # several may look at once
        except BlockingIOError:
            return True
    return False
