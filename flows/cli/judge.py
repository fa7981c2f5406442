"""Carries out `ownvoice judge`: the verdict on answers in files, or once more on those of a stored run. Nothing is trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from flows.cli.arguments import essays_typed
from flows.cli.references import find_run
from flows.cli.texts import TAKEN, columns_typed, read_essays
from ownvoice.errors import VoiceError
from ownvoice.essays.check import NO_COLUMNS, read_pairs
from ownvoice.essays.place import HUB, essays_place, have_here
from ownvoice.essays.writers import writer_at
from ownvoice.paths import artifacts_folder
from ownvoice.paths import resolve as resolve_path
from ownvoice.records.run import RunRecord
from ownvoice.report.entry.judgement import render_judgement
from ownvoice.run.rejudge import material_of_run
from ownvoice.voice.answer_files import AnswerFiles, read_answers
from ownvoice.voice.examine import examine
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.library import open_library
from ownvoice.voice.material import Material
from ownvoice.voice.outside import PlaceboAuthor, material_from

SAME = "Run {number} found the very same, figure for figure."
OTHER = (
    "Run {number} found “{direction}”, with other figures: the essays, the other writers or ownvoice itself have changed "
    "since, or --background names others."
)
FLAGS = {"settings": "set", "placebo_author": "placebo-author"}
OF_FILES = ("author", "trained", "baseline", "tuned", "placebo", "placebo_author", "settings")
DIGITS = 6  # beyond them a sum depends on the processor that makes it


class ToJudge(NamedTuple):
    """As it was typed."""

    run: str | None = None
    """Number of a run, or a folder or file with its record; the rest is then the run's."""
    author: str | None = None
    trained: str | None = None
    baseline: Path | None = None
    tuned: Path | None = None
    placebo: tuple[Path, ...] = ()
    background: Path | None = None
    settings: tuple[str, ...] = ()
    placebo_author: tuple[str, ...] = ()
    """The essays that each placebo was trained on, in the order of its answers; none where they aren't known."""


def judge_text(typed: ToJudge, as_json: bool) -> str:
    """The verdict with what it rests on, or the findings as JSON.

    Raises:
        VoiceError: essays and answers that can't be judged, with every problem at once.
        LogbookError: there is no such run.
    """
    if typed.run is not None:
        return _judged_again(typed, typed.run, as_json)
    material, notes = _from_files(typed)
    findings = examine(material, open_library(typed.background))
    return _shown(findings, material, notes, as_json)


def _judged_again(typed: ToJudge, run: str, as_json: bool) -> str:
    if given := [f"--{FLAGS.get(name, name)}" for name in OF_FILES if getattr(typed, name)]:
        raise VoiceError(f"--run beside {', '.join(given)}", "a run, whose essays and answers are known, or files")
    record = find_run(run, artifacts_folder()).record
    named, data = record.config.data.background, record.config.data
    have_here(data.pairs)
    material = material_of_run(record, read_pairs(essays_place(data.pairs), data.columns))
    findings = examine(material, open_library(typed.background or (resolve_path(named) if named else None)))
    return _shown(findings, material, _beside_record(findings, record), as_json)


def _beside_record(findings: VoiceFindings, record: RunRecord) -> tuple[str, ...]:
    found = record.analysis.findings if record.analysis else None
    if found is None:
        return ()
    how = SAME if _rounded(found) == _rounded(findings) else OTHER
    return (how.format(number=record.number, direction=found.verdict.direction),)


def _rounded(findings: VoiceFindings) -> Any:
    return json.loads(findings.model_dump_json(), parse_float=lambda figure: round(float(figure), DIGITS))


def _from_files(typed: ToJudge) -> tuple[Material, tuple[str, ...]]:
    author, baseline, tuned = typed.author, typed.baseline, typed.tuned
    if author is None or baseline is None or tuned is None:
        lacking = [f"--{name}" for name in ("author", "baseline", "tuned") if getattr(typed, name) is None]
        raise VoiceError(f"no {', no '.join(lacking)}", "the author's essays and two files of answers; or --run N")
    problems: list[str] = []
    columns = columns_typed(typed.settings)
    essays = read_essays(author, columns, problems)
    trained = read_essays(typed.trained, columns, problems) if typed.trained else essays
    others = [_placebo_author(place, problems) for place in typed.placebo_author]
    try:
        answers = read_answers(AnswerFiles(baseline, tuned, typed.placebo))
    except VoiceError as error:
        if not problems:
            raise
        raise VoiceError("\n".join([*problems, error.found]), error.expected, error.remedy) from None
    if problems:
        raise VoiceError("\n".join(problems), TAKEN)
    return material_from(essays, trained, answers, others), answers.notes


def _placebo_author(place: str, problems: list[str]) -> PlaceboAuthor:
    """Columns are mapped for the author's own set alone."""
    named = place if place.startswith(HUB) else str(essays_typed(place))
    return PlaceboAuthor(writer_at(named).name, read_essays(place, NO_COLUMNS, problems))


def _shown(findings: VoiceFindings, material: Material, notes: tuple[str, ...], as_json: bool) -> str:
    if as_json:
        return findings.model_dump_json(indent=2, ensure_ascii=True)
    return render_judgement(findings, material, notes)
