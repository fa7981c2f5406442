"""The table of runs: every run and series is in it, whatever became of it, and it fits the terminal."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from ownvoice.paths import ROOT
from ownvoice.report.kept.runs import allocate_and_write
from ownvoice.report.kept.series import allocate_and_write_series
from ownvoice.report.terminal.listing import list_runs, render_runs
from tests.unit.records_for_tests import failed_record_for_tests, record_for_tests
from tests.unit.report.test_series import series_for_tests

OF_FORMAT_1 = ROOT / "tests" / "unit" / "records" / "smoke-test-of-format-1.json"


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    """Run 1 completed, 2 failed, 3 damaged, 4 without its folder, 5 of format 1; Series 1 of the first two."""
    builds = (record_for_tests, failed_record_for_tests, record_for_tests, record_for_tests, record_for_tests)
    folders = [allocate_and_write(tmp_path, build).folder for build in builds]
    allocate_and_write_series(tmp_path, series_for_tests)
    (folders[2] / "record.json").write_text("{")
    os.utime(folders[2], (0, 0))
    shutil.rmtree(folders[3])
    (folders[4] / "record.json").write_text(json.dumps(json.loads(OF_FORMAT_1.read_text()) | {"number": 5}))
    return tmp_path


def test_every_run_and_series_is_listed_the_newest_last(artifacts: Path) -> None:
    rows = {row.name: row for row in list_runs(artifacts).rows}
    assert [row.status for row in rows.values()].count("completed") == 3
    assert rows["Run 1"].verdict == "insufficient evidence"
    assert (rows["Run 2"].status, rows["Run 2"].verdict) == ("failed", "failed: OutOfMemory")
    assert (rows["Run 3"].status, rows["Run 3"].phase) == ("damaged", "")
    assert (rows["Run 4"].status, rows["Run 4"].bytes) == ("folder gone", 0)
    assert (rows["Run 5"].status, rows["Run 5"].phase) == ("completed", "smoke-test")
    assert rows["Series 1"].verdict == "It is open."
    dates = [row.date for row in rows.values()]
    assert dates == sorted(dates)
    assert list(rows)[-1] == "Series 1"


def test_weights_count_as_long_as_they_are_there_and_shared_ones_once_in_all(tmp_path: Path) -> None:
    for _ in range(2):
        allocate_and_write(tmp_path, record_for_tests)
    training = record_for_tests().training
    assert training is not None
    weights = tmp_path / "cache" / "weights" / Path(training.weights.path).parent.name
    before = list_runs(tmp_path)
    assert [row.weights for row in before.rows] == [{}, {}]
    weights.mkdir(parents=True)
    (weights / "model.safetensors").write_bytes(bytes(1000))
    (weights / "elsewhere").symlink_to(ROOT / "README.md")
    after = list_runs(tmp_path)
    assert [row.weights for row in after.rows] == [{weights.name: 1000}] * 2
    assert after.bytes == before.bytes + 1000


@pytest.mark.parametrize("width", [40, 80])
def test_it_fits_the_terminal_and_says_what_is_amiss(
    artifacts: Path, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = render_runs(list_runs(artifacts))
    assert max(map(len, text.splitlines())) <= width
    flat = " ".join(text.split())
    for told in ("Run 1", "smoke-test, smollm2-135m", "insufficient evidence", "failed: OutOfMemory", "Series 1"):
        assert told in flat
    assert "Only in the log, for the folder is gone: Run 4." in flat
    assert "The record can't be read: Run 3." in flat


def test_what_a_record_says_is_no_markup_and_moves_no_cursor(tmp_path: Path) -> None:
    name = "[bold]x[/bold]\x1b[2J\N{RIGHT-TO-LEFT OVERRIDE}"
    allocate_and_write(tmp_path, lambda number: record_for_tests(number, model_name=name))
    text = render_runs(list_runs(tmp_path))
    assert "[bold]x[/bold]" in text
    assert "\x1b" not in text
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in text


def test_where_there_is_no_run_it_says_how_to_make_one(tmp_path: Path) -> None:
    assert render_runs(list_runs(tmp_path)) == "No run yet. Try: ownvoice run smoke-test"
