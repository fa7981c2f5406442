"""Says in a few words what a run or a series came to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ownvoice.records.run import RunRecord

if TYPE_CHECKING:
    from ownvoice.series.record import SeriesRecord


def verdict_of(record: RunRecord | SeriesRecord) -> str:
    """Of a run its direction or what it failed with; a series' conclusion is a sentence or two."""
    if not isinstance(record, RunRecord):
        return record.result.conclusion if record.result else record.not_compared or "nothing to compare"
    if record.failure is not None:
        return f"failed: {record.failure.error}"
    findings = record.analysis.findings if record.analysis else None
    return findings.verdict.direction if findings else "no verdict"
