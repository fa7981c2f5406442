"""Lists the files of a run's folder that a person looks at, each made from the run's record alone.

A further format is a line in the table: a template in templates/ with its values, or a function that makes the text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from ownvoice.paths import PICTURE_NAME
from ownvoice.records import Canary, ModelAnswers, Probe, RunRecord
from ownvoice.report.entry import view_of
from ownvoice.report.picture import axis_of
from ownvoice.report.render import render
from ownvoice.voice.results import AnswerRow

Values = Callable[[RunRecord], dict[str, Any] | None]
"""What a template uses; None where the run has nothing to show in it."""


class Format(NamedTuple):
    """One file of a run's folder."""

    file: str
    text: Callable[[RunRecord], str | None]
    """None where the run has nothing to show in it."""


def files_of(record: RunRecord) -> dict[str, str]:
    """The text of every file that the run has something to show in, by its name."""
    texts = {each.file: each.text(record) for each in FORMATS}
    return {file: text for file, text in texts.items() if text is not None}


def _filled(template: str, values: Values, record: RunRecord) -> str | None:
    found = values(record)
    return None if found is None else render(template, found)


def _answers(model: Callable[[RunRecord], ModelAnswers | None], record: RunRecord) -> str | None:
    """As `ownvoice judge` reads them."""
    answered, data = model(record), record.data
    if answered is None or answered.outputs is None or data is None:
        return None
    asked: tuple[Canary | Probe, ...] = (*data.canaries, *data.probes)
    topics = {prompt.id: prompt.topic for prompt in asked}
    canaries = {canary.id for canary in data.canaries}
    rows = [
        AnswerRow(
            id=output.prompt_id,
            prompt=topics[output.prompt_id],
            sample=output.sample,
            seed=record.config.decoding.seed,
            text=output.text,
            canary=output.prompt_id in canaries,
            cut_off=output.cut_off,
        )
        for output in answered.outputs.outputs
    ]
    return "".join(json.dumps(row.model_dump(exclude_defaults=True), ensure_ascii=False) + "\n" for row in rows)


FORMATS: tuple[Format, ...] = (
    Format("baseline.jsonl", partial(_answers, lambda record: record.baseline)),
    Format("tuned.jsonl", partial(_answers, lambda record: record.tuned)),
    Format("placebo.jsonl", partial(_answers, lambda record: record.placebo.answers if record.placebo else None)),
    Format(PICTURE_NAME, partial(_filled, "voice_axis.svg.j2", lambda record: axis_of(record.figures))),
    Format("entry.md", partial(_filled, "log_entry.md.j2", lambda record: view_of(record, PICTURE_NAME))),
)
