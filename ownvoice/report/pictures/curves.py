"""Draws the curves of a series as SVG: what each run or epoch reached, with its 95% interval where it has one."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ownvoice.voice.results import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Colours that stay apart for the colour-blind: Okabe and Ito, "Color Universal Design", 2008.
BLUE, GREEN, ORANGE, GREY = "#0072b2", "#009e73", "#e69f00", "#767676"
ARM_COLOURS = (GREY, ORANGE, "#d55e00", BLUE, "#cc79a7", GREEN, "#56b4e9")
STROKES = (("o", "-"), ("s", "--"), ("^", ":"))
"""Marker and stroke of a panel's lines, in order: they stay apart without colour too."""


class Line(NamedTuple):
    name: str
    points: Sequence[tuple[float, Interval | float]]
    """Places on the x axis with what was found there."""
    colour: str


class Panel(NamedTuple):
    title: str
    unit: str
    lines: Sequence[Line]
    worth_having: float | None = None
    """A dotted line: less is a trifle."""
    zero: bool = True
    """Whether 0 means something on this axis."""


class Mark(NamedTuple):
    """A place on the x axis with its name, in every panel."""

    place: float
    name: str
    since: float | None = None
    """Where the span begins in which it lies; None where it lies at the place itself."""


def draw_panels(
    panels: Sequence[Panel], x_name: str, places: Sequence[float] = (), marks: Sequence[Mark] = ()
) -> str | None:
    """The panels side by side; None where there is nothing to draw.

    Args:
        places: Ticks of the x axis, where these are few.
    """
    drawn = [panel for panel in panels if any(line.points for line in panel.lines)]
    if not drawn:
        return None

    def draw(*all_axes: Axes) -> None:
        for axes, panel in zip(all_axes, drawn, strict=True):
            _draw(axes, panel, marks)
            axes.set_xlabel(x_name)
            if places:
                axes.set_xticks(list(places))

    return svg_of(draw, (4.4 * len(drawn), 3.6), len(drawn))


def svg_of(draw: Callable[..., None], inches: tuple[float, float], panels: int = 2) -> str:
    """What `draw` draws on the axes of as many panels, side by side: text stays text, and the same figures give the same bytes."""
    import matplotlib as mpl  # noqa: PLC0415 - takes 0.6 s, which only a new series pays
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "ownvoice", "font.family": "sans-serif"}):
        figure = Figure(figsize=inches, layout="constrained")
        all_axes = figure.subplots(1, panels, squeeze=False)[0]
        draw(*all_axes)
        for axes in all_axes:
            axes.spines[["top", "right"]].set_visible(False)
        file = io.StringIO()
        with warnings.catch_warnings():  # that the font lacks a letter: whoever looks at it has fonts of their own
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return file.getvalue()


def _draw(axes: Axes, panel: Panel, marks: Sequence[Mark]) -> None:
    if panel.zero:
        axes.axhline(0, color=GREY, linewidth=1)
    if panel.worth_having:
        axes.axhline(panel.worth_having, color=GREY, linewidth=1, linestyle=":")
    for number, line in enumerate(panel.lines):
        _draw_line(axes, line, *STROKES[number % len(STROKES)])
    for mark in marks:
        if mark.since is not None:
            axes.axvspan(mark.since, mark.place, color=GREY, alpha=0.2, linewidth=0)
        axes.axvline(mark.place, color=GREY, linewidth=1, linestyle="--")
        axes.annotate(mark.name, (mark.place, 1), xycoords=("data", "axes fraction"), rotation=90, va="top", fontsize=8)
    if len(panel.lines) > 1:
        axes.legend(frameon=False, fontsize=9)
    axes.set_title(panel.title, fontsize=11)
    axes.set_ylabel(panel.unit)


def _draw_line(axes: Axes, line: Line, marker: str, stroke: str) -> None:
    x = [place for place, _ in line.points]
    spans = [
        found if isinstance(found, Interval) else Interval(mean=found, low=found, high=found)
        for _, found in line.points
    ]
    means = [span.mean for span in spans]
    style: dict[str, Any] = {"marker": marker, "markersize": 4, "linestyle": stroke, "color": line.colour}
    style |= {"linewidth": 2, "label": line.name}
    if all(span.low == span.high for span in spans):
        axes.plot(x, means, **style)
        return
    around = [[span.mean - span.low for span in spans], [span.high - span.mean for span in spans]]
    axes.errorbar(x, means, yerr=around, capsize=4, **style)
