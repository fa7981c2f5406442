"""Draws what the runs of a series reached, from its record alone: a curve each, or the arms beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ownvoice.report.pictures.arms import draw_arms
from ownvoice.report.pictures.curves import BLUE, GREEN, ORANGE, Line, Mark, Panel, draw_panels
from ownvoice.series.head_start import HeadStart
from ownvoice.series.models import ModelComparison
from ownvoice.series.overfit import OverfitDiagnostic
from ownvoice.series.record import SeriesRecord
from ownvoice.series.scale_up import ScaleUp
from ownvoice.series.sweep import Sweep
from ownvoice.voice.verdict import WORTH_HAVING


def has_curves(record: SeriesRecord) -> bool:
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
