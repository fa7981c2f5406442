"""Compares the runs of a series once all of them are done."""

from __future__ import annotations

from prefect import task
from prefect.logging import get_run_logger

from ownvoice.series.inputs import SeriesInputs
from ownvoice.series.record import Result


@task(name="Compare the runs")
def compare_runs(inputs: SeriesInputs) -> Result:
    # A cached series needs no NumPy.
    from ownvoice.series.measure import measure_series  # noqa: PLC0415

    result = measure_series(inputs)
    get_run_logger().info(result.conclusion)
    return result
