"""A run of another machine is adopted only where it is the one that is asked for, and can be logged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ownvoice.config import ExperimentConfig
from ownvoice.records.run import RunRecord
from ownvoice.report.kept.runs import allocate_and_write
from ownvoice.report.kept.shared_runs import find_shared_run, share_run
from ownvoice.run.cache_keys import fetch_key
from ownvoice.run.depot import Depot
from ownvoice.run.depot_places import Folder
from ownvoice.run.resolve import experiment_of
from ownvoice.run.stored import store
from tests.unit.records_for_tests import failed_record_for_tests, model_for_tests, record_for_tests

KEY = "5" * 32
HERE = ExperimentConfig.model_validate({"data": {"pairs": "here/pairs"}})


@pytest.fixture(autouse=True)
def artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path / "artifacts"))


class Shared:
    """A depot with one run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.told = folder, list[str]()
        self.depot = Depot("depot", Folder(folder), self.told.append)

    def lay(self, values: dict[str, Any]) -> None:
        path = self.folder / "runs" / KEY / "record.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(values))

    def find(self) -> RunRecord | None:
        return find_shared_run(self.depot, KEY, lambda kind: experiment_of(HERE, KEY, kind))


@pytest.fixture
def shared(tmp_path: Path) -> Shared:
    return Shared(tmp_path / "depot")


def whole(**changes: Any) -> dict[str, Any]:
    return record_for_tests(7, key=KEY).model_dump(mode="json") | changes


def test_a_completed_run_is_found_with_the_machine_that_ran_it_and_the_places_of_this_one(
    shared: Shared, tmp_path: Path
) -> None:
    run = allocate_and_write(tmp_path / "one", lambda number: record_for_tests(number, key=KEY))
    share_run(shared.depot, run)
    found = shared.find()
    assert found is not None
    assert found.adopted
    assert found.config == HERE
    assert found.settings["data.pairs"] == "here/pairs"
    same = {"adopted": False, "config": run.record.config, "settings": run.record.settings}
    assert found.model_copy(update=same) == run.record
    assert [path.name for path in shared.folder.rglob("*") if path.is_file()] == ["record.json"]
    assert shared.told == []


@pytest.mark.parametrize(
    "record",
    [failed_record_for_tests(1, key=KEY), record_for_tests(1, key=KEY, adopted=True)],
    ids=["failed", "adopted"],
)
def test_neither_a_failed_run_nor_an_adopted_one_is_shared(shared: Shared, tmp_path: Path, record: RunRecord) -> None:
    share_run(shared.depot, allocate_and_write(tmp_path / "here", lambda _number: record))
    assert not shared.folder.exists()


def test_a_run_that_was_there_before_the_depot_is_shared_and_takes_the_place_of_none(
    shared: Shared, tmp_path: Path
) -> None:
    def again() -> None:
        share_run(shared.depot, allocate_and_write(tmp_path, lambda number: record_for_tests(number, key=KEY)))

    allocate_and_write(tmp_path, lambda number: record_for_tests(number, key=KEY))
    again()
    (path,) = shared.folder.rglob("record.json")
    assert json.loads(path.read_text())["key"] == KEY
    path.write_text("another machine's")
    again()
    assert path.read_text() == "another machine's"


def forged_answers() -> dict[str, Any]:
    """To a prompt that was never asked: a row of the run's files that can't be made."""
    baseline = whole()["baseline"]
    baseline["outputs"]["outputs"][0]["prompt_id"] = "nobody's"
    return baseline  # type: ignore[no-any-return]


def trained_longer() -> dict[str, Any]:
    config = whole()["config"]
    config["training"]["epochs"] += 1
    return config  # type: ignore[no-any-return]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "another experiment's": ({"key": "6" * 32}, f"it is of the experiment {'6' * 32}"),
    "failed": ({"status": "failed"}, "was not completed"),
    "without a training": ({"training": None}, "was not completed"),
    "without findings": ({"analysis": whole()["analysis"] | {"findings": None}}, "was not completed"),
    "of other settings": ({"config": trained_longer()}, "it has other settings"),
    "of other fields": ({"files": {"../../x": "rm"}}, "Extra inputs"),
    "that can't be shown": ({"baseline": forged_answers()}, "it can't be shown"),
    "of a newer format": ({"format_version": 3}, "Input should be 2"),
}


@pytest.mark.parametrize(("changes", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_record_is_refused(shared: Shared, changes: dict[str, Any], why: str) -> None:
    shared.lay(whole(**changes))
    assert shared.find() is None
    (told,) = shared.told
    assert told.startswith(f"runs/{KEY}/record.json in the depot depot is ignored: ")
    assert why in told


def test_a_record_names_neither_its_folder_nor_its_number(shared: Shared, tmp_path: Path) -> None:
    shared.lay(whole(number=10**9, phase="../../..", model_name="../x", settings={}))
    found = shared.find()
    assert found is not None
    written = allocate_and_write(tmp_path / "here", lambda number: found.model_copy(update={"number": number}))
    assert written.folder == tmp_path / "here" / "runs" / "1-smoke-test-smollm2-135m"


def test_a_run_of_another_revision_of_the_model_than_was_fetched_here_is_refused(shared: Shared) -> None:
    shared.lay(whole())
    fetched = model_for_tests().model_copy(update={"files": ()})
    store(fetch_key(HERE.model, HERE.revision), fetched, made_on="")
    assert shared.find() is not None
    store(fetch_key(HERE.model, HERE.revision), fetched.model_copy(update={"revision": "a newer one"}), made_on="")
    assert shared.find() is None
    assert "and here is a newer one" in shared.told[0]
