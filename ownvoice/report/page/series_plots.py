"""Draws what a page shows of a series, and of runs beside each other: every panel a plot of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ownvoice.markdown import one_line
from ownvoice.records.run import RunRecord
from ownvoice.report.page.plots import WIDTH, Plot, curve_plot
from ownvoice.report.pictures.arms import by_author, over_base
from ownvoice.report.pictures.curves import BLUE, GREY, ORANGE, Panel, svg_of
from ownvoice.report.pictures.inline_svg import inline_svg
from ownvoice.report.pictures.series_curves import panels_of
from ownvoice.report.render import WAYS, spread
from ownvoice.report.series_entry.tables import tables_of
from ownvoice.report.shown_table import Column, ShownTable
from ownvoice.series.head_start import HeadStart
from ownvoice.series.models import ModelComparison
from ownvoice.series.record import SeriesRecord
from ownvoice.series.sweep import Sweep
from ownvoice.voice.results import Interval
from ownvoice.voice.verdict import WORTH_HAVING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WAY_COLOURS = {"untuned": ORANGE, "prompted": GREY, "tuned": BLUE, "placebo": "#cc79a7"}


class Found(NamedTuple):
    """A row of a plot of intervals."""

    name: str
    interval: Interval
    colour: str


def series_plots(series: SeriesRecord, name: str) -> list[Plot]:
    """Every panel of the series as a plot of its own; none where it has nothing to draw."""
    match series.result:
        case ModelComparison() as result:
            return _levels(result, name)
        case Sweep() as result:
            found = [
                Found(tried.label, tried.objective, BLUE if tried.specificity else ORANGE)
                for tried in result.tried
                if tried.objective
            ]
            what = "the placebo's model" if result.with_placebo else "the untuned model"
            title = f"How much nearer to you than {what}"
            return _intervals(
                found, name, title, "z", "The best first, each with its 95% interval.", _columns_of(found, "z")
            )
        case HeadStart() as result:
            return _arms(result, name) if result.is_drawn else []
        case _:
            return _panels(series, name)


def _panels(series: SeriesRecord, name: str) -> list[Plot]:
    curves, plots = panels_of(series), []
    for number, panel in enumerate(curves.panels, start=1):
        bare = panel._replace(title="")
        told = "The bars are 95% intervals. " if _has_intervals(panel) else ""
        told += "The dotted line is the least that is worth having. " if panel.worth_having else ""
        told += "".join(
            f"Shaded: {mark.name}, from {mark.since:g} to {mark.place:g}. "
            for mark in curves.marks
            if mark.since is not None
        )
        plots.append(
            curve_plot(
                f"{name}-{number}",
                bare,
                curves.x_name,
                panel.title,
                told,
                _points(panel, curves.x_name),
                curves.marks,
                curves.places,
            )
        )
    return plots


def _has_intervals(panel: Panel) -> bool:
    return any(isinstance(found, Interval) for line in panel.lines for _, found in line.points)


def _points(panel: Panel, x_name: str) -> ShownTable:
    places = sorted({place for line in panel.lines for place, _ in line.points})
    by_line = [dict(line.points) for line in panel.lines]
    columns = (Column(x_name.capitalize()), *(Column(f"{line.name} ({panel.unit})") for line in panel.lines))
    return ShownTable(
        columns, tuple((f"{place:g}", *(_cell(found.get(place)) for found in by_line)) for place in places)
    )


def _cell(found: Interval | float | None) -> str:
    if isinstance(found, Interval):
        return spread(found, 3)
    return "\N{EN DASH}" if found is None else f"{found:.4g}"


def _levels(result: ModelComparison, name: str) -> list[Plot]:
    found = [
        Found(f"{model.name}, {WAYS[way.way]}", way.level, WAY_COLOURS[way.way])
        for model in result.models
        for way in model.ways
        if way.level
    ]
    caption = "Each bar is the mean of a model's answers with its 95% interval, all on one axis: further right is more like you."
    return _intervals(
        found,
        name,
        "How much each model sounds like you, before and after",
        "VOICE, in z",
        caption,
        tables_of(result, {}).get("ways"),
    )


def gains_plot(runs: Sequence[RunRecord], name: str) -> list[Plot]:
    """What training gained in each run, on its own axis; none where fewer than two can be measured."""
    distances = [(run, run.figures.distances) for run in runs if run.figures and run.figures.distances]
    found = [Found(f"Run {run.number}, {run.model_name}", each.tuned_minus_baseline, BLUE) for run, each in distances]
    caption = "Fine-tuned less untuned, each with its 95% interval: right of 0 is nearer to you. The dotted line is the least that is worth having."
    return (
        _intervals(
            found, name, "How much nearer to you training brought each model", "z", caption, _columns_of(found, "z")
        )
        if len(found) > 1
        else []
    )


def _columns_of(found: Sequence[Found], unit: str) -> ShownTable:
    columns = (Column("", is_figure=False), Column(f"Mean and 95% interval ({unit})"))
    return ShownTable(columns, tuple((each.name, spread(each.interval)) for each in found))


def _intervals(
    found: Sequence[Found], name: str, title: str, x_name: str, caption: str, table: ShownTable | None
) -> list[Plot]:
    if not found or table is None:
        return []
    drawn = svg_of(lambda axes: _draw_intervals(axes, found, x_name), (WIDTH, 0.42 * len(found) + 0.7), 1)
    told = ", ".join(f"{each.name} {each.interval.mean:+.2f}" for each in found)
    return [Plot(name, title, caption, inline_svg(drawn, name, title, told), table)]


def _draw_intervals(axes: Axes, found: Sequence[Found], x_name: str) -> None:
    axes.axvline(0, color=GREY, linewidth=0.8)
    if x_name == "z":
        axes.axvline(WORTH_HAVING, color=GREY, linewidth=1, linestyle=":")
    for place, each in enumerate(found):
        mean, around = (
            each.interval.mean,
            [[each.interval.mean - each.interval.low], [each.interval.high - each.interval.mean]],
        )
        axes.errorbar([mean], [-place], xerr=around, marker="o", color=each.colour, capsize=4, linewidth=2.5)
        axes.annotate(
            _label(each.name),
            (0, -place + 0.16),
            xycoords=("axes fraction", "data"),
            fontsize=8,
            va="bottom",
            bbox={"facecolor": "#ffffff", "edgecolor": "none", "pad": 0.5},
        )
    axes.set_ylim(-len(found) + 0.5, 0.7)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlabel(x_name)


def _label(name: str) -> str:
    """A dollar sign would begin a formula, and what can't be seen no XML can hold."""
    return one_line(name, 60).replace("$", r"\$")


def _arms(result: HeadStart, name: str) -> list[Plot]:
    tables = tables_of(result, {})
    by = inline_svg(svg_of(lambda axes: by_author(axes, result), (WIDTH, 3.8), 1), f"{name}-authors", "By author", "")
    over = inline_svg(svg_of(lambda axes: over_base(axes, result), (WIDTH, 3.2), 1), f"{name}-arms", "By arm", "")
    plots = [
        Plot(
            f"{name}-authors",
            "How much nearer each arm comes to its author",
            "By author; a shape is an arm.",
            by,
            tables["cells"],
        )
    ]
    if "effects" in tables:
        caption = "Mean over the authors with its 95% interval; a stroke is an author. Between the dotted lines is less than is worth having."
        plots.append(
            Plot(f"{name}-arms", f"What each arm has over the {result.arms[0].name}", caption, over, tables["effects"])
        )
    return plots
