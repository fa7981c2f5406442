"""Reads an essay from a Markdown file with front matter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from frontmatter.default_handlers import YAMLHandler

from ownvoice.errors import PairsError
from ownvoice.essays.entries import Entry, read_text, shown
from ownvoice.front_matter import FrontMatterError, load_front_matter


def read_markdown(path: Path) -> Iterator[Entry | str]:
    """The essay, and what is wrong with it; raises PairsError where it can't be read at all."""
    handler, file, text = YAMLHandler(), shown(path), read_text(path)
    if not handler.detect(text):
        raise PairsError(f"{file}:1: no front matter: begin the file with ---, topic, tier and split, then ---")
    try:
        front, essay = handler.split(text)
    except ValueError:
        raise PairsError(f"{file}:1: the front matter is not closed: put a line --- before the essay") from None
    first = text[: text.index(front)].count("\n") + 1
    try:
        values = load_front_matter(front)
    except FrontMatterError as error:
        raise PairsError(f"{file}:{first + error.line}: front matter can't be read: {error.what}") from None
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
