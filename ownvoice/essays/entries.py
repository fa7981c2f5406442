"""What reading gives, whatever the format: entries with their places; and what each step on the way to a set says."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import Field

from ownvoice.errors import PairsError
from ownvoice.frozen import Frozen
from ownvoice.paths import PROMPTS_NAME, ROOT
from ownvoice.records.essays import Pair


class Entry(Frozen):
    """One pair as found, before any check of its values."""

    id: str
    values: dict[str, Any]
    file: str
    line: int
    """Of a table, the row."""
    counts: str = ""
    """What `line` counts, where it isn't lines: 'row '."""
    lines: dict[str, int] = Field(default_factory=dict)
    """Markdown only: the line at which a field begins."""

    def at(self, field: str = "", further: int = 0) -> str:
        """file:line of a field, `further` lines into it; the entry's own line where fields have none."""
        line = self.lines[field] + further if field in self.lines else self.line
        return f"{self.file}:{self.counts}{line}"


# What may lie beside essays: the canaries and probes, and what a folder is about.
NO_ESSAY = frozenset({PROMPTS_NAME, "readme.md"})

T = TypeVar("T", Entry, Pair)


class Sifted(NamedTuple, Generic[T]):
    """What came through a step, and what there is to say: of what was changed or chosen, and of what is wrong."""

    kept: tuple[T, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @classmethod
    def together(cls, parts: Iterable[Sifted[T]]) -> Sifted[T]:
        parts = tuple(parts)
        return cls(
            tuple(each for part in parts for each in part.kept),
            tuple(note for part in parts for note in part.notes),
            tuple(problem for part in parts for problem in part.problems),
        )


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
