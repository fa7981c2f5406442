"""Tables for the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.table import Table

from ownvoice.essays.check import check_pairs
from ownvoice.models.prompt_format import Reading
from ownvoice.report.tables import as_text, render_check
from tests.unit.essays.folders import BASE, counter, experiment, write_sound_set


def test_the_table_shows_tiers_splits_and_totals(tmp_path: Path) -> None:
    checked = check_pairs(experiment(write_sound_set(tmp_path / "essays")), Reading(BASE, counter(), 1000))
    rows = [line.split() for line in render_check(checked).split("\n")]
    assert ["1", "validation", "1", "10", "17", "17"] in rows
    assert ["all", "train", "2", "20", "34", "17"] in rows
    assert ["all", "both", "3", "30", "51", "17"] in rows
    assert ["1", "canaries,", "1", "probes."] in rows


def test_a_table_that_is_wider_than_the_terminal_has_its_rows_one_below_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = Table("", "predicted peak", "a very long explanation")
    table.add_row("as configured", "3.5 GiB", "incomprehensibilities")
    table.add_row("[b]no markup[/b]", "", "x")
    assert "predicted peak" in as_text(100, table).splitlines()[1]
    monkeypatch.setenv("COLUMNS", "40")
    assert as_text(100, table).splitlines() == [
        "as configured",
        "  predicted peak: 3.5 GiB",
        "  a very long explanation:",
        "incomprehensibilities",
        "[b]no markup[/b]",
        "  a very long explanation: x",
    ]
