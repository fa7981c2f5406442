"""Stored runs in hand: `runs`, `show`, `diff`, `rm`, as they are typed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli.references import find_document, find_run, named
from flows.cli.runs import diff_text, rm_text, runs_text, show_text
from ownvoice.errors import LogbookError
from ownvoice.files import exclusive
from ownvoice.paths import ROOT
from ownvoice.report.kept.runs import allocate_and_write
from ownvoice.report.kept.series import allocate_and_write_series
from ownvoice.report.log.logbook import numbers_in
from tests.unit.records_for_tests import failed_record_for_tests, record_for_tests
from tests.unit.report.test_series import series_for_tests


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs 1 to 3, of which the last failed, and Series 1 of the first two: once, for drawing a series takes long."""
    folder = tmp_path_factory.mktemp("written")
    for build in (record_for_tests, record_for_tests, failed_record_for_tests):
        allocate_and_write(folder, build)
    allocate_and_write_series(folder, series_for_tests)
    return folder


@pytest.fixture
def artifacts(tmp_path: Path, written: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path))
    return tmp_path


def yes(_question: str) -> bool:
    return True


def numbers(artifacts: Path) -> set[str]:
    return {path.name.partition("-")[0] for path in (artifacts / "runs").iterdir()}


def test_show_tells_the_verdict_the_figures_and_the_places(artifacts: Path) -> None:
    text = show_text("1", json=False)
    log = artifacts / "EXPERIMENT_LOG.md"
    assert "Voice: insufficient evidence." in text
    assert "Loss on unseen essays, after" in text
    (line,) = [each for each in text.splitlines() if each.startswith("Entry:")]
    at = int(line.split("line ")[1].split(" ")[0])
    assert log.read_text().splitlines()[at - 1] == "## Run 1: smoke-test, smollm2-135m"
    assert str(artifacts / "runs" / "1-smoke-test-smollm2-135m") in text
    assert "Weights: none here any more" in text


def test_show_takes_a_failed_run_a_series_a_folder_and_else_the_newest(artifacts: Path) -> None:
    newest = show_text(None, json=False)
    assert newest == show_text("3", json=False)
    assert "failed: OutOfMemory" in newest
    assert "needs 27.9 GiB, 14.6 GiB are free" in newest
    series = show_text("series-1", json=False)
    assert "It is open." in series
    assert "3 of 13 pairs: Run 1" in series
    assert show_text(str(artifacts / "runs" / "1-smoke-test-smollm2-135m"), json=False) == show_text("1", json=False)


def test_what_names_no_run_is_told(artifacts: Path) -> None:
    with pytest.raises(LogbookError, match="one of: 1, 2, 3"):
        find_run("9", artifacts)
    with pytest.raises(LogbookError, match="is a series"):
        find_run("series-1", artifacts)
    with pytest.raises(LogbookError, match="'x' names no run"):
        find_document("x", artifacts)
    assert named("Series 2") == ("series", 2)
    (artifacts / "runs" / "1-smoke-test-smollm2-135m" / "record.json").write_text("{")
    with pytest.raises(LogbookError, match="record that ownvoice wrote"):
        diff_text("1", "2", json=False)


def test_rm_removes_what_no_series_rests_on(artifacts: Path) -> None:
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return True

    told = rm_text(["3"], with_series=False, ask=ask, json=False)
    assert asked == [f"Remove Run 3 from {artifacts}, with its entry in the log?"]
    assert told == "Run 3 is removed, and its entry in the log."
    assert numbers(artifacts) == {"1", "2"}
    assert numbers_in(artifacts / "EXPERIMENT_LOG.md") == {1, 2}


def test_rm_takes_a_series_along_only_where_that_is_said(artifacts: Path) -> None:
    with pytest.raises(LogbookError, match="Series 1 rests on"):
        rm_text(["1"], with_series=False, ask=yes, json=False)
    assert numbers(artifacts) == {"1", "2", "3"}
    rm_text(["1"], with_series=True, ask=yes, json=False)
    assert numbers(artifacts) == {"2", "3"}
    assert not list((artifacts / "series").iterdir())
    assert numbers_in(artifacts / "EXPERIMENT_LOG.md", "series") == frozenset()


def test_rm_takes_runs_of_a_series_that_is_removed_with_them(artifacts: Path) -> None:
    rm_text(["2", "series-1", "1"], with_series=False, ask=yes, json=False)
    assert numbers(artifacts) == {"3"}


def test_rm_removes_nothing_where_the_answer_is_no_one_is_missing_or_in_use(artifacts: Path) -> None:
    with pytest.raises(LogbookError, match="nothing was removed"):
        rm_text(["3"], with_series=False, ask=lambda _question: False, json=False)
    with pytest.raises(LogbookError, match="there is no Series 4, Run 8"):
        rm_text(["3", "8", "series-4"], with_series=False, ask=yes, json=False)
    with exclusive(artifacts / "locks" / "key3.lock"), pytest.raises(LogbookError, match="Run 3: the same"):
        rm_text(["3"], with_series=False, ask=yes, json=False)
    assert numbers(artifacts) == {"1", "2", "3"}
    assert numbers_in(artifacts / "EXPERIMENT_LOG.md") == {1, 2, 3}


def test_rm_takes_the_entry_of_a_folder_that_was_removed_by_hand(artifacts: Path) -> None:
    shutil.rmtree(next((artifacts / "runs").glob("3-*")))
    assert "folder is gone" in runs_text(json=False)
    rm_text(["3"], with_series=False, ask=yes, json=False)
    assert numbers_in(artifacts / "EXPERIMENT_LOG.md") == {1, 2}


def test_rm_tells_of_weights_that_no_other_run_needs(artifacts: Path) -> None:
    training = record_for_tests().training
    assert training is not None
    weights = artifacts / "cache" / "weights" / Path(training.weights.path).parent.name
    weights.mkdir(parents=True)
    (weights / "model.safetensors").write_bytes(bytes(5 * 2**20))
    rm_text(["series-1"], with_series=False, ask=yes, json=False)
    assert "Weights" not in rm_text(["1"], with_series=False, ask=yes, json=False)
    assert "no run needs any more, 5 MiB" in rm_text(["2"], with_series=False, ask=yes, json=False)
    assert (weights / "model.safetensors").exists()


def test_without_a_terminal_rm_asks_for_a_yes_and_a_pipe_that_closes_is_no_fault(artifacts: Path) -> None:
    shell = (
        f"{sys.executable} -m flows.cli.app rm 3 </dev/null; echo $?; {sys.executable} -m flows.cli.app log 1 | head -1"
    )
    done = subprocess.run(["bash", "-c", shell], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "2\n## Run 1: smoke-test, smollm2-135m\n"
    assert "add --yes" in done.stderr
    assert "Traceback" not in done.stderr
    assert numbers(artifacts) == {"1", "2", "3"}


def test_open_shows_the_report_of_a_run_or_a_series_in_the_browser(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = artifacts / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {artifacts}/opened\n')
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER", str(browser))
    pages = [artifacts / "reports" / name for name in ("run-1.html", "series-1.html")]
    for typed, page in zip(("1", "series-1"), pages, strict=True):
        program = [sys.executable, "-m", "flows.cli.app", "open", typed]
        assert subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True).stdout == f"{page}\n"
        assert page.read_text().startswith("<!doctype html>")
    assert (artifacts / "opened").read_text() == "".join(f"{page.as_uri()}\n" for page in pages)


def test_as_json_each_has_what_it_shows(artifacts: Path) -> None:
    rows = json.loads(runs_text(json=True))["rows"]
    assert [(row["of"], row["number"]) for row in rows][-1] == ("series", 1)
    shown = json.loads(show_text("1", json=True))
    assert (shown["number"], shown["verdict"]) == (1, "insufficient evidence")
    assert {figure["name"]: figure["value"] for figure in shown["figures"]}["Loss on unseen essays, after"] == 3.2287
    assert json.loads(diff_text("1", "2", json=True))["settings"] == []
    removed = json.loads(rm_text(["3"], with_series=False, ask=yes, json=True))
    assert removed["removed"] == [{"of": "run", "number": 3, "remains": "nothing", "line": 1, "kept": []}]
    assert removed["logbook"] == str(artifacts / "EXPERIMENT_LOG.md")
