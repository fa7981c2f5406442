"""The series on disk, in artifacts/series, a folder each; `ownvoice.report.kept.shelf` keeps them.

artifacts/series/1-scale-up-smollm2-135m/record.json     the record
                                         entry.md        its entry as it went into the logbook
                                         curves.svg      what the runs reached, with intervals
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ownvoice.markdown import Markdown
from ownvoice.report.kept import shelf
from ownvoice.report.kept.entry_files import ENTRY
from ownvoice.report.kept.runs import RUNS
from ownvoice.report.kept.shelf import Shelf, Stored, Written
from ownvoice.report.pictures.arms import draw_arms
from ownvoice.report.pictures.curves import BLUE, GREEN, ORANGE, Line, Mark, Panel, draw_panels
from ownvoice.report.render import render
from ownvoice.report.series_entry.entry import view_of_series_entry
from ownvoice.series.head_start import HeadStart
from ownvoice.series.models import ModelComparison
from ownvoice.series.overfit import OverfitDiagnostic
from ownvoice.series.record import MemberRun, SeriesRecord, series_folder_name
from ownvoice.series.scale_up import ScaleUp
from ownvoice.series.sweep import Sweep
from ownvoice.voice.verdict import WORTH_HAVING

CURVES = "curves.svg"
WrittenSeries = Written[SeriesRecord]
StoredSeries = Stored[SeriesRecord]


def allocate_and_write_series(artifacts: Path, build: Callable[[int], SeriesRecord]) -> WrittenSeries:
    """See `ownvoice.report.kept.shelf.allocate_and_write`."""
    return shelf.allocate_and_write(SERIES, artifacts, build, beside=(RUNS,))


def find_completed_series(artifacts: Path, key: str) -> StoredSeries | None:
    """The newest that completed, of the very same runs."""
    return shelf.find_completed(SERIES, SERIES.at(artifacts), key)


def read_series(path: Path) -> SeriesRecord:
    """Read a record.json, or the one in a series' folder.

    Raises:
        LogbookError: it is missing, or not a record of this version.
    """
    return shelf.read_record(SERIES, path)


def series_folder(artifacts: Path, number: int) -> Path:
    """Where the series with this number lies.

    Raises:
        LogbookError: there is none.
    """
    return shelf.numbered_folder(SERIES, SERIES.at(artifacts), number)


def stored_series(artifacts: Path) -> Iterator[StoredSeries]:
    """Every series that can be read, by number."""
    return shelf.stored(SERIES, SERIES.at(artifacts))


def render_series(record: SeriesRecord, curves: str = CURVES, runs: str | None = "../../runs/") -> str:
    """The entry, ending in one line end.

    Args:
        curves: Where the drawing is found from where the entry stands, a path or a data URI.
        runs: Where the runs' folders are found from there; ends in a slash. None where no file can be reached.
    """
    links = {run.run: _link(run, runs) for run in record.runs if run.run}
    return render("series_entry.md.j2", view_of_series_entry(record, links, curves if _has_curves(record) else ""))


def _link(run: MemberRun, runs: str | None) -> str:
    name = f"Run {run.run}"
    return name if runs is None else Markdown(f"[{name}]({runs}{run.folder}/{ENTRY})")


def _has_curves(record: SeriesRecord) -> bool:
    return bool(panels_of(record).panels) or (isinstance(record.result, HeadStart) and record.result.is_drawn)


def curves_of(record: SeriesRecord) -> str | None:
    """An SVG; None where there is nothing to draw."""
    if isinstance(record.result, HeadStart):
        return draw_arms(record.result) if record.result.is_drawn else None
    curves = panels_of(record)
    return draw_panels(curves.panels, curves.x_name, curves.places, curves.marks)


class Curves(NamedTuple):
    """What is drawn of a series, each panel with the same x axis."""

    panels: Sequence[Panel] = ()
    """Those that have anything to show."""
    x_name: str = ""
    places: Sequence[float] = ()
    """Ticks of the x axis, where these are few."""
    marks: Sequence[Mark] = ()


def panels_of(record: SeriesRecord) -> Curves:
    """None for a series that has no curve."""
    result = record.result
    match result:
        case ScaleUp():
            places = [size.pairs for size in result.sizes]
            return Curves(_with_points(_of_scale_up(result)), "essays trained on", places=places)
        case OverfitDiagnostic():
            onset = [Mark(result.onset, "known by heart", since=result.before_onset)] if result.onset else []
            marks = [Mark(result.best_epoch, "best"), *onset]
            return Curves(_with_points(_of_diagnostic(result)), "epoch", marks=marks)
        case ModelComparison() | Sweep() | HeadStart() | None:
            return Curves()


def _with_points(panels: Sequence[Panel]) -> list[Panel]:
    return [panel for panel in panels if any(line.points for line in panel.lines)]


def _of_scale_up(result: ScaleUp) -> list[Panel]:
    voice = [(size.pairs, size.voice) for size in result.sizes if size.voice]
    held_out = [(size.pairs, size.held_out) for size in result.sizes if size.held_out]
    return [
        Panel("VOICE over the model before training", "z", [Line("VOICE", voice, BLUE)], WORTH_HAVING),
        Panel("What held-out essays gained", "bits a character", [Line("held-out essays", held_out, GREEN)]),
    ]


def _of_diagnostic(result: OverfitDiagnostic) -> list[Panel]:
    training = [(row.epoch, row.training) for row in result.losses if row.training is not None]
    validation = [(row.epoch, row.validation) for row in result.losses]
    voice = [(look.epoch, look.voice) for look in result.looks if look.voice]
    verbatim = [(look.epoch, float(look.verbatim_tokens)) for look in result.looks]
    losses = [Line("training", training, ORANGE), Line("validation", validation, BLUE)]
    return [
        Panel("Loss", "nats a token", losses, zero=False),
        Panel(
            "An essay went on with, word for word", "tokens after the first 40", [Line("verbatim", verbatim, ORANGE)]
        ),
        Panel("VOICE over the model before training", "z", [Line("VOICE", voice, GREEN)], WORTH_HAVING),
    ]


def _files_of(record: SeriesRecord) -> dict[str, str]:
    curves = curves_of(record)
    return ({CURVES: curves} if curves else {}) | {ENTRY: render_series(record)}


def _read(values: Any) -> SeriesRecord:
    return SeriesRecord.model_validate_json(json.dumps(values))


SERIES = Shelf(
    of="series",
    folder="series",
    read=_read,
    name_of=series_folder_name,
    files_of=_files_of,
    entry_of=lambda record: render_series(record, f"series/{series_folder_name(record)}/{CURVES}", "runs/"),
)
