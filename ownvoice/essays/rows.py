"""Reads rows, from JSON lines and CSV, under our names: a writer's own are mapped, those of chat data sets understood."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from ownvoice.errors import PairsError
from ownvoice.essays.entries import Entry, read_text, shown
from ownvoice.text import PairField

NAMES: tuple[PairField, ...] = get_args(PairField)
Columns = Mapping[PairField, str]
"""From our names to those of the file; empty where they are the same."""


def read_jsonl(path: Path, columns: Columns) -> Iterator[Entry | str]:
    """Entries, each with its line, and problems; raises PairsError as `require_columns`."""
    file, rows = shown(path), dict[int, dict[str, Any]]()
    for line, row in enumerate(read_text(path).split("\n"), 1):
        if not row.strip():
            continue
        try:
            values = json.loads(row)
        except json.JSONDecodeError as error:
            yield f"{file}:{line}: not JSON: {error.msg} at column {error.colno}"
            continue
        if not isinstance(values, dict):
            yield f"{file}:{line}: not an object; write {{...}} with topic, essay, tier and split"
            continue
        rows[line] = values
    if rows:
        require_columns(file, columns, {name for values in rows.values() for name in values})
    yield from (entry_of(path, line, values, columns) for line, values in rows.items())


def read_csv(path: Path, columns: Columns) -> Iterator[Entry | str]:
    """Entries and problems, each with the line that it begins at; raises PairsError as `require_columns`."""
    file, line = shown(path), 2
    rows = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    if rows.fieldnames and len(rows.fieldnames) == 1 and ";" in rows.fieldnames[0]:
        raise PairsError(f"{file}:1: columns are parted by ';': save the file with commas")
    try:
        require_columns(f"{file}:1", columns, rows.fieldnames or ())
        for row in rows:
            if None in row or None in row.values():
                yield f"{file}:{line}: not the {len(rows.fieldnames or ())} fields of the first line; quote essays"
            else:
                yield entry_of(path, line, row, columns)
            line = rows.line_num + 1
    except csv.Error as error:
        yield f"{file}:{line}: not CSV: {error}"


def require_columns(where: str, columns: Columns, names: Collection[str]) -> None:
    """Raises PairsError with each name of `data.columns` that no row has: nothing more can be said of the rows."""
    there = ", ".join(sorted(names))
    missing = [
        f"{where}: no column {theirs!r}, which data.columns.{ours} names; there are {there}"
        for ours, theirs in columns.items()
        if theirs not in names
    ]
    if missing:
        raise PairsError("\n".join(missing))


def entry_of(path: Path, line: int, row: Mapping[str, Any], columns: Columns, counts: str = "") -> Entry | str:
    """A row under our names, or what keeps its topic and essay from being found.

    Prompt and completion, and chat messages, become topic and essay; where columns are mapped, others are passed over.
    """
    if columns:
        row = {name: row[columns.get(name, name)] for name in NAMES if columns.get(name, name) in row}
    if wrong := _wrong_form(row):
        return f"{shown(path)}:{counts}{line}: {wrong}"
    values = {_OTHER_NAMES.get(key, key): value for key, value in row.items()}
    if "messages" in values:
        user, assistant = values.pop("messages")
        values |= {"topic": user["content"], "essay": assistant["content"]}
    found = values.pop("id", None)
    given = "" if found is None else str(found).strip()
    return Entry(id=given or f"{path.stem}-{line}", values=values, file=shown(path), line=line, counts=counts)


_OTHER_NAMES = {"prompt": "topic", "completion": "essay"}
_TWO_NAMES = (("topic", "prompt"), ("essay", "completion"), ("messages", "topic"), ("messages", "prompt"))


def _wrong_form(row: Mapping[str, Any]) -> str:
    if "messages" in row and not _is_one_exchange(row["messages"]):
        return "messages must be one user message, then one assistant message"
    for one, other in _TWO_NAMES:
        if one in row and other in row:
            return f"{one} and {other} say the same: keep one"
    return ""


def _is_one_exchange(messages: Any) -> bool:
    return (
        isinstance(messages, list)
        and [m.get("role") for m in messages if isinstance(m, dict)] == ["user", "assistant"]
        and len(messages) == 2
        and all("content" in m for m in messages)
    )
