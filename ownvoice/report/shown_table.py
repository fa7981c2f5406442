"""A table that is shown in more than one place: in the log as Markdown, and by itself in Prefect's UI."""

from __future__ import annotations

from typing import NamedTuple

from ownvoice.markdown import Markdown, inline


class Column(NamedTuple):
    name: str
    is_figure: bool = True
    """Figures stand to the right."""


class ShownTable(NamedTuple):
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    """A cell is plain text, or Markdown of our own making; text of others is escaped where the format asks for it."""

    def as_records(self) -> list[dict[str, str]]:
        """A row each, by the columns' names."""
        return [{column.name: cell for column, cell in zip(self.columns, row, strict=True)} for row in self.rows]


def as_markdown(table: ShownTable) -> Markdown:
    """Without an end of line behind the last row."""
    rule = ("---:" if column.is_figure else "---" for column in table.columns)
    rows = [[_cell(column.name) for column in table.columns], rule, *(map(_cell, row) for row in table.rows)]
    return Markdown("\n".join(f"| {' | '.join(row)} |" for row in rows))


def _cell(text: str) -> Markdown:
    return text if isinstance(text, Markdown) else inline(text)
