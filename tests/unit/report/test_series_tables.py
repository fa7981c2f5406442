"""The tables of every kind of series: a row for each thing found, each under its columns, for the log and the UI alike."""

from __future__ import annotations

from ownvoice.report.series_entry.tables import tables_of
from ownvoice.report.shown_table import as_markdown
from ownvoice.series.overfit import OverfitDiagnostic
from ownvoice.series.sweep import Sweep
from tests.unit.series.test_models import compared
from tests.unit.series.test_overfit import LEARNS, diagnosed, look
from tests.unit.series.test_sweep import tried


def test_a_comparison_has_a_row_for_each_way_and_each_model() -> None:
    tables = tables_of(compared(), {1: "[Run 1](1/entry.md)"})
    assert [row[1] for row in tables["ways"].rows] == ["[Run 1](1/entry.md)"] * 3 + ["Run 2"] * 3
    assert tables["ways"].as_records()[2]["Asked"] == "fine-tuned"
    assert [row["Memorised"] for row in tables["models"].as_records()] == ["no", "no"]
    assert len(tables["between"].rows) == 1


def test_a_sweep_ranks_what_can_be_the_best() -> None:
    ranked = (tried("epochs 3 | 4", 0.9), tried("epochs 5", 0.4), tried("epochs 9", 2.0, "fail"))
    result = Sweep(words=120, tried=ranked, with_placebo=True, lead=None, conclusion="")
    rows = tables_of(result, {})["tried"].as_records()
    assert [(row["Rank"], row["Settings"]) for row in rows] == [
        ("1", "epochs 3 | 4"),
        ("2", "epochs 5"),
        ("\N{EN DASH}", "epochs 9"),
    ]
    assert "| 1 | epochs 3 \\| 4 | Run 1 | +0.90 (+0.80 to +1.00) |" in as_markdown(tables_of(result, {})["tried"])


def test_a_diagnostic_has_a_row_an_epoch_and_figures_where_it_looked() -> None:
    result: OverfitDiagnostic = diagnosed(LEARNS, [look(2, 3)])
    rows = tables_of(result, {})["looks"].as_records()
    assert [row["Epoch"] for row in rows] == ["0", "1", "2 (best)"]
    assert [row["Verbatim after a beginning"] for row in rows] == ["", "", "3 tokens"]


def test_nothing_found_has_no_table() -> None:
    assert tables_of(None, {}) == {}
