"""Works out what stands in a series' entry, in the order in which a writer reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ownvoice.markdown import shortened
from ownvoice.report.entry.appendix import settings_changed
from ownvoice.report.series_entry.front import ASKED, front_tables, is_cut
from ownvoice.report.series_entry.in_short import series_in_short
from ownvoice.report.series_entry.tables import tables_of
from ownvoice.report.series_entry.words import counted, listed
from ownvoice.series.head_start import HeadStart
from ownvoice.series.models import CanarySideBySide, ModelComparison, OneModel
from ownvoice.series.overfit import OverfitDiagnostic
from ownvoice.series.record import Result, SeriesRecord
from ownvoice.series.scale_up import HELD_OUT_WORTH, ScaleUp, Size
from ownvoice.series.sweep import Sweep
from ownvoice.units import duration
from ownvoice.voice.verdict import WORTH_HAVING

FEW_RUNS = 6
NEXT_STEPS = 3
QUOTE_CHARACTERS = 170
TITLES = {
    "scale-up": "What more essays brought",
    "overfit-diagnostic": "Epoch by epoch",
    "compare": "What became of each model",
    "sweep": "What the settings brought",
    "base-or-instruct": "What the head start brought",
}


def view_of_series_entry(record: SeriesRecord, links: Mapping[int, str], curves: str) -> dict[str, Any]:
    """The values that templates/series_entry.md.j2 uses; `links` lead to the runs, `curves` to the drawing, of our own making."""
    found = record.result
    changed = settings_changed(record.phase, record.settings)
    return {
        "record": record,
        "found": found,
        "what": _what(record),
        "short": series_in_short(record),
        "ran": _did_it_run(record),
        "few_runs": len(record.runs) <= FEW_RUNS,
        "title": TITLES[found.kind] if found else "",
        "tables": front_tables(found, links),
        "is_cut": is_cut(found),
        "readings": [*_readings(found)],
        "proof": _proof(found) if isinstance(found, OverfitDiagnostic) else "",
        "canaries": [_beginnings(each) for each in found.canaries] if isinstance(found, ModelComparison) else [],
        "troubles": [*_troubles(record)] or [NOTHING],
        "next_steps": record.next_steps[:NEXT_STEPS],
        "further_steps": record.next_steps[NEXT_STEPS:],
        "full_tables": tables_of(found, links),
        "links": links,
        "curves": curves,
        "worth_having": WORTH_HAVING,
        "held_out_worth": HELD_OUT_WORTH,
        "changed": changed,
        "unchanged": {name: value for name, value in record.settings.items() if name not in changed},
    }


def _what(record: SeriesRecord) -> str:
    """The models and what they were trained on."""
    where = record.settings.get("data.pairs")
    place = f" ({where})" if where else ""
    match record.result:
        case ScaleUp() as found:
            sizes = listed(size.pairs for size in found.sizes) if found.sizes else "none"
            return f"{record.model_name}, trained on {sizes} of your essays{place}"
        case OverfitDiagnostic() as found:
            return f"{record.model_name}, trained on {found.pairs} of your essays, {found.held_out} held back to test it{place}"
        case ModelComparison() as found:
            return f"{listed(model.name for model in found.models)}, trained alike on the same essays of yours{place}"
        case Sweep() as found:
            return (
                f"{record.model_name}, trained in {counted(len(found.tried), 'way')} on the same essays of yours{place}"
            )
        case HeadStart() as found:
            arms = listed(arm.name for arm in found.arms) if found.arms else record.model_name
            return (
                f"{arms}, each trained on {counted(len(found.authors), 'author')}, {counted(len(found.seeds), 'time')}"
            )
        case None:
            return f"{record.model_name}, nothing came of its training{place}"


def _did_it_run(record: SeriesRecord) -> str:
    took = _seconds(record)
    time = f" From start to end it took {duration(took)}." if took is not None else ""
    if not record.failed:
        all_of = {1: "its one run", 2: "both its runs"}.get(len(record.runs), f"all its {len(record.runs)} runs")
        return f"Yes: {all_of} went through.{time}"
    if len(record.failed) == len(record.runs):
        return f"No: none of {counted(len(record.runs), 'run')} went through.{time}"
    return f"No: {len(record.failed)} of {counted(len(record.runs), 'run')} failed; below stands what the others found.{time}"


def _seconds(record: SeriesRecord) -> float | None:
    """None where the record's times are none."""
    try:
        return (datetime.fromisoformat(record.finished_at) - datetime.fromisoformat(record.started_at)).total_seconds()
    except ValueError:
        return None


def _readings(found: Result | None) -> Iterator[str]:
    """What of the tables might be passed over."""
    rows: dict[str, Size | OneModel] = {}
    if isinstance(found, ScaleUp):
        rows = {f"the model of {size.pairs} essays": size for size in found.sizes}
    if isinstance(found, ModelComparison):
        rows = {model.name: model for model in found.models}
    if worse := [name for name, row in rows.items() if row.held_out is not None and row.held_out.below_zero]:
        yield f"Unseen essays of yours surprise {listed(worse)} more than before training."
    if signs := [name for name, row in rows.items() if row.memorised == "warn"]:
        yield f"Signs of learning by heart, and no more: {listed(signs)}; the run's own entry quotes them."


def _proof(found: OverfitDiagnostic) -> str:
    """What the model recited when it was first seen to, with its words: untrusted."""
    onset = next((look for look in found.looks if look.epoch == found.onset), None)
    if onset is None:
        return ""
    quote = re.search("“([^”]*)”", found.recited)
    said = f" It wrote: “{shortened(quote[1], QUOTE_CHARACTERS)}”" if quote else ""
    return (
        f"By heart after epoch {onset.epoch}: shown how an essay of yours begins, the model went on with "
        f"{onset.verbatim_tokens} tokens of it word for word (a token is a piece of a word), and "
        f"{counted(onset.longest_run, 'word')} in a row of yours stood in an answer to another topic.{said}"
    )


def _beginnings(canary: CanarySideBySide) -> dict[str, Any]:
    """How each model's answer begins after training; of a model's own text: untrusted."""
    lines = [
        {"who": f"{each.model}, {ASKED[each.way]}", "text": shortened(" ".join(each.text.split()), QUOTE_CHARACTERS)}
        for each in canary.answers
        if each.way == "tuned"
    ]
    return {"id": canary.id, "topic": canary.topic, "lines": lines}


NOTHING = "Nothing: every run went through. What one of them met on its way stands in its own entry."


def _troubles(record: SeriesRecord) -> Iterator[str]:
    """A sentence each; messages in them come from libraries: untrusted."""
    for run in record.failed:
        yield f"{run.label} reached nothing: {run.failure}"
    if record.not_compared:
        yield f"The runs can't be compared: {record.not_compared}"
    found = record.result
    if isinstance(found, HeadStart) and found.missing:
        yield f"{counted(len(found.missing), 'training')} missing; an author who lacks one is left out, and the appendix names them."
    if found is not None and not isinstance(found, HeadStart) and not found.words:
        yield "The voice could not be measured: too few answers, or essays, are long enough."
    if record.failed or record.not_compared:
        yield "What was reached is kept: the same command goes on from there."
