"""The report's file: made anew each time, and never in the place of somebody else's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ownvoice.errors import LogbookError
from ownvoice.report.kept.runs import allocate_and_write
from ownvoice.report.page.file import report_name, write_report
from tests.unit.records_for_tests import record_for_tests
from tests.unit.report.test_series import series_for_tests


def test_it_lies_with_the_artifacts_and_its_links_lead_to_the_records(tmp_path: Path) -> None:
    record = allocate_and_write(tmp_path, lambda number: record_for_tests(number, model_name="owner/a model #1")).record
    for out in (None, tmp_path / "elsewhere" / "deep" / "mine.html"):
        file = write_report(tmp_path, [record], out=out)
        links = re.findall(r'href="([^"#]+)"', file.read_text())
        assert len(links) == 4
        assert all((file.parent / link).resolve().is_file() for link in links)
    assert write_report(tmp_path, [record]) == tmp_path / "reports" / "run-1.html"


def test_what_is_no_report_of_ours_stays_as_it_is(tmp_path: Path) -> None:
    mine = tmp_path / "mine.html"
    mine.write_text("<p>mine</p>")
    for out in (mine, tmp_path / "mine.txt"):
        with pytest.raises(LogbookError):
            write_report(tmp_path, [record_for_tests(1)], out=out)
    assert mine.read_text() == "<p>mine</p>"


def test_a_file_is_called_after_what_stands_in_it() -> None:
    runs = [record_for_tests(number) for number in range(1, 9)]
    assert report_name(runs[:1], []) == "run-1.html"
    assert report_name(runs[:3], []) == "runs-1-2-3.html"
    assert report_name(runs, []) == "runs-1-to-8.html"
    assert report_name(runs, [series_for_tests(4)]) == "series-4.html"
