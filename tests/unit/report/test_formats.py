"""A run's folder holds its answers as JSON lines that anybody, `ownvoice judge` among them, can read."""

from __future__ import annotations

from pathlib import Path

from ownvoice.analysis.compare import material_of
from ownvoice.paths import ROOT
from ownvoice.records import ModelAnswers, PlaceboRun, RunRecord
from ownvoice.report.formats import files_of
from ownvoice.report.runs import read_record, write_record
from ownvoice.voice.answer_files import AnswerFiles, read_answers
from tests.unit.records_for_tests import (
    baseline_for_tests,
    failed_record_for_tests,
    pair_set_for_tests,
    record_for_tests,
)


def with_placebo() -> RunRecord:
    placebo = PlaceboRun(figures=(), answers=ModelAnswers(outputs=baseline_for_tests()))
    return record_for_tests(placebo=placebo)


def test_what_is_read_from_the_files_of_a_run_is_what_its_verdict_was_made_of(tmp_path: Path) -> None:
    record, pairs = with_placebo(), pair_set_for_tests()
    assert record.placebo is not None
    folder = write_record(tmp_path, record)
    files = AnswerFiles(folder / "baseline.jsonl", folder / "tuned.jsonl", folder / "placebo.jsonl")
    answers = read_answers(files)
    material = material_of(pairs, pairs.pairs, record.baseline, record.tuned, record.placebo.answers)
    assert answers.baseline == material.baseline
    assert (answers.tuned,) == material.tuned
    assert [placebo.models for placebo in material.placebos] == [(answers.placebo,)]
    assert answers.notes == ()


def test_a_model_that_was_not_asked_has_no_file() -> None:
    assert "placebo.jsonl" not in files_of(record_for_tests())
    failed = failed_record_for_tests(1)
    assert failed.tuned.outputs is None
    assert failed.baseline.outputs is not None
    assert "tuned.jsonl" not in files_of(failed)
    assert "baseline.jsonl" in files_of(failed)


def test_the_answers_of_the_shipped_example_are_those_of_its_record() -> None:
    example = ROOT / "artifacts" / "example"
    made = files_of(read_record(example))
    for name in ("baseline.jsonl", "tuned.jsonl"):
        assert (example / name).read_text("utf-8") == made[name]
