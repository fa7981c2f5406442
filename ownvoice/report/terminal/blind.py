"""Shows a run's blind tests on the terminal. Names and topics in them come from people: what can't be seen is made visible."""

from __future__ import annotations

from rich import box
from rich.table import Table

from ownvoice.records.run import RunRecord
from ownvoice.report.entry.blind import ShownTest, shown_tests
from ownvoice.report.tables import as_text

WIDTH = 100


def render_tests(record: RunRecord) -> str:
    """For the terminal."""
    return "\n\n".join(_as_text(each) for each in shown_tests(record))


def _as_text(test: ShownTest) -> str:
    table = Table(box=box.SIMPLE)
    for column in test.table.columns:
        table.add_column(column.name, justify="right" if column.is_figure else "left")
    for row in test.table.rows:
        table.add_row(*row)
    notes = [f"- {note}" for note in test.notes]
    return as_text(WIDTH, f"{test.title}", "", " ".join(test.summary), table, *notes)
