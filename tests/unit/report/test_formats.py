"""A run's folder holds its answers as JSON lines that anybody, `ownvoice judge` among them, can read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ownvoice.essays.check import figures_of
from ownvoice.paths import ROOT
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.run import PlaceboRun, RunRecord, SeedRun
from ownvoice.report.kept.formats import files_of
from ownvoice.report.kept.runs import read_record, write_record
from ownvoice.run.rejudge import material_of_run
from ownvoice.voice.answer_files import AnswerFiles, read_answers
from tests.unit.records_for_tests import (
    baseline_for_tests,
    failed_record_for_tests,
    outputs_for_tests,
    pair_set_for_tests,
    record_for_tests,
)


def answers(voice: str) -> ModelAnswers:
    return ModelAnswers(outputs=outputs_for_tests({"A": voice, "B": f"{voice} again"}, voice))


def trained_often() -> RunRecord:
    """Two seeds, two placebos."""
    seeds = tuple(SeedRun(seed=seed, answers=answers(f"seed {seed}")) for seed in (14, 15))
    placebos = tuple(
        PlaceboRun(
            writer=writer,
            figures=(),
            answers=answers(writer),
            seeds=(SeedRun(seed=14, answers=answers(f"{writer} of 14")),),
        )
        for writer in ("columnist", "newsletter")
    )
    return record_for_tests(seeds=seeds, placebo=placebos[0], further_placebos=placebos[1:])


def once() -> RunRecord:
    return record_for_tests(placebo=PlaceboRun(figures=(), answers=ModelAnswers(outputs=baseline_for_tests())))


@pytest.mark.parametrize(("record", "models"), [(once(), (1, [1])), (trained_often(), (3, [2, 2]))])
def test_what_is_read_from_the_files_of_a_run_is_what_its_verdict_was_made_of(
    tmp_path: Path, record: RunRecord, models: tuple[int, list[int]]
) -> None:
    pairs = pair_set_for_tests()
    folder = write_record(tmp_path, record)
    placebos = tuple(folder / file for file in files_of(record) if file.startswith("placebo"))
    read = read_answers(AnswerFiles(folder / "baseline.jsonl", folder / "tuned.jsonl", placebos))
    figures = tuple(figures_of(pair, 1) for pair in pairs.pairs)
    assert record.data is not None
    material = material_of_run(
        record.model_copy(update={"data": record.data.model_copy(update={"figures": figures})}), pairs.pairs
    )
    assert read.baseline == material.baseline
    assert read.tuned == material.tuned
    assert read.placebos == tuple(placebo.models for placebo in material.placebos)
    assert read.notes == ()
    assert (len(read.tuned), [len(each) for each in read.placebos]) == models


def test_answers_of_several_trainings_name_theirs_and_those_of_one_name_none() -> None:
    files = files_of(trained_often())
    assert [name for name in files if name.endswith(".jsonl")] == [
        "baseline.jsonl",
        "tuned.jsonl",
        "placebo.jsonl",
        "placebo-2.jsonl",
    ]
    assert trainings_in(files["tuned.jsonl"]) == {13, 14, 15}
    assert trainings_in(files["placebo-2.jsonl"]) == {13, 14}
    assert trainings_in(files["baseline.jsonl"]) == trainings_in(files_of(once())["tuned.jsonl"]) == {None}


def trainings_in(text: str) -> set[int | None]:
    return {json.loads(line).get("training") for line in text.splitlines()}


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
