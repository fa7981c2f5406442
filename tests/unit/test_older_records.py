"""Records of format 1, as version 0.1 wrote them, are read, rendered and listed as records of today."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ownvoice.config import THIRD_AUTHORS
from ownvoice.older_records import upgraded
from ownvoice.records.run import RunRecord
from ownvoice.report.entry.entry import render_entry
from ownvoice.report.kept.runs import read_record, stored_runs

FORMAT_1 = Path(__file__).with_name("records") / "smoke-test-of-format-1.json"
ENTRY = Path(__file__).with_name("records") / "smoke-test-of-format-1.md"


def values_of_format_1() -> dict[str, Any]:
    values: dict[str, Any] = json.loads(FORMAT_1.read_text())
    return values


def test_a_record_as_version_0_1_wrote_it_gives_an_entry_of_today_and_says_less_where_it_holds_less() -> None:
    entry = render_entry(read_record(FORMAT_1))
    assert entry == ENTRY.read_text()
    assert "- You, on" not in entry
    assert "You: “" not in entry


def test_every_figure_of_it_is_kept() -> None:
    old, record = values_of_format_1(), read_record(FORMAT_1)
    new = record.model_dump(mode="json")
    assert old["format_version"] == 1
    for model in ("baseline", "tuned"):
        for essay in (*new[model]["likelihoods"]["own"], *new[model]["likelihoods"]["control"]):
            assert essay.pop("characters") == 0
        answers = {"outputs": old[model]} | {name: old[f"{model}_{name}"] for name in ("likelihoods", "prefixes")}
        assert new[model] == answers
    assert new["analysis"]["likelier"]["tuned"] == {"unit": "token", **old["contrast"]}
    assert new["training"] == {**old["training"], "looks": [], "kept_epoch": None}
    assert [attempt.model_dump() for attempt in record.attempts] == old["attempts"]
    later = {"columns": {}, "order": "tier", "placebos": "", "third_authors": THIRD_AUTHORS}
    assert new["config"].pop("data") == {**old["config"].pop("data"), **later}
    assert [new["config"]["training"].pop(name) for name in ("seeds", "keep", "look_every")] == [1, "last", 0]
    assert new["config"].pop("prompted") is False
    assert new["config"]["prompt"].pop("format") == "own"
    assert (record.seeds, record.further_placebos) == ((), ())
    assert record.trainings == (record.training,)
    assert new["data"] == {**old["data"], "fingerprint": ""}
    assert [step.pop("made_on") for step in new["steps"]] == [""] * len(old["steps"])
    for name in ("config", "machine", "model", "steps", "key", "waited_seconds"):
        assert new[name] == old[name], name


def test_a_failed_run_keeps_its_attempts_and_a_placebo_its_answers() -> None:
    old = values_of_format_1()
    attempt = {"rung": "as configured", "predicted_bytes": 1, "reached_bytes": None, "ended": "OutOfMemory"}
    placebo = {
        "figures": old["data"]["figures"],
        "notes": ["as long"],
        "training": None,
        "attempts": [attempt],
        "outputs": old["baseline"],
        "likelihoods": old["baseline_likelihoods"],
        "contrast": old["contrast"],
    }
    failed = old | {"training": None, "attempts": [attempt, attempt], "placebo": placebo, "tuned": None}
    record = RunRecord.model_validate(upgraded(failed))
    assert len(record.attempts) == 2
    assert record.placebo is not None
    assert len(record.placebo.attempts) == 1
    assert record.placebo.answers.outputs is not None
    assert record.analysis is not None
    assert record.analysis.likelier.against_placebo is not None


def test_a_record_of_today_is_left_as_it_is() -> None:
    values = read_record(FORMAT_1).model_dump(mode="json")
    assert values["format_version"] == 2
    assert upgraded(values) == values


def test_an_old_run_counts_among_the_stored_runs(tmp_path: Path) -> None:
    folder = tmp_path / "1-smoke-test-smollm2-135m"
    folder.mkdir()
    (folder / "record.json").write_text(FORMAT_1.read_text())
    (run,) = stored_runs(tmp_path)
    assert run.record.number == 1


@pytest.mark.parametrize("broken", ['{"format_version": 1}', '{"format_version": 1, "config": 3}', "[]", "no JSON"])
def test_a_broken_record_is_no_run(tmp_path: Path, broken: str) -> None:
    folder = tmp_path / "1-smoke-test-smollm2-135m"
    folder.mkdir()
    (folder / "record.json").write_text(broken)
    assert list(stored_runs(tmp_path)) == []
