"""Compares what was measured: the verdict, the log's questions, signs, what to try next."""

from __future__ import annotations

from prefect import task
from prefect.logging import get_run_logger

from ownvoice.analysis.inputs import Comparison
from ownvoice.records.analysis import Analysis
from ownvoice.run.plan import Step


@task(name="Compare")
def compare(_step: Step, comparison: Comparison) -> Analysis:
    # A cached run needs no NumPy.
    from ownvoice.analysis.compare import compare_models  # noqa: PLC0415

    analysis = compare_models(comparison)
    get_run_logger().info(analysis.verdict)
    if analysis.findings:
        get_run_logger().info(f"Voice: {analysis.findings.verdict.direction}")
    return analysis
