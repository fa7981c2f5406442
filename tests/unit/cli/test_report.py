"""`ownvoice report`: which runs it takes, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli.report import chosen, report_text
from ownvoice.errors import LogbookError
from ownvoice.report.kept.runs import allocate_and_write
from ownvoice.report.kept.series import allocate_and_write_series
from tests.unit.records_for_tests import record_for_tests
from tests.unit.report.test_series import series_for_tests


@pytest.fixture
def artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path))
    for _ in range(3):
        allocate_and_write(tmp_path, record_for_tests)
    return tmp_path


def numbers(artifacts: Path, *runs: int, series: tuple[int, ...] = ()) -> tuple[list[int], list[int]]:
    found = chosen(artifacts, runs, series)
    return [run.number for run in found.runs], [each.number for each in found.series]


def test_without_a_number_it_is_what_was_done_last(artifacts: Path) -> None:
    allocate_and_write(artifacts, lambda number: record_for_tests(number, finished_at="2026-11-23T05:00:00+00:00"))
    assert numbers(artifacts) == ([4], [])
    allocate_and_write_series(artifacts, series_for_tests)
    assert numbers(artifacts) == ([1, 2], [1])


def test_runs_stand_in_the_order_in_which_they_are_named_and_a_series_brings_its_own(artifacts: Path) -> None:
    allocate_and_write_series(artifacts, series_for_tests)
    assert numbers(artifacts, 3, 1, 3) == ([3, 1], [])
    assert numbers(artifacts, 3, series=(1,)) == ([3, 1, 2], [1])


def test_all_that_is_not_there_is_told_at_once(artifacts: Path) -> None:
    with pytest.raises(LogbookError) as told:
        chosen(artifacts, (1, 7), (5,))
    assert "there is no Run 7" in str(told.value)
    assert "there is no Series 5" in str(told.value)
    with pytest.raises(LogbookError, match="there is no run"):
        chosen(artifacts / "empty", (), ())


def test_it_says_where_the_page_is(artifacts: Path) -> None:
    told = json.loads(report_text((1, 2), (), None, json=True))
    file = artifacts / "reports" / "runs-1-2.html"
    assert told == {"path": str(file), "bytes": file.stat().st_size, "runs": [1, 2]}
    assert report_text((1, 2), (), None, json=False) == str(file)
