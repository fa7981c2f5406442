"""Works out what a run's entry in the log shows, from its record; and the blank template of the next run."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean
from typing import Any

from ownvoice.paths import PICTURE_NAME
from ownvoice.records import DataSummary, ModelAnswers, Output, Outputs, PairFigures, RunRecord, TrainingResult
from ownvoice.report.estimate_text import run_against_estimate, training_against_estimate
from ownvoice.report.render import render
from ownvoice.report.training_tables import attempts_table, loss_table
from ownvoice.report.voice_text import voice_notes, voice_rows
from ownvoice.report.weights_text import weights_in_entry
from ownvoice.text import words_of
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.traits import Trait

Row = dict[str, Any]


def trait_rows(findings: VoiceFindings | None) -> list[Row]:
    return [
        {
            "name": f"{trait.name} ({trait.unit})",
            "own": f"{trait.own_mean:.1f} ({trait.own_low:.1f} to {trait.own_high:.1f})",
            "base": _figure(trait.base),
            "tuned": _figure(trait.tuned),
            "status": _status(trait),
        }
        for trait in (findings.traits if findings else ())
    ]


def _figure(value: float | None) -> str:
    return "\u2013" if value is None else f"{value:.1f}"


def _status(trait: Trait) -> str:
    if not trait.own_high and trait.status == "there":
        return "no habit of yours"
    return "there, as before" if trait.status == trait.base_status == "there" else trait.status


STEPS_IN_WORDS = {
    "data": "the check of the essays",
    "baseline": "the baseline's answers",
    "training": "the training",
    "tuned": "the tuned model's answers",
    "analysis": "the analysis",
}


def view_of(record: RunRecord, picture: str) -> dict[str, Any]:
    """The values that templates/log_entry.md.j2 uses; `picture` is a link of our own making."""
    reached = {
        "data": record.data,
        "baseline": record.baseline.outputs,
        "training": record.training,
        "tuned": record.tuned.outputs,
        "analysis": record.analysis,
    }
    return {
        "record": record,
        "headline": _headline(record),
        "tiers": _tier_rows(record.data) if record.data else [],
        "losses": loss_table(record.training) if record.training else None,
        "trainings": _training_rows(record),
        "attempts": attempts_table(record.attempts),
        "canaries": _canary_rows(record.data, _answering(record)) if record.data else [],
        "probes": _probe_rows(record.data, _answering(record)) if record.data else [],
        "voice_rows": voice_rows(record.analysis.findings) if record.analysis else [],
        "voice_notes": voice_notes(record.analysis.findings) if record.analysis else [],
        "traits": trait_rows(record.analysis.findings) if record.analysis else [],
        "picture": picture if record.figures else None,
        "estimate": training_against_estimate(record.training) if record.training else "",
        "run_estimate": run_against_estimate(record),
        "weights": weights_in_entry(record),
        "peak_bytes": max((part.peak_bytes for part in _measured(record)), default=None),
        "seconds": sum(step.seconds for step in record.steps),
        "not_reached": [STEPS_IN_WORDS[name] for name, part in reached.items() if part is None],
    }


def _measured(record: RunRecord) -> list[Outputs | TrainingResult]:
    return [part for part in (record.baseline.outputs, record.training, record.tuned.outputs) if part is not None]


def _headline(record: RunRecord) -> str:
    if record.failure is not None:
        return f"FAILED at the step {record.failure.step}: {record.failure.error}."
    return record.analysis.verdict if record.analysis else "Completed without an analysis."


def _tier_rows(data: DataSummary) -> list[dict[str, Any]]:
    return [
        _tier_row(tier, [f for f in data.figures if f.tier == tier]) for tier in sorted({f.tier for f in data.figures})
    ]


def _tier_row(tier: int, figures: list[PairFigures]) -> dict[str, Any]:
    return {
        "tier": tier,
        "train": sum(1 for f in figures if f.split == "train"),
        "validation": sum(1 for f in figures if f.split == "validation"),
        "words": sum(f.words for f in figures),
        "tokens": sum(f.tokens for f in figures),
        "pairs": sorted(figures, key=lambda f: (f.split, f.id)),
    }


def _training_rows(record: RunRecord) -> list[Row]:
    """The trainings beside the author's first: her further seeds, then each placebo with its seeds."""
    rows = [_training_row(record, f"Seed {run.seed}", run.training) for run in record.seeds]
    for placebo in record.placebos:
        name = f"Placebo ({placebo.writer})" if placebo.writer else "Placebo"
        rows.append(_training_row(record, name, placebo.training))
        rows += [_training_row(record, f"{name}, seed {run.seed}", run.training) for run in placebo.seeds]
    return rows


def _training_row(record: RunRecord, name: str, training: TrainingResult | None) -> Row:
    """The memory setting where it is another than the author's first training had."""
    if training is None:
        return {"name": name, "before": None, "after": None, "rung": ""}
    alike = record.training is not None and record.training.rung == training.rung
    first, last = training.losses[0], training.kept_loss
    return {
        "name": name,
        "before": first.validation,
        "after": last.validation,
        "rung": "" if alike else training.rung,
    }


def _answering(record: RunRecord) -> list[tuple[str, ModelAnswers]]:
    """The models by the names that a person reads."""
    shown = len(record.prompted_with)
    prompted = [(f"Untuned, shown {shown} of your essays first", record.prompted)] if shown else []
    return [("Baseline", record.baseline), *prompted, ("Fine-tuned", record.tuned)]


def _canary_rows(data: DataSummary, models: Sequence[tuple[str, ModelAnswers]]) -> list[dict[str, Any]]:
    return [
        {
            "canary": canary,
            "answers": [
                {"name": name, "output": output, "note": _ending(output)}
                for name, answered in models
                for output in [answered.canary(canary.id)]
            ],
        }
        for canary in data.canaries
    ]


def _ending(output: Output | None) -> str:
    if output is None:
        return "not reached"
    how = "cut off at the length limit" if output.cut_off else "ended by the model"
    empty = ", empty" if not output.text.strip() else ""
    return f"{output.tokens} token{'s' * (output.tokens != 1)}{empty}, {how}"


def _probe_rows(data: DataSummary, models: Sequence[tuple[str, ModelAnswers]]) -> list[dict[str, Any]]:
    ids = {probe.id for probe in data.probes}
    return [
        {
            "name": name,
            "answers": len(answers),
            "words": f"{mean(len(words_of(o.text)) for o in answers):.0f}",
            "cut_off": sum(1 for o in answers if o.cut_off) / len(answers),
        }
        for name, outputs in ((name, answered.outputs) for name, answered in models)
        if outputs and (answers := [o for o in outputs.outputs if o.prompt_id in ids])
    ]


def render_entry(record: RunRecord, picture: str = PICTURE_NAME) -> str:
    """The run's entry, ending in one line end; a failed run says what it reached.

    `picture` is where the drawing of the VOICE axis is found from where the entry stands, a path or a data URI.
    """
    return render("log_entry.md.j2", view_of(record, picture))


def render_next_run(number: int) -> str:
    """The blank template for the run with this number."""
    return render("next_run.md.j2", {"number": number})


def render_logbook_head() -> str:
    """Title and explanation, written once, when the logbook is created."""
    return render("logbook_head.md.j2", {})
