"""Says what a series found, how far to trust it and why, and the next move: three sentences for a writer who knows no statistics."""

from __future__ import annotations

from ownvoice.markdown import one_line
from ownvoice.report.entry.in_short import InShort
from ownvoice.report.series_entry.short_models import of_arms, of_models, of_sweep
from ownvoice.report.series_entry.short_sizes import of_epochs, of_sizes
from ownvoice.report.series_entry.words import Answered, counted
from ownvoice.series.head_start import HeadStart
from ownvoice.series.models import ModelComparison
from ownvoice.series.overfit import OverfitDiagnostic
from ownvoice.series.record import SeriesRecord
from ownvoice.series.scale_up import ScaleUp
from ownvoice.series.sweep import Sweep

WHY_CHARACTERS = 160


def series_in_short(record: SeriesRecord) -> InShort:
    """Of any series; one of which nothing can be said says why."""
    answered = _answered(record)
    failed = f"; {counted(len(record.failed), 'run')} of {len(record.runs)} reached nothing" if record.failed else ""
    return InShort(
        direction=answered.answer,
        verdict=answered.sentence,
        trust=f"{answered.trust}{failed}.",
        next_move=_next_move(record),
    )


def _answered(record: SeriesRecord) -> Answered:
    match record.result:
        case ScaleUp() as found:
            return of_sizes(found)
        case OverfitDiagnostic() as found:
            return of_epochs(found)
        case ModelComparison() as found:
            return of_models(found)
        case Sweep() as found:
            return of_sweep(found)
        case HeadStart() as found:
            return of_arms(found)
        case None:
            why = one_line(record.not_compared, WHY_CHARACTERS).rstrip(".") or "no run of it went through"
            return Answered("No answer", "nothing can be compared.", f"Of the voice nothing can be said, because {why}")


def _next_move(record: SeriesRecord) -> str:
    """The first of the next steps, to stand in the midst of a sentence."""
    step = next(iter(record.next_steps), f"Run it again: `ownvoice run {record.phase}`.")
    return step[:1].lower() + step[1:]
