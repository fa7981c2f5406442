"""What `ownvoice models` and `ownvoice log` print."""

from __future__ import annotations

from rich import box
from rich.table import Table

from ownvoice.errors import LogbookError
from ownvoice.models.known import KNOWN_MODELS, KnownModel
from ownvoice.paths import artifacts_folder
from ownvoice.records import RunRecord
from ownvoice.report.entry import render_entry
from ownvoice.report.logbook import LOGBOOK_NAME
from ownvoice.report.runs import stored_runs
from ownvoice.run_names import picture_path

LATEST = 10


def models_table() -> Table:
    table = Table(box=box.SIMPLE)
    table.add_column("name", no_wrap=True)
    table.add_column("size", no_wrap=True, justify="right")
    table.add_column("what it is")
    for model in KNOWN_MODELS:
        facts = f"{model.kind}, {model.method}, context {model.context_tokens:,}, {model.licence}"
        table.add_row(model.name, f"{model.parameters / 1e6:,.0f} M", f"{facts}\n{_note(model)}")
    table.caption = "Any hub id (owner/name) or a local folder with safetensors works as well."
    return table


def _note(model: KnownModel) -> str:
    return f"{model.note}; gated" if model.gated and "access" not in model.note else model.note


def log_text(number: int | None) -> str:
    """One run's entry; or where the log is, what it holds, and the latest entry.

    Raises:
        LogbookError: there is no such run.
    """
    artifacts = artifacts_folder()
    runs = [run.record for run in stored_runs(artifacts / "runs")]
    if number is not None:
        return _entry(_run(runs, number))
    if not runs:
        return f"No run yet: {artifacts / LOGBOOK_NAME} is written by the first one. Try: ownvoice run smoke-test"
    lines = [f"{artifacts / LOGBOOK_NAME}", "", *(_line(run) for run in runs[-LATEST:]), ""]
    return "\n".join([*lines, _entry(runs[-1])])


def _entry(record: RunRecord) -> str:
    return render_entry(record, str(artifacts_folder() / picture_path(record)))


def _run(runs: list[RunRecord], number: int) -> RunRecord:
    for run in runs:
        if run.number == number:
            return run
    known = ", ".join(str(run.number) for run in runs) or "none yet"
    raise LogbookError(f"there is no Run {number}", f"one of: {known}", "see `ownvoice log`")


def _line(run: RunRecord) -> str:
    what = run.analysis.verdict if run.analysis else run.failure.error if run.failure else run.status
    return f"Run {run.number}  {run.started_at[:16]}  {run.config.phase}, {run.config.model}: {what}"
