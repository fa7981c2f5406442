"""Reads rows, from JSON lines and CSV, under our names: a writer's own are mapped, those of chat data sets understood."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from ownvoice.errors import PairsError
from ownvoice.essays.entries import Entry, read_text, shown
from ownvoice.parsing import json_of
from ownvoice.text import PairField

NAMES: tuple[PairField, ...] = get_args(PairField)
Columns = Mapping[PairField, str]
"""From our names to those of the file; empty where they are the same."""
# Other names for a topic and an essay, which one of the file's own, where it is mapped, takes the place of.
OTHER_NAMES = {"topic": ("title", "prompt", "messages"), "essay": ("completion", "messages")}
UNDERSTOOD = (*NAMES, "title", "prompt", "completion", "messages")


def read_jsonl(path: Path, columns: Columns) -> Iterator[Entry | str]:
    """Entries, each with its line, and problems; raises PairsError as `require_columns`."""
    file, rows = shown(path), dict[int, dict[str, Any]]()
    for line, row in enumerate(read_text(path).split("\n"), 1):
        if not row.strip():
            continue
        try:
            values = json_of(row, object_pairs_hook=_without_repeats)
        except ValueError as error:
            where = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
            yield f"{file}:{line}: not JSON: {getattr(error, 'msg', error)}{where}"
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
    file, line = shown(path), 1
    rows = csv.DictReader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        names, line = rows.fieldnames or (), 2
        if len(names) == 1 and ";" in names[0]:
            raise PairsError(f"{file}:1: columns are parted by ';': save the file with commas")
        require_columns(f"{file}:1", columns, names)
        for row in rows:
            if None in row or None in row.values():
                yield f"{file}:{line}: not the {len(names)} fields of the first line; quote essays"
            else:
                yield entry_of(path, line, row, columns)
            line = rows.line_num + 1
    except csv.Error as error:
        yield f"{file}:{line}: not CSV: {error}"


def require_columns(where: str, columns: Columns, names: Collection[str]) -> None:
    """Nothing can be said of the rows where their columns are not those that were named.

    Raises:
        PairsError: with each name of `data.columns` that no row has, and each that stands twice.
    """
    there = ", ".join(sorted(names))
    problems = [
        f"{where}: no column {theirs!r}, which data.columns.{ours} names; there are {there}"
        for ours, theirs in columns.items()
        if theirs not in names
    ]
    problems += [f"{where}: two columns are named {name!r}" for name, times in Counter(names).items() if times > 1]
    if problems:
        raise PairsError("\n".join(problems))


def entry_of(path: Path, line: int, row: Mapping[str, Any], columns: Columns, counts: str = "") -> Entry | str:
    """A row under our names, or what keeps its topic and essay from being found; without an id where it has none.

    Prompt and completion, and chat messages, become topic and essay; where columns are mapped, others are passed over.
    """
    if columns:
        row = _under_our_names(row, columns)
    if wrong := _wrong_form(row):
        return f"{shown(path)}:{counts}{line}: {wrong}"
    values = {_SAME.get(key, key): _plain(value) for key, value in row.items()}
    if "messages" in values:
        user, assistant = values.pop("messages")
        values |= {"topic": user["content"], "essay": assistant["content"]}
    given = values.pop("id", None)
    if isinstance(given, bool) or not isinstance(given, str | int | None):
        return f"{shown(path)}:{counts}{line}: the id is neither text nor a number (found {str(given)[:60]!r})"
    return Entry(
        id="" if given is None else str(given).strip(), values=values, file=shown(path), line=line, counts=counts
    )


_SAME = {"prompt": "topic", "completion": "essay"}
_TWO_NAMES = (("topic", "prompt"), ("essay", "completion"), ("messages", "topic"), ("messages", "prompt"))


def _under_our_names(row: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    replaced = {name for ours in columns for name in OTHER_NAMES.get(ours, ())}
    taken = {name: row[name] for name in UNDERSTOOD if name in row and name not in replaced}
    return taken | {ours: row[theirs] for ours, theirs in columns.items() if theirs in row}


def _plain(value: Any) -> Any:
    """A whole number that a table keeps as a float, because another row has none, is a number; none is none."""
    if not isinstance(value, float):
        return value
    return None if math.isnan(value) else int(value) if value.is_integer() else value


def _without_repeats(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise ValueError(f"{name!r} stands in it twice")
    return dict(pairs)


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
