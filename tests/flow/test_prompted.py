"""The untuned model asked with essays before the topic: a row of the plan, in the record and the entry, and no more."""

from __future__ import annotations

import json

import pytest

from ownvoice.config import ExperimentConfig
from ownvoice.errors import PairsError
from ownvoice.essays.check import read_pairs
from ownvoice.run.rejudge import material_of_run
from tests.flow.studio import Studio


def prompted(studio: Studio, **decoding: int) -> ExperimentConfig:
    config = studio.config()
    return config.model_copy(update={"prompted": True, "decoding": config.decoding.model_copy(update=decoding)})


def test_the_untuned_model_is_asked_once_more_and_nothing_else_changes(studio: Studio) -> None:
    studio.run()
    plain = studio.calls()
    studio.run_with(prompted(studio))
    assert studio.calls() == ["generate baseline"]
    assert "train" in plain
    first, second = studio.record(1), studio.record(2)
    assert second.prompted_with == ("2", "1", "0")  # the closest to the voice stands last
    assert second.prompted.outputs is not None
    assert (first.prompted.outputs, first.prompted_with) == (None, ())
    assert second.tuned == first.tuned
    assert first.analysis is not None
    assert second.analysis is not None
    assert second.analysis.findings.verdict == first.analysis.findings.verdict  # type: ignore[union-attr]
    assert "**Before training, shown 3 of your essays first**" in studio.logbook()


def test_its_answers_are_a_file_and_are_judged_again(studio: Studio) -> None:
    written = studio.run_with(prompted(studio))
    rows = [json.loads(line) for line in (written.folder / "prompted.jsonl").read_text().splitlines()]
    assert len(rows) == len(written.record.prompted.outputs.outputs)  # type: ignore[union-attr]
    material = material_of_run(written.record, read_pairs(studio.essays))
    assert material.prompted is not None
    assert [answer.text for answer in material.prompted.all] == [row["text"] for row in rows]


def test_a_context_that_holds_no_essay_is_refused(studio: Studio) -> None:
    with pytest.raises(PairsError, match="prompted: no essay fits before a topic and 480 tokens of answer"):
        studio.run_with(prompted(studio, max_new_tokens=480))
    assert not studio.log.exists()
