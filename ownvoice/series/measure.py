"""Compares the runs of a series, each phase in its own way."""

from __future__ import annotations

from collections.abc import Callable

from ownvoice.series.head_start import measure_head_start
from ownvoice.series.inputs import SeriesInputs
from ownvoice.series.models import measure_comparison
from ownvoice.series.overfit import measure_overfitting
from ownvoice.series.record import Result
from ownvoice.series.scale_up import measure_scale_up
from ownvoice.series.sweep import measure_sweep

WAYS: dict[str, Callable[[SeriesInputs], Result]] = {
    "scale-up": measure_scale_up,
    "overfit-diagnostic": measure_overfitting,
    "compare": measure_comparison,
    "sweep": measure_sweep,
    "base-or-instruct": measure_head_start,
}


def measure_series(inputs: SeriesInputs) -> Result:
    return WAYS[inputs.phase](inputs)
