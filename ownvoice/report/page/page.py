"""Makes the report: one HTML page that needs nothing but itself, of a run, of several beside each other, or of a series.

It asks for no file and no network and holds no script. Its policy refuses whatever is not its own style sheet, so that even
a fault in the escaping of a model's text could do nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

from markupsafe import Markup

from ownvoice.paths import SHIPPED
from ownvoice.records.run import RunRecord
from ownvoice.report.page.canaries import canaries_of
from ownvoice.report.page.comparison import figures_table, settings_that_differ, view_of_series
from ownvoice.report.page.run import view_of_run
from ownvoice.report.page.series_plots import gains_plot
from ownvoice.report.page.words import Glossary, question_of, verdict_of
from ownvoice.report.render import render
from ownvoice.series.record import SeriesRecord

PAGE_BYTES = 1_000_000
CHARACTERS = (12_000, 4_000, 1_500, 600, 200)
"""Of each answer; the next is tried where a page is too large. An essay of 800 words has 4,500."""
MOST_IN_FULL = 10
"""Runs that have a part of their own; further ones stand in the tables."""


def render_report(runs: Sequence[RunRecord], series: Sequence[SeriesRecord] = (), to_artifacts: str = "../") -> str:
    """The page, under `PAGE_BYTES`; the same records give the same bytes.

    Args:
        runs: At least one, or a series; in the order in which they stand on the page.
        to_artifacts: The artifacts folder as the page finds it, ending in a slash: links to the records begin with it.
    """
    pages = (render("report.html.j2", _view(runs, series, to_artifacts, characters)) for characters in CHARACTERS)
    page = ""
    for page in pages:
        if len(page.encode("utf-8")) < PAGE_BYTES:
            break
    return page


def _view(
    runs: Sequence[RunRecord], series: Sequence[SeriesRecord], to_artifacts: str, characters: int
) -> dict[str, Any]:
    alone = len(runs) == 1 and not series
    in_full = runs[:MOST_IN_FULL]
    return {
        "title": _title(runs, series),
        "heading": _heading(runs, series),
        "alone": alone,
        "verdict": verdict_of(runs[0]) if alone else "",
        "runs": [view_of_run(run, characters, alone, to_artifacts) for run in in_full],
        "left_out": len(runs) - len(in_full),
        "series": [view_of_series(each, to_artifacts) for each in series],
        "figures": figures_table(runs),
        "gains": [] if series else gains_plot(in_full, "gains"),
        "differing": settings_that_differ(in_full),
        "canaries": [] if alone else canaries_of(in_full, characters),
        "glossary": Glossary(),
        "style": Markup(style_sheet()),
        "style_hash": _hash_of(style_sheet()),
    }


def _title(runs: Sequence[RunRecord], series: Sequence[SeriesRecord]) -> str:
    named = [f"Series {each.number}: {each.phase}, {each.model_name}" for each in series]
    if not named and len(runs) == 1:
        named = [f"Run {runs[0].number}: {runs[0].phase}, {runs[0].model_name}"]
    return "; ".join(named) or f"Runs {', '.join(str(run.number) for run in runs[:-1])} and {runs[-1].number}"


def _heading(runs: Sequence[RunRecord], series: Sequence[SeriesRecord]) -> str:
    if len(series) == 1:
        return question_of(series[0])
    return f"Did {runs[0].model_name} learn your voice?" if len(runs) == 1 and not series else "Runs beside each other"


@cache
def style_sheet() -> str:
    return (SHIPPED / "templates" / "report.css").read_text("utf-8")


def _hash_of(style: str) -> str:
    """As a policy names it: the browser hashes what stands between the tags."""
    return f"sha256-{base64.b64encode(hashlib.sha256(style.encode('utf-8')).digest()).decode()}"
