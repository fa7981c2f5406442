"""Tables for the terminal."""

from __future__ import annotations

from pathlib import Path

from ownvoice.essays.check import check_pairs
from ownvoice.models.prompt_format import Reading
from ownvoice.report.tables import render_check
from tests.unit.essays.folders import BASE, counter, experiment, write_sound_set


def test_the_table_shows_tiers_splits_and_totals(tmp_path: Path) -> None:
    checked = check_pairs(experiment(write_sound_set(tmp_path / "essays")), Reading(BASE, counter(), 1000))
    rows = [line.split() for line in render_check(checked).split("\n")]
    assert ["1", "validation", "1", "10", "17", "17"] in rows
    assert ["all", "train", "2", "20", "34", "17"] in rows
    assert ["all", "both", "3", "30", "51", "17"] in rows
    assert ["1", "canaries,", "1", "probes."] in rows
