"""Works out what a page shows of several runs together: figures beside each other, and the settings that differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ownvoice.records.run import RunRecord
from ownvoice.report.page.run import Link, settings_table
from ownvoice.report.page.series_plots import series_plots
from ownvoice.report.page.words import conclusion_of, gist_of, question_of
from ownvoice.report.render import MEMORISED, spread
from ownvoice.report.series_entry.tables import tables_of
from ownvoice.report.shown_table import Column, ShownTable
from ownvoice.series.record import SeriesRecord, series_folder_name
from ownvoice.units import date, loss
from ownvoice.voice.likelihood import Contrast
from ownvoice.voice.results import Interval

CAPTIONS = {
    "ways": "Each model as it was asked: where its answers lie",
    "models": "What training brought each model",
    "between": "Two models after the same training, the first less the second",
    "sizes": "What each number of essays brought",
    "growth": "What more essays have over fewer",
    "looks": "Epoch by epoch",
    "tried": "Every run of the sweep",
    "arms": "The arms",
    "cells": "Each arm on each author",
    "effects": "Arms against each other, author by author",
}
NONE = "\N{EN DASH}"


def figures_table(runs: Sequence[RunRecord]) -> ShownTable:
    """A row a run."""
    columns = (
        *(Column("Run", is_figure=False), Column("Model", is_figure=False), Column("Verdict", is_figure=False)),
        *(Column("Nearer to you than untuned (z)"), Column("than the placebo (z)")),
        *(Column("Unseen essays likelier, beyond third authors' (bits a character)"),),
        *(Column("Validation loss before"), Column("after"), Column("Memorised", is_figure=False)),
    )
    return ShownTable(columns, tuple(_row(run) for run in runs))


def _row(run: RunRecord) -> tuple[str, ...]:
    findings = run.analysis.findings if run.analysis else None
    distances = run.figures.distances if run.figures else None
    likelier: Contrast | None = run.analysis.likelier.tuned if run.analysis else None
    against: Interval | None = distances.tuned_minus_placebo if distances else None
    losses = run.training
    return (
        f"Run {run.number}",
        run.model_name,
        findings.verdict.direction if findings else "stopped" if run.failure else "not measured",
        spread(distances.tuned_minus_baseline if distances else None),
        spread(against),
        spread(likelier, 3),
        loss(losses.losses[0].validation) if losses else NONE,
        loss(losses.kept_loss.validation) if losses else NONE,
        MEMORISED[findings.memorisation.level] if findings else NONE,
    )


def settings_that_differ(runs: Sequence[RunRecord]) -> ShownTable:
    """A row a setting, a column a run; no row where all runs share all of them."""
    names = dict.fromkeys(name for run in runs for name in run.settings)
    rows = ((name, *(run.settings.get(name, "not set") for run in runs)) for name in names)
    columns = (
        Column("Setting", is_figure=False),
        *(Column(f"Run {run.number}", is_figure=False) for run in runs),
    )
    return ShownTable(columns, tuple(row for row in rows if len(set(row[1:])) > 1))


def view_of_series(series: SeriesRecord, to_artifacts: str) -> dict[str, Any]:
    """The values of templates/report_series.html.j2."""
    name = f"series-{series.number}"
    folder = f"{to_artifacts}series/{quote(series_folder_name(series))}"
    plots = series_plots(series, name)
    drawn = {plot.table for plot in plots}
    tables = tables_of(series.result, {})
    return {
        "series": series,
        "name": name,
        "date": date(series.started_at),
        "question": question_of(series),
        "gist": gist_of(series),
        "conclusion": conclusion_of(series),
        "kind": series.result.kind if series.result else "",
        "plots": plots,
        "tables": [(CAPTIONS[key], table) for key, table in tables.items() if table not in drawn],
        "settings": settings_table(series.settings),
        "links": [Link("the series' record", f"{folder}/record.json"), Link("its entry", f"{folder}/entry.md")],
    }
