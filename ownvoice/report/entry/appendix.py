"""The rows of an entry's appendix: settings, data by tier, further trainings, probes, traits, answers in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

from ownvoice.experiment_files import load_experiment
from ownvoice.paths import EXPERIMENTS
from ownvoice.phases import find_phase
from ownvoice.records.answers import ModelAnswers, Output
from ownvoice.records.essays import DataSummary, PairFigures
from ownvoice.records.run import RunRecord
from ownvoice.records.training import TrainingResult
from ownvoice.report.entry.side_by_side import models_of
from ownvoice.settings import flat, settings_in_words
from ownvoice.text import words_of
from ownvoice.voice.findings import VoiceFindings

Row = dict[str, Any]


def changed_settings(record: RunRecord) -> dict[str, str]:
    """Those that differ from the phase's own experiment file, as it comes with this version; all of an unknown phase."""
    return settings_changed(record.phase, record.settings, record.training.method if record.training else None)


def settings_changed(phase: str, settings: Mapping[str, str], method: str | None = None) -> dict[str, str]:
    """As `changed_settings`; `method` is how it was trained, where that was left to the model."""
    if find_phase(phase) is None:
        return dict(settings)
    usual = load_experiment(EXPERIMENTS / f"{phase}.toml").model_dump(mode="json")
    words = settings_in_words(flat(usual), method)
    return {name: value for name, value in settings.items() if words.get(name) != value}


def tier_rows(data: DataSummary) -> list[Row]:
    return [
        _tier_row(tier, [f for f in data.figures if f.tier == tier]) for tier in sorted({f.tier for f in data.figures})
    ]


def _tier_row(tier: int, figures: list[PairFigures]) -> Row:
    return {
        "tier": tier,
        "train": sum(1 for f in figures if f.split == "train"),
        "validation": sum(1 for f in figures if f.split == "validation"),
        "words": sum(f.words for f in figures),
        "tokens": sum(f.tokens for f in figures),
        "pairs": sorted(figures, key=lambda f: (f.split, f.id)),
    }


def training_rows(record: RunRecord) -> list[Row]:
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


def canary_rows(record: RunRecord) -> list[Row]:
    """Every answer to every canary in full."""
    return [
        {
            "canary": canary,
            "answers": [
                {"name": name, "output": output, "note": _ending(output)}
                for name, answered in models_of(record)
                for output in [answered.canary(canary.id)]
            ],
        }
        for canary in (record.data.canaries if record.data else ())
    ]


def _ending(output: Output | None) -> str:
    if output is None:
        return "not reached"
    how = "cut off at the length limit" if output.cut_off else "ended by the model"
    empty = ", empty" if not output.text.strip() else ""
    return f"{output.tokens} token{'s' * (output.tokens != 1)}{empty}, {how}"


def probe_rows(record: RunRecord) -> list[Row]:
    return _probe_rows(record.data, models_of(record)) if record.data else []


def _probe_rows(data: DataSummary, models: Sequence[tuple[str, ModelAnswers]]) -> list[Row]:
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


def trait_rows(findings: VoiceFindings | None) -> list[Row]:
    return [
        {
            "name": f"{trait.name} ({trait.unit})",
            "own": f"{trait.own_mean:.1f} ({trait.own_low:.1f} to {trait.own_high:.1f})",
            "base": _figure(trait.base),
            "tuned": _figure(trait.tuned),
            "status": trait.in_words,
        }
        for trait in (findings.traits if findings else ())
    ]


def _figure(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:.1f}"
