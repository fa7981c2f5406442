"""Everything that a run's entry shows and that isn't a field of its record: tables, notes, sums."""

from __future__ import annotations

from statistics import mean
from typing import Any

from ownvoice.markdown import Markdown
from ownvoice.models.prompt_format import PromptFormat, format_prompt
from ownvoice.records import DataSummary, Output, Outputs, PairFigures, RunRecord, TrainingResult
from ownvoice.report.voice_tables import trait_rows, voice_rows
from ownvoice.settings import flatten
from ownvoice.text import words_of
from ownvoice.units import duration

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
        "baseline": record.baseline,
        "training": record.training,
        "tuned": record.tuned,
        "analysis": record.analysis,
    }
    return {
        "record": record,
        "headline": _headline(record),
        "settings": _settings(record),
        "tiers": _tier_rows(record.data) if record.data else [],
        "prompt": _prompt_format(record),
        "canaries": _canary_rows(record.data, record.baseline, record.tuned) if record.data else [],
        "probes": _probe_rows(record.data, record.baseline, record.tuned) if record.data else [],
        "voice_rows": voice_rows(record.analysis.findings) if record.analysis else [],
        "traits": trait_rows(record.analysis.findings) if record.analysis else [],
        "picture": Markdown(picture) if _has_picture(record) else None,
        "estimate": _against_estimate(record.training) if record.training else "",
        "peak_bytes": max((part.peak_bytes for part in _measured(record)), default=None),
        "seconds": sum(step.seconds for step in record.steps),
        "not_reached": [STEPS_IN_WORDS[name] for name, part in reached.items() if part is None],
    }


def _has_picture(record: RunRecord) -> bool:
    return bool(record.analysis and record.analysis.findings and record.analysis.findings.figures)


def _measured(record: RunRecord) -> list[Outputs | TrainingResult]:
    return [part for part in (record.baseline, record.training, record.tuned) if part is not None]


def _headline(record: RunRecord) -> str:
    if record.failure is not None:
        return f"FAILED at the step {record.failure.step}: {record.failure.error}."
    return record.analysis.verdict if record.analysis else "Completed without an analysis."


def _settings(record: RunRecord) -> list[tuple[str, str]]:
    """Every setting with its dotted name, as `--set` takes it; what was left to the model says what that was."""
    settings = {name: _in_words(value) for name, value in flatten(record.config).items()}
    if record.config.training.method is None:
        chosen = f" ({record.training.method})" if record.training else ""
        settings["training.method"] = f"the model's own default{chosen}"
    return list(settings.items())


def _in_words(value: object) -> str:
    if value is None:
        return "not set"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


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


def _prompt_format(record: RunRecord) -> str:
    """What the model was shown for a topic; of a chat template, the message that goes into it."""
    kind = record.model.kind if record.model else "base"
    show = PromptFormat(kind=kind, template="{{ messages[0]['content'] }}")
    return format_prompt(show, record.config.prompt.instruction, "(the topic)").rstrip("\n")


def _canary_rows(data: DataSummary, baseline: Outputs | None, tuned: Outputs | None) -> list[dict[str, Any]]:
    return [
        {
            "canary": canary,
            "answers": [
                {"name": name, "output": output, "note": _ending(output)}
                for name, outputs in (("Baseline", baseline), ("Fine-tuned", tuned))
                for output in [outputs.canary(canary.id) if outputs else None]
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


def _probe_rows(data: DataSummary, baseline: Outputs | None, tuned: Outputs | None) -> list[dict[str, Any]]:
    ids = {probe.id for probe in data.probes}
    return [
        {
            "name": name,
            "answers": len(answers),
            "words": f"{mean(len(words_of(o.text)) for o in answers):.0f}",
            "cut_off": sum(1 for o in answers if o.cut_off) / len(answers),
        }
        for name, outputs in (("Baseline", baseline), ("Fine-tuned", tuned))
        if outputs and (answers := [o for o in outputs.outputs if o.prompt_id in ids])
    ]


def _against_estimate(training: TrainingResult) -> str:
    if training.estimated_seconds <= 0:
        return "there was no estimate"
    error = training.seconds / training.estimated_seconds - 1
    return f"estimated {duration(training.estimated_seconds)}: {abs(error):.0%} {'longer' if error >= 0 else 'shorter'}"
