"""Essays as they lie on disk: Markdown with front matter, JSON lines or CSV, each turned into entries.

Nothing here judges an entry's values; `fields` does. What can't be read at all is a problem with its line."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from frontmatter.default_handlers import YAMLHandler
from pydantic import Field

from ownvoice.errors import PairsError
from ownvoice.frozen import Frozen
from ownvoice.paths import PROMPTS_NAME, ROOT


class Entry(Frozen):
    """One pair as found, before any check of its values."""

    id: str
    values: dict[str, Any]
    file: str
    line: int
    lines: dict[str, int] = Field(default_factory=dict)
    """Markdown only: the line at which a field begins."""

    def at(self, field: str = "", further: int = 0) -> str:
        """file:line of a field, `further` lines into it; the entry's own line where fields have none."""
        line = self.lines[field] + further if field in self.lines else self.line
        return f"{self.file}:{line}"


class Entries(Frozen):
    entries: tuple[Entry, ...] = ()
    problems: tuple[str, ...] = ()


def shown(path: Path) -> str:
    """A path for a person: relative to the project's folder where it lies in it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def read_text(path: Path) -> str:
    """Text in UTF-8, with or without a byte order mark; raises PairsError that names the wrong byte."""
    try:
        return path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except OSError as error:
        raise PairsError(f"{shown(path)}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, byte = before.count(b"\n") + 1, error.object[error.start]
        near = error.object[max(0, error.start - 20) : error.start + 20].decode("cp1252", "replace")
        raise PairsError(
            f"{shown(path)}:{line}: not UTF-8 (byte 0x{byte:02x} at offset {error.start}, "
            f"near {' '.join(near.split())!r}): save it again as UTF-8"
        ) from None


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


# What may lie beside essays: the canaries and probes, and what a folder is about.
NO_ESSAY = frozenset({PROMPTS_NAME, "readme.md"})
FORMATS = "a folder of .md files, a .jsonl file or a .csv file"


def read_entries(path: Path) -> Entries:
    """All entries of a folder or file, and all problems on the way."""
    found = _gather(_folder_files(path) if path.is_dir() else [path])
    if found.entries or found.problems:
        return found
    return Entries(problems=(f"{shown(path)}: no pair in it; looked for {FORMATS}",))


def _gather(paths: list[Path]) -> Entries:
    entries: list[Entry] = []
    problems: list[str] = []
    for path in paths:
        try:
            for found in _read_file(path):
                if isinstance(found, Entry):
                    entries.append(found)
                else:
                    problems.append(found)
        except PairsError as error:
            problems.append(error.found)
    return Entries(entries=tuple(entries), problems=tuple(problems))


def _folder_files(folder: Path) -> list[Path]:
    """Everything counts, so that no essay is left out in silence; only what is known and names in . or _ do not."""
    names = sorted(folder.iterdir())
    return [path for path in names if path.name[0] not in "._" and path.name.lower() not in NO_ESSAY]


def _read_file(path: Path) -> Iterator[Entry | str]:
    """Entries and problems in the file's order."""
    readers = {".md": _read_markdown, ".jsonl": read_jsonl, ".csv": read_csv}
    if not path.exists():
        raise PairsError(f"{shown(path)}: nothing there; looked for {FORMATS}")
    reader = readers.get(path.suffix.lower())
    if path.is_dir() or reader is None:
        what = "a folder inside the folder" if path.is_dir() else "not an essay file"
        raise PairsError(f"{shown(path)}: {what}: make it .md with front matter, move it, or begin its name with _")
    yield from reader(path, read_text(path))


def _read_markdown(path: Path, text: str) -> Iterator[Entry | str]:
    handler, file = YAMLHandler(), shown(path)
    if not handler.detect(text):
        raise PairsError(f"{file}:1: no front matter: begin the file with ---, topic, tier and split, then ---")
    try:
        front, essay = handler.split(text)
    except ValueError:
        raise PairsError(f"{file}:1: the front matter is not closed: put a line --- before the essay") from None
    first = text[: text.index(front)].count("\n") + 1
    try:
        values = handler.load(front)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a value like 2026-13-40, which YAML takes for a date
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error).split("\n")[0]
        raise PairsError(
            f"{file}:{first + (mark.line if mark else 0)}: front matter can't be read: {what}; "
            "a value with a colon or a quote needs quotes"
        ) from None
    if not isinstance(values, dict):
        raise PairsError(f"{file}:{first}: the front matter has no `key: value` lines")
    if "essay" in values:
        yield f"{file}:{first}: the essay stands below the front matter, not in it"
    essay_start = min(len(text) - len(essay.lstrip()), len(text.rstrip()))
    essay_line = text[:essay_start].count("\n") + 1
    lines = {str(key): _line_of(text, str(key)) for key in values} | {"essay": essay_line}
    yield Entry(id=path.stem, values={**values, "essay": essay}, file=file, line=1, lines=lines)


def _line_of(text: str, key: str) -> int:
    match = re.search(rf"^{re.escape(key)}\s*:", text, re.MULTILINE)
    return text[: match.start()].count("\n") + 1 if match else 1
