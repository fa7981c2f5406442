"""Lists the files of a run's folder that a person looks at, each made from the run's record alone.

A further format is a line in the table: a template in templates/ with its values, or a function that makes the text. The
files of answers are as many as the run has placebos.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from ownvoice.paths import PICTURE_NAME
from ownvoice.records.answers import ModelAnswers, Output
from ownvoice.records.essays import Canary, Probe
from ownvoice.records.run import RunRecord
from ownvoice.report.entry.entry import view_of
from ownvoice.report.pictures.voice_axis import axis_of
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
    return _answer_files(record) | {file: text for file, text in texts.items() if text is not None}


def _filled(template: str, values: Values, record: RunRecord) -> str | None:
    found = values(record)
    return None if found is None else render(template, found)


def _answer_files(record: RunRecord) -> dict[str, str]:
    """As `ownvoice judge` reads them: a file for the untuned model, the author's own models, and each placebo's."""
    untuned = {None: record.baseline} if record.baseline.outputs else {}
    prompted = {None: record.prompted} if record.prompted.outputs else {}
    models: dict[str, Mapping[Any, ModelAnswers]] = {
        "baseline": untuned,
        "prompted": prompted,
        "tuned": record.answers_by_seed(),
    }
    for number, placebo in enumerate(record.placebos, start=1):
        models["placebo" if number == 1 else f"placebo-{number}"] = record.answers_by_seed(placebo)
    return {f"{name}.jsonl": _rows(record, by_seed) for name, by_seed in models.items() if by_seed and record.data}


def _rows(record: RunRecord, by_seed: Mapping[int | None, ModelAnswers]) -> str:
    """A row an answer; of several trainings each with its seed."""
    rows = (
        _row(record, output, seed if len(by_seed) > 1 else None)
        for seed, answers in by_seed.items()
        for output in (answers.outputs.outputs if answers.outputs else ())
    )
    return "".join(json.dumps(row.model_dump(exclude_defaults=True), ensure_ascii=False) + "\n" for row in rows)


def _row(record: RunRecord, output: Output, training: int | None) -> AnswerRow:
    data = record.data
    assert data is not None, "answers are made once the data is known"
    asked: tuple[Canary | Probe, ...] = (*data.canaries, *data.probes)
    return AnswerRow(
        id=output.prompt_id,
        prompt=next(prompt.topic for prompt in asked if prompt.id == output.prompt_id),
        sample=output.sample,
        seed=record.config.decoding.seed,
        text=output.text,
        canary=output.prompt_id in {canary.id for canary in data.canaries},
        cut_off=output.cut_off,
        training=training,
    )


FORMATS: tuple[Format, ...] = (
    Format(PICTURE_NAME, partial(_filled, "voice_axis.svg.j2", lambda record: axis_of(record.figures))),
    Format("entry.md", partial(_filled, "log_entry.md.j2", lambda record: view_of(record, PICTURE_NAME))),
)
