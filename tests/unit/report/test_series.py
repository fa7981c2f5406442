"""A series on disk: its entry, its curves, and what models and essays may not do to them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from ownvoice.errors import LogbookError
from ownvoice.report.kept.runs import allocate_and_write
from ownvoice.report.kept.series import (
    SERIES,
    allocate_and_write_series,
    find_completed_series,
    read_series,
    render_series,
)
from ownvoice.report.kept.shelf import rewrite
from ownvoice.report.pictures.curves import BLUE, Line, Panel, draw_panels
from ownvoice.report.pictures.series_curves import curves_of
from ownvoice.series.record import MemberRun, SeriesRecord
from ownvoice.series.scale_up import Growth, ScaleUp, Size
from ownvoice.voice.results import Interval
from tests.unit.records_for_tests import machine_for_tests, record_for_tests

SVG = "{http://www.w3.org/2000/svg}"


def series_for_tests(number: int, failure: str = "", measured: bool = True) -> SeriesRecord:
    voice = Interval(mean=0.5, low=0.1, high=0.9) if measured else None
    sizes = tuple(
        Size(
            pairs=pairs,
            run=run,
            trainings=1,
            validation_before=3.4,
            validation_after=3.4 - run / 10,
            voice=voice,
            held_out=Interval(mean=0.05, low=0.01, high=0.09) if measured else None,
            beyond_others=None,
            memorised="none",
            longest_run=5,
            direction="insufficient evidence",
        )
        for run, pairs in ((1, 3), (2, 13))
    )
    growth = (Growth(fewer=3, more=13, voice=voice, held_out=None),)
    return SeriesRecord(
        number=number,
        key="k",
        phase="scale-up",
        model_name="smollm2-135m",
        settings={"sizes": "3, 13"},
        status="failed" if failure else "completed",
        started_at="2026-11-24T18:00:00+00:00",
        finished_at="2026-11-24T18:10:00+00:00",
        runs=(
            MemberRun(label="3 of 13 pairs", run=1, folder="1-scale-up-smollm2-135m"),
            MemberRun(label="13 of 13 pairs", run=None if failure else 2, folder="2-scale-up-x", failure=failure),
        ),
        result=ScaleUp(
            words=120,
            sizes=sizes[:1] if failure else sizes,
            growth=growth,
            growing="can't tell",
            stopped_at=None,
            conclusion="It is open.",
        ),
        next_steps=("Do it again, `ownvoice run scale-up`.",),
        machine=machine_for_tests(),
    )


def test_a_series_is_written_once_with_its_curves_beside_the_runs(tmp_path: Path) -> None:
    allocate_and_write(tmp_path, record_for_tests)
    written = allocate_and_write_series(tmp_path, series_for_tests)
    again = allocate_and_write_series(tmp_path, series_for_tests)
    assert (written.record.number, written.log.added, again.log.added) == (1, True, False)
    assert sorted(file.name for file in written.folder.iterdir()) == ["curves.svg", "entry.md", "record.json"]
    assert read_series(written.folder) == written.record
    log = (tmp_path / "EXPERIMENT_LOG.md").read_text()
    assert "](series/1-scale-up-smollm2-135m/curves.svg)" in log
    assert "[Run 1](runs/1-scale-up-smollm2-135m/entry.md)" in log
    assert find_completed_series(tmp_path, "k") is not None
    assert find_completed_series(tmp_path, "another") is None
    (written.folder / "record.json").write_text("{}")
    with pytest.raises(LogbookError, match=r"record\.json"):
        read_series(written.folder)


def test_the_entry_says_it_first_and_in_figures() -> None:
    entry = render_series(series_for_tests(1))
    before, _, after = entry.partition("### Appendix")
    assert before.index("**In short. ") < before.index(
        "| 3 | [Run 1](../../runs/1-scale-up-smollm2-135m/entry.md) | +0.50"
    )
    assert "| 13 against 3 | +0.50 (+0.10 to +0.90) | \N{EN DASH} | better |" in before
    assert "![What more essays brought, with the range that chance leaves](curves.svg)" in before
    assert "1. Do it again, `ownvoice run scale-up`.\n" in before
    assert "| 3 | [Run 1](../../runs/1-scale-up-smollm2-135m/entry.md) | 3.3000 | +0.50 (+0.10 to +0.90) |" in after
    assert "It is open." in after
    assert entry.endswith(f"{series_for_tests(1).machine.cores} cores\n")


def test_notes_by_hand_stay_when_the_series_is_written_anew(tmp_path: Path) -> None:
    allocate_and_write_series(tmp_path, series_for_tests)
    log = tmp_path / "EXPERIMENT_LOG.md"
    place = "<!-- ownvoice:notes -->\n"
    log.write_text(log.read_text().replace(place, f"{place}Thirteen read best aloud.\n", 1))
    rewrite(SERIES, tmp_path, series_for_tests(1).model_copy(update={"next_steps": ()}))
    assert log.read_text().count("Thirteen read best aloud.") == 1
    assert log.read_text().count("## Series 1:") == 1
    assert "Do it again" not in log.read_text()


def test_a_run_that_failed_is_named_and_its_message_is_no_markup() -> None:
    entry = render_series(series_for_tests(1, failure="OutOfMemory: <b>out</b> of **memory** | at step 2"))
    assert "No: 1 of 2 runs failed" in entry
    assert "- 13 of 13 pairs reached nothing: OutOfMemory" in entry
    assert "<b>" not in entry
    assert "not logged" in entry
    assert "| 3 | [Run 1]" in entry


def test_the_curves_hold_what_was_found_and_are_the_same_each_time() -> None:
    record = series_for_tests(1)
    drawn = curves_of(record)
    assert drawn is not None
    assert drawn == curves_of(record)
    texts = [each.text for each in ElementTree.fromstring(drawn).iter(f"{SVG}text")]
    assert {"3", "13", "z", "bits a character", "essays trained on"} <= set(texts)
    assert "<dc:date>" not in drawn


def test_where_nothing_was_measured_nothing_is_drawn(tmp_path: Path) -> None:
    written = allocate_and_write_series(tmp_path, lambda number: series_for_tests(number, measured=False))
    assert not (written.folder / "curves.svg").exists()
    assert "curves.svg" not in render_series(written.record)
    assert draw_panels([Panel("a", "z", [Line("b", [], BLUE)])], "pairs") is None
