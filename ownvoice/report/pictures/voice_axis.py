"""Draws the VOICE axis: other writers, baseline, placebo, tuned model and the author's own essays."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Any

from ownvoice.report.render import render
from ownvoice.voice.results import Interval, ScoredAnswer, VoiceFigures

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW = 760, 190, 735, 34, 46
# Colours that stay apart for the colour-blind: Okabe and Ito, "Color Universal Design", 2008.
_GREY, _ORANGE, _PURPLE, _BLUE, _GREEN = "#767676", "#e69f00", "#cc79a7", "#0072b2", "#009e73"


def draw_voice_axis(figures: VoiceFigures) -> str:
    """An SVG of 760 pixels' width: a dot a text, a bar for the 95% interval of the mean."""
    return render("voice_axis.svg.j2", _axis(figures))


def axis_of(figures: VoiceFigures | None) -> dict[str, Any] | None:
    """What the picture's template uses; None where nothing was measured."""
    return _axis(figures) if figures else None


def _axis(figures: VoiceFigures) -> dict[str, Any]:
    rows = rows_of(figures)
    values = [value for row in rows for value in row["values"]] + [0.0]
    start, end = floor(min(values)), ceil(max(values))

    def x(value: float) -> float:
        share: float = (value - start) / max(1, end - start)
        return round(_LEFT + share * (_RIGHT - _LEFT), 1)

    bottom = _TOP + _ROW * len(rows) - 12
    step = max(1, (end - start) // 8)
    return {
        "title": "Where each model's answers and the author's essays lie on the VOICE axis",
        "width": _WIDTH,
        "height": bottom + 48,
        "left": _LEFT,
        "right": _RIGHT,
        "top": _TOP,
        "bottom": bottom,
        "ticks": [{"x": x(value), "label": str(value)} for value in range(start, end + 1, step)],
        "rows": [_placed(row, index, x) for index, row in enumerate(rows)],
    }


def rows_of(figures: VoiceFigures) -> list[dict[str, Any]]:
    """Each group of texts from top to bottom: name, note, colour, values in z, and the mean's interval or None."""
    distances = figures.distances
    rows = [
        _row("Other writers", f"{figures.others.authors} of them", _GREY, figures.others.voices, None),
        _answers("Baseline", figures.baseline, _ORANGE, distances.baseline if distances else None),
        _answers("Fine-tuned", figures.tuned, _BLUE, distances.tuned if distances else None),
        _row(
            "Your own essays",
            "each against the others",
            _GREEN,
            figures.held_out,
            distances.held_out if distances else None,
        ),
    ]
    if figures.placebo is not None:
        rows.insert(2, _answers("Placebo", figures.placebo, _PURPLE, distances.placebo if distances else None))
    return [row for row in rows if row["values"]]


def _answers(name: str, answers: Sequence[ScoredAnswer], colour: str, interval: Interval | None) -> dict[str, Any]:
    values = [each.voice for each in answers if each.voice is not None]
    return _row(name, f"{len(values)} answers", colour, values, interval)


def _row(name: str, note: str, colour: str, values: Sequence[float], interval: Interval | None) -> dict[str, Any]:
    return {"name": name, "note": note, "colour": colour, "values": list(values), "interval": interval}


def _placed(row: dict[str, Any], index: int, x: Any) -> dict[str, Any]:
    interval: Interval | None = row["interval"]
    return {
        **row,
        "y": _TOP + _ROW * index + 8,
        "points": [x(value) for value in row["values"]],
        "interval": interval and {"mean": x(interval.mean), "low": x(interval.low), "high": x(interval.high)},
    }
