"""Reads records of format 1 (version 0.1) as records of today.

Format 1 had fields for the baseline's and for the tuned model's answers, likelihoods and prefixes each, the contrasts
beside them, every attempt twice, and no settings in words.
"""

from __future__ import annotations

from typing import Any

from ownvoice.models.prompt_format import shown_prompt
from ownvoice.settings import flat, settings_in_words

Values = dict[str, Any]


def upgraded(values: Any) -> Any:
    """The values of a record of format 1, as the present format has them; whatever else comes back as it is."""
    if not isinstance(values, dict) or values.get("format_version") != 1:
        return values
    record = dict(values)
    config, model, training = record["config"], record.get("model"), record.get("training")
    contrasts = {"tuned": record.pop("contrast", None), "against_placebo": None}
    record.pop("no_contrast", None)
    failed = record.pop("attempts", ())
    if placebo := record.get("placebo"):
        record["placebo"], contrasts["against_placebo"] = _placebo(placebo)
    if record.get("analysis"):
        record["analysis"] = record["analysis"] | {"likelier": contrasts}
    return record | {
        "format_version": 2,
        "phase": config["phase"],
        "model_name": config["model"],
        "settings": settings_in_words(flat(config), training["method"] if training else None),
        "prompt": shown_prompt(model["kind"] if model else "base", config["prompt"]["instruction"]),
        "baseline": _answers(record, "baseline"),
        "tuned": _answers(record, "tuned"),
        "failed_attempts": () if training else failed,
    }


def _answers(record: Values, model: str) -> Values:
    """Takes the model's likelihoods and prefixes out of the record."""
    likelihoods, prefixes = record.pop(f"{model}_likelihoods", None), record.pop(f"{model}_prefixes", None)
    return {"outputs": record.get(model), "likelihoods": likelihoods, "prefixes": prefixes}


def _placebo(placebo: Values) -> tuple[Values, Values | None]:
    """The placebo's run, and the contrast that stood in it."""
    run = dict(placebo)
    answers = {"outputs": run.pop("outputs", None), "likelihoods": run.pop("likelihoods", None), "prefixes": None}
    failed, contrast = run.pop("attempts", ()), run.pop("contrast", None)
    return run | {"answers": answers, "failed_attempts": () if run.get("training") else failed}, contrast
