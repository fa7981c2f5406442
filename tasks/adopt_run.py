"""Adopts the completed run of another machine from the depot."""

from __future__ import annotations

from ownvoice.markdown import show_invisible
from ownvoice.paths import artifacts_folder
from ownvoice.report.kept.runs import WrittenRun, find_completed
from ownvoice.report.kept.shared_runs import ExperimentOf, find_shared_run
from ownvoice.report.log.logbook import LOGBOOK_NAME, find_entry
from ownvoice.run.session import current_session
from tasks.write_logbook import write_logbook


def adopt_run(key: str, asked: ExperimentOf) -> WrittenRun | None:
    """The run of another machine, logged here as if it had run here; None where there is none, or no depot.

    An adopted run has no weights here. To have them, it is run without the depot.
    """
    session = current_session()
    if session.depot is None:
        return None
    if there := find_completed(artifacts_folder() / "runs", key):
        log = find_entry(artifacts_folder() / LOGBOOK_NAME, "run", there.record.number)
        return WrittenRun(folder=there.folder, record=there.record, log=log) if there.record.adopted else None
    record = find_shared_run(session.depot, key, asked)
    if record is None:
        return None
    written = write_logbook(lambda number: record.model_copy(update={"number": number}))
    ran_on = show_invisible(f"{record.machine.processor}, {record.machine.cores} cores, {record.started_at[:16]}")
    session.display.say(f"Run {written.record.number} comes from the depot: another machine ran it ({ran_on})")
    return written
