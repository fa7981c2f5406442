"""Essays as rows: JSON lines and CSV, under our names or those that training sets use."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ownvoice.errors import PairsError
from ownvoice.essays.entries import Entry, shown


def read_jsonl(path: Path, text: str) -> Iterator[Entry | str]:
    file = shown(path)
    for line, row in enumerate(text.split("\n"), 1):
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
        wrong = _wrong_form(values)
        yield f"{file}:{line}: {wrong}" if wrong else _row_entry(path, line, values)


def read_csv(path: Path, text: str) -> Iterator[Entry | str]:
    file, line = shown(path), 2
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    if rows.fieldnames and len(rows.fieldnames) == 1 and ";" in rows.fieldnames[0]:
        raise PairsError(f"{file}:1: columns are parted by ';': save the file with commas")
    try:
        for row in rows:
            if None in row or None in row.values():
                yield f"{file}:{line}: not the {len(rows.fieldnames or ())} fields of the first line; quote essays"
            else:
                wrong = _wrong_form(row)
                yield f"{file}:{line}: {wrong}" if wrong else _row_entry(path, line, row)
            line = rows.line_num + 1
    except csv.Error as error:
        yield f"{file}:{line}: not CSV: {error}"


def _wrong_form(row: dict[str, Any]) -> str:
    """What keeps a row's topic and essay from being found; '' where nothing does."""
    if "messages" in row and not _is_one_exchange(row["messages"]):
        return "messages must be one user message, then one assistant message"
    for one, other in (("topic", "prompt"), ("essay", "completion"), ("messages", "topic"), ("messages", "prompt")):
        if one in row and other in row:
            return f"{one} and {other} say the same: keep one"
    return ""


def _row_entry(path: Path, line: int, row: dict[str, Any]) -> Entry:
    """A row under our names: prompt/completion and chat messages become topic and essay."""
    values = {_OTHER_NAMES.get(key, key): value for key, value in row.items()}
    if "messages" in values:
        user, assistant = values.pop("messages")
        values |= {"topic": user["content"], "essay": assistant["content"]}
    found = values.pop("id", None)
    given = "" if found is None else str(found).strip()
    return Entry(id=given or f"{path.stem}-{line}", values=values, file=shown(path), line=line)


_OTHER_NAMES = {"prompt": "topic", "completion": "essay"}


def _is_one_exchange(messages: Any) -> bool:
    return (
        isinstance(messages, list)
        and [m.get("role") for m in messages if isinstance(m, dict)] == ["user", "assistant"]
        and len(messages) == 2
        and all("content" in m for m in messages)
    )
