"""Carries out `ownvoice runs`, `show`, `diff`, `rm` and `open`: the stored runs and series in hand."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.cli.output import as_json
from flows.cli.printed import Opened, Removal
from flows.cli.references import Named, find_document, find_run, named
from flows.cli.report import report_text
from ownvoice.errors import LogbookError
from ownvoice.paths import artifacts_folder
from ownvoice.records.run import RunRecord
from ownvoice.report.kept.runs import RUNS, StoredRun, stored_runs
from ownvoice.report.kept.series import SERIES
from ownvoice.report.kept.shelf import Shelf, numbered_folders
from ownvoice.report.log.blocks import LogName, Of
from ownvoice.report.log.logbook import LOGBOOK_NAME, entries_in
from ownvoice.report.terminal.difference import difference
from ownvoice.report.terminal.difference_text import render_difference
from ownvoice.report.terminal.listing import list_runs, render_runs, weights_here
from ownvoice.report.terminal.shown_run import render_shown, shown
from ownvoice.report.upkeep.removal import remove, resting_on, unless_in_use
from ownvoice.units import size

SHELVES: dict[Of, Shelf[Any]] = {"run": RUNS, "series": SERIES}
Ask = Callable[[str], bool]


def runs_text(json: bool) -> str:
    listing = list_runs(artifacts_folder())
    return as_json(listing) if json else render_runs(listing)


def show_text(typed: str | None, json: bool) -> str:
    """Raises LogbookError: there is no such run or series, or its record can't be read."""
    artifacts = artifacts_folder()
    found = shown(find_document(typed, artifacts), artifacts)
    return as_json(found) if json else render_shown(found)


def diff_text(one: str, other: str, json: bool) -> str:
    """Raises LogbookError: as `show_text`."""
    artifacts = artifacts_folder()
    found = difference(find_run(one, artifacts).record, find_run(other, artifacts).record)
    return as_json(found) if json else render_difference(found)


def open_text(typed: str | None, json: bool = False) -> str:
    """Make the report of a run or a series anew, open it in a browser, and say where it is.

    Raises:
        LogbookError: as `show_text`, or the report's file is somebody else's.
    """
    found = find_document(typed, artifacts_folder()).record
    runs, series = ((found.number,), ()) if isinstance(found, RunRecord) else ((), (found.number,))
    page = Path(report_text(runs, series, out=None, json=False))
    opened = webbrowser.open(page.as_uri())
    if json:
        return as_json(Opened(path=page, opened=opened))
    return str(page) if opened else f"{page} (no browser was found here)"


def rm_text(typed: Sequence[str], with_series: bool, ask: Ask, json: bool) -> str:
    """Remove runs and series with their entries, once `ask` has said yes to the question.

    Raises:
        LogbookError: one isn't there, is in use, or a series rests on it, or the answer was no; nothing was removed.
    """
    artifacts = artifacts_folder()
    names = dict.fromkeys(sorted((named(each) for each in typed), key=lambda name: (name.of != "series", name.number)))
    _require_there(list(names), artifacts)
    resting = resting_on(artifacts, [name.number for name in names if name.of == "run"])
    further = [name for each in resting if (name := Named("series", each.record.number)) not in names]
    if further and not with_series:
        raise LogbookError(
            f"{_in_words(further)} rest{'s' * (len(further) == 1)} on what would be removed",
            "runs that no series rests on",
            "--with-series removes the series too",
        )
    doomed = [*further, *names]
    runs = [run for run in stored_runs(artifacts / "runs") if Named("run", run.record.number) in doomed]
    with unless_in_use(artifacts, [run.record for run in runs]) as busy:
        if busy:
            raise LogbookError(
                "\n".join(dict.fromkeys(busy)), "runs that nothing goes on with", "wait until it is done"
            )
        weights = _left_alone(runs, artifacts)
        if not ask(_question(doomed, artifacts)):
            raise LogbookError("nothing was removed")
        on = datetime.now(UTC).date().isoformat()
        removed = tuple(remove(SHELVES[name.of], artifacts, name.number, on) for name in doomed)
    done = Removal(removed=removed, weights=weights, logbook=artifacts / LOGBOOK_NAME)
    return as_json(done) if json else _told(done)


def _require_there(names: Sequence[Named], artifacts: Path) -> None:
    missing = [name for name in names if not _is_there(name, artifacts)]
    if missing:
        raise LogbookError(f"there is no {_in_words(missing)}", "those that are there", "see `ownvoice runs`")


def _is_there(name: Named, artifacts: Path) -> bool:
    """Its folder, or its entry where the folder was removed by hand."""
    shelf = SHELVES[name.of]
    return name.number in {*numbered_folders(artifacts / shelf.folder), *entries_in(artifacts / LOGBOOK_NAME, name.of)}


def _left_alone(runs: Sequence[StoredRun], artifacts: Path) -> dict[str, int]:
    """Trained weights that are here and that only these runs name."""
    numbers = {run.record.number for run in runs}
    needed = set[str]()
    for run in stored_runs(artifacts / "runs"):
        if run.record.number not in numbers:
            needed |= weights_here(run.record, artifacts).keys()
    ours = {name: bytes_ for run in runs for name, bytes_ in weights_here(run.record, artifacts).items()}
    return {name: bytes_ for name, bytes_ in ours.items() if name not in needed}


def _in_words(names: Sequence[Named]) -> str:
    return ", ".join(LogName(of=name.of, number=name.number).name for name in names)


def _question(names: Sequence[Named], artifacts: Path) -> str:
    return f"Remove {_in_words(names)} from {artifacts}, with {'their entries' if len(names) > 1 else 'its entry'} in the log?"


def _told(done: Removal) -> str:
    lines = []
    for each in done.removed:
        name = LogName(of=each.of, number=each.number).name
        lines.append(f"{name} is removed, and its entry in the log.")
        if each.remains != "nothing":
            lines[-1] = f"{name} is removed. In the log {_STAYS[each.remains]}: {done.logbook}."
        lines += [f"  Kept, for it isn't made from the record: {path}" for path in each.kept]
    if done.weights:
        lines.append(
            f"Weights that no run needs any more, {size(sum(done.weights.values()))}, are still there: "
            "`ownvoice clean` shows them once they are a day old."
        )
    return "\n".join(lines)


_STAYS = {
    "the notes": "your notes stay where they were",
    "the entry that was edited": "the entry that you edited stays, as yours",
    "its marker lines": "its entry stays, for a marker line of it is missing: take it out by hand",
}
