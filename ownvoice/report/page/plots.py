"""Draws what a page shows of a run, small enough for a phone: each plot with the table of what is drawn.

A plot is one panel; `ownvoice.report.pictures.inline_svg` gives it the page's colours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from markupsafe import Markup

from ownvoice.records.run import RunRecord
from ownvoice.report.entry.training import loss_table
from ownvoice.report.entry.voice import voice_rows
from ownvoice.report.pictures.curves import BLUE, GREY, ORANGE, Line, Mark, Panel, draw_panels, svg_of
from ownvoice.report.pictures.inline_svg import inline_svg
from ownvoice.report.pictures.voice_axis import rows_of
from ownvoice.report.shown_table import Column, ShownTable
from ownvoice.voice.recall import EXTRACTED_TOKENS
from ownvoice.voice.results import VoiceFigures

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 4.9
"""Inches: 350 points, about as many as a phone has pixels, so that a letter is a letter's size there."""
BIN = 0.25
"""Width of a column of other writers' texts, in z."""


class Plot(NamedTuple):
    name: str
    """Its own on the page."""
    title: str
    caption: str
    """What is seen in it, in a sentence."""
    svg: Markup
    table: ShownTable


def voice_plot(record: RunRecord, name: str) -> Plot | None:
    """Where answers and essays lie on the VOICE axis; None where that wasn't measured."""
    figures = record.figures
    if figures is None:
        return None
    rows = [*rows_of(figures), *_prompted(figures)]
    drawn = svg_of(lambda axes: _draw_axis(axes, rows), (WIDTH, 0.72 * len(rows) + 0.6), 1)
    title = "Where the answers and your essays lie on the VOICE axis"
    caption = (
        "A dot is a text; the bar is the mean with its 95% interval. The grey hill is other writers' texts. The nearer the "
        "fine-tuned model's bar comes to that of your own essays, the more its answers sound like you."
    )
    return Plot(name, title, caption, inline_svg(drawn, name, title, _told(rows)), _voice_table(record))


def _prompted(figures: VoiceFigures) -> list[dict[str, Any]]:
    found = figures.prompted
    if found is None:
        return []
    note = f"{found.answers} answers, their mean alone"
    return [
        {"name": "Shown your essays first", "note": note, "colour": GREY, "values": [], "interval": found.level},
    ]


def _told(rows: Sequence[dict[str, Any]]) -> str:
    means = [f"{row['name']} {row['interval'].mean:+.2f}" for row in rows if row["interval"]]
    return f"Means in z: {', '.join(means)}." if means else "Single texts only; no mean has an interval."


def _draw_axis(axes: Axes, rows: Sequence[dict[str, Any]]) -> None:
    axes.axvline(0, color=GREY, linewidth=0.8)
    for place, row in enumerate(rows):
        _draw_row(axes, row, -place)
    axes.set_ylim(-len(rows) + 0.55, 0.75)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("less like you  \N{LEFTWARDS ARROW}  VOICE, in z  \N{RIGHTWARDS ARROW}  more like you", fontsize=9)


def _draw_row(axes: Axes, row: dict[str, Any], y: float) -> None:
    values, colour, interval = row["values"], row["colour"], row["interval"]
    if colour == GREY and values:
        counts, edges = np.histogram(values, np.arange(np.floor(min(values)), np.ceil(max(values)) + BIN, BIN))
        axes.stairs(
            y - 0.25 + 0.5 * counts / counts.max(), edges, baseline=y - 0.25, fill=True, color=colour, alpha=0.5
        )
    elif values:
        axes.plot(values, [y] * len(values), "o", markersize=5, color=colour, alpha=0.35, markeredgewidth=0)
    if interval:
        axes.plot([interval.low, interval.high], [y - 0.22] * 2, color=colour, linewidth=3.5, solid_capstyle="round")
        axes.plot(
            [interval.mean], [y - 0.22], "o", markersize=7, color="#ffffff", markeredgecolor=colour, markeredgewidth=2
        )
    told: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "va": "bottom", "annotation_clip": False}
    axes.annotate(row["name"], (0, y + 0.3), fontsize=9, fontweight="bold", **told)
    axes.annotate(row["note"], (1, y + 0.3), fontsize=8, ha="right", **told)


def _voice_table(record: RunRecord) -> ShownTable:
    columns = (Column("", is_figure=False), Column("Mean, in z"), Column("95% interval"), Column("Texts"))
    return ShownTable(columns, tuple(_voice_cells(record)))


def _voice_cells(record: RunRecord) -> Iterator[tuple[str, ...]]:
    for row in voice_rows(record.analysis.findings if record.analysis else None):
        found, name = row["interval"], row["name"].removesuffix(" **")
        if not name.endswith(" *"):  # each model on each writer's profile: what the entry explains at length
            yield name, f"{found.mean:+.2f}", f"{found.low:+.2f} to {found.high:+.2f}", row["texts"]


def loss_plot(record: RunRecord, name: str) -> Plot | None:
    """None where no training was reached."""
    training = record.training
    if training is None:
        return None
    lines = [
        Line("training", [(row.epoch, row.training) for row in training.losses if row.training is not None], ORANGE),
        Line("validation", [(row.epoch, row.validation) for row in training.losses], BLUE),
    ]
    kept = [Mark(training.kept_epoch, "kept")] if training.kept_epoch is not None else []
    caption = (
        "Validation falling means that the model learned something that holds for essays of yours which it never saw; "
        "validation rising while training falls means that it is learning its essays by heart."
    )
    return curve_plot(
        name,
        Panel("", "nats a token", lines, zero=False),
        "epoch",
        "Loss by epoch",
        caption,
        loss_table(training),
        kept,
    )


def recital_plot(record: RunRecord, name: str) -> Plot | None:
    """Of a training that was looked at from within: how far the model went on with an essay, word for word."""
    looks = [
        (look.epoch, max((match.verbatim_tokens for match in look.answers.prefixes.matches), default=0))
        for look in (record.training.looks if record.training else ())
        if look.answers.prefixes
    ]
    if not looks:
        return None
    onset = next((epoch for epoch, tokens in looks if tokens >= EXTRACTED_TOKENS), None)
    before = max((epoch for epoch, _ in looks if onset is not None and epoch < onset), default=0)
    marks = [Mark(onset, "known by heart", since=before)] if onset is not None else []
    panel = Panel("", "tokens in a row", [Line("verbatim", looks, ORANGE)], EXTRACTED_TOKENS)
    caption = (
        "The model was given the beginning of each essay and went on; shown is the most that it wrote out word for word. "
        f"{EXTRACTED_TOKENS} tokens (pieces of words, the dotted line) count as known by heart. "
    ) + (f"That began between epoch {before} and {onset}, the shaded span." if onset else "It never came to that.")
    table = ShownTable((Column("Epoch"), Column("Tokens in a row")), tuple((str(e), str(t)) for e, t in looks))
    return curve_plot(name, panel, "epoch", "An essay gone on with, word for word", caption, table, marks)


def curve_plot(
    name: str,
    panel: Panel,
    x_name: str,
    title: str,
    caption: str,
    table: ShownTable,
    marks: Sequence[Mark] = (),
    places: Sequence[float] = (),
) -> Plot:
    """One panel.

    Args:
        x_name, marks, places: As `draw_panels` takes them.
    """
    drawn = draw_panels([panel], x_name, places, marks)
    assert drawn is not None, "a panel without a point isn't drawn"
    return Plot(name, title, caption, inline_svg(drawn, name, title, caption), table)
