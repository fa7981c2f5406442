"""Renders the model card of an export from the run's record: what it is, what was found, how it is loaded.

No text of an essay stands in it, and none of a model: reasons and signs quote both, so figures alone are taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import yaml

from ownvoice.export.adapter import FOLDER
from ownvoice.export.material import Material
from ownvoice.export.modelfile import EXAMPLE
from ownvoice.markdown import Markdown
from ownvoice.models.known import published_as
from ownvoice.models.prompt_format import format_prompt
from ownvoice.records.essays import SPLITS, DataSummary
from ownvoice.records.run import RunRecord
from ownvoice.report.render import render
from ownvoice.voice.results import CopyFigure

SETTINGS = ("training.", "prompt.format", "decoding.")
"""By how their names begin. Where the essays lie is nobody else's."""
Row = tuple[str, str]


def model_card(material: Material) -> str:
    """README.md as the hub reads it."""
    record, info, prompt_format = material.tuned.record, material.tuned.info, material.tuned.reading.prompt_format
    analysis = record.analysis
    findings = analysis.findings if analysis else None
    values: dict[str, Any] = {
        "header": Markdown(_header(material)),
        "name": material.name,
        "record": record,
        "info": info,
        "base": published_as(info),
        "source": None if info.source.startswith("folder ") else info.source,
        "training": material.tuned.training,
        "settings": [each for each in record.settings.items() if each[0].startswith(SETTINGS)],
        "data": list(_data_rows(record.data)),
        "verdict": findings.verdict.direction if findings else None,
        "distances": findings.figures.distances if findings and findings.figures else None,
        "memorised": findings.memorisation.level if findings else "unknown",
        "copied": [_copy_row(figure) for figure in findings.memorisation.figures] if findings else [],
        "prompt": format_prompt(prompt_format, record.config.prompt.instruction, EXAMPLE),
        "prompt_literal": Markdown(_literal(format_prompt(prompt_format, record.config.prompt.instruction, EXAMPLE))),
        "max_new_tokens": record.config.decoding.max_new_tokens,
        "adapter": FOLDER if material.tuned.is_adapter else None,
        "gguf": material.gguf if (material.folder / material.gguf).exists() else None,
        "adds_bos": material.adds_bos,
        "licence": material.licence,
    }
    return render("model_card.md.j2", values)


def _header(material: Material) -> str:
    info, licence = material.tuned.info, material.licence
    base = published_as(info)
    header: dict[str, Any] = {"base_model": base, "base_model_relation": "finetune"} if "/" in base else {}
    header |= {"license": licence.hub_name}
    if licence.hub_name == "other":
        header |= {"license_name": "see-the-base-model"}
    tags = ["ownvoice", "fine-tuned", *(["lora"] if material.tuned.is_adapter else [])]
    tags += ["gguf"] if (material.folder / material.gguf).exists() else []
    header |= {"language": ["en"], "library_name": "transformers", "pipeline_tag": "text-generation", "tags": tags}
    return str(yaml.safe_dump(header, sort_keys=False, allow_unicode=False))


def _data_rows(data: DataSummary | None) -> Iterator[tuple[str, int, int, str]]:
    """(split, essays, words, tiers): how much it was, and none of it."""
    for split in SPLITS:
        figures = [each for each in data.figures if each.split == split] if data else []
        tiers = Counter(each.tier for each in figures)
        shown = ", ".join(f"{number} of tier {tier}" for tier, number in sorted(tiers.items()))
        yield split, len(figures), sum(each.words for each in figures), shown


def _copy_row(figure: CopyFigure) -> tuple[str, str, str, str]:
    return figure.name, _shown(figure.tuned), _shown(figure.base), figure.level


def _shown(value: float) -> str:
    """Counts are whole numbers, shares are of 1."""
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.1%}"


def _literal(text: str) -> str:
    """As Python reads it; what is not plain ASCII is written by its number."""
    return ascii(text)


def is_memorised(record: RunRecord) -> bool | None:
    """Whether the run found that its model recites an essay; None where that was never looked at."""
    findings = record.analysis.findings if record.analysis else None
    return findings.memorisation.level == "fail" if findings else None
