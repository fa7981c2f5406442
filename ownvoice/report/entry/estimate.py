"""Sets what a run took beside what was expected of it: the figures of its record's one estimate."""

from __future__ import annotations

from ownvoice.estimates import compared
from ownvoice.records.run import RunRecord
from ownvoice.records.training import TrainingResult
from ownvoice.units import about, as_told, duration


def run_against_estimate(record: RunRecord) -> str:
    """'The steps took 2 min 31 s; before the first of them about 2 min 30 s (1 min to 5 min) were expected: 2% longer'.

    Empty where nothing was expected: all of it came from the cache, or the record is of before estimates were kept; and of a
    run that failed, which was expected to go on.
    """
    estimate = record.estimate
    if estimate is None or record.failure or not estimate.seconds:
        return ""
    names = {step.name for step in estimate.steps}
    took = sum(step.seconds for step in record.steps if step.name in names)
    difference = compared(as_told(estimate.seconds), took)
    return f"The steps took {duration(took)}; before the first of them {estimate.in_words()} was expected: {difference}"


def training_against_estimate(training: TrainingResult) -> str:
    """'about 40 s was expected: 15% shorter'; the same figure as the terminal, `ownvoice plan` and Prefect told."""
    if training.estimated_seconds <= 0:
        return "there was no estimate"
    expected = training.estimated_seconds
    return f"{about(expected)} was expected: {compared(as_told(expected), training.seconds)}"
