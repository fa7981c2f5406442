"""Writes the report of runs and series to its file, in artifacts/reports where no other is named.

artifacts/reports/run-3.html, runs-1-2.html, series-1.html: made anew from the records each time, and never kept in step by
hand. A file that is no report of ours stays as it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ownvoice.errors import LogbookError
from ownvoice.files import write_atomically
from ownvoice.records.run import RunRecord
from ownvoice.report.page.page import render_report
from ownvoice.series.record import SeriesRecord

REPORTS = "reports"
OURS = b'<meta name="generator" content="ownvoice">'
HEAD_BYTES = 4096
NAMED = 6
"""Numbers in a file's name; of more the first and the last."""


def write_report(
    artifacts: Path, runs: Sequence[RunRecord], series: Sequence[SeriesRecord] = (), out: Path | None = None
) -> Path:
    """Write the page and return its file.

    Raises:
        LogbookError: a file is there that is no report of ours, or `out` doesn't end in .html.
    """
    file = (out or artifacts / REPORTS / report_name(runs, series)).resolve()
    if file.suffix.lower() not in (".html", ".htm"):
        raise LogbookError(f"{file} does not end in .html", "a file such as report.html")
    if file.exists() and not _is_ours(file):
        raise LogbookError(f"{file} is there already, and no report of ownvoice's", "a new file, or an older report")
    to_artifacts = Path(os.path.relpath(artifacts.resolve(), file.parent)).as_posix()
    write_atomically(file, render_report(runs, series, f"{to_artifacts}/"))
    return file


def report_name(runs: Sequence[RunRecord], series: Sequence[SeriesRecord]) -> str:
    numbered: Sequence[RunRecord | SeriesRecord] = series or runs
    numbers = [str(each.number) for each in numbered]
    if len(numbers) > NAMED:
        numbers = [numbers[0], "to", numbers[-1]]
    word = "series" if series else "run" if len(numbers) == 1 else "runs"
    return f"{word}-{'-'.join(numbers)}.html"


def _is_ours(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return OURS in opened.read(HEAD_BYTES)
