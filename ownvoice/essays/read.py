"""Essays as they lie on disk: Markdown with front matter, JSON lines or CSV, each turned into entries.

Nothing here judges an entry's values; `judging` does. What can't be read at all is a problem with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml
from frontmatter.default_handlers import YAMLHandler

from ownvoice.errors import PairsError
from ownvoice.essays.entries import Entries, Entry, read_text, shown
from ownvoice.essays.pair_rows import read_csv, read_jsonl

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
    """Everything counts, so that no essay is left out in silence; only README.md and names in . or _ do not."""
    names = sorted(folder.iterdir())
    return [path for path in names if path.name[0] not in "._" and path.name.lower() != "readme.md"]


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
