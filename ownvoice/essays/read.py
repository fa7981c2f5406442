"""Reads essays from the disk, in any format, and turns each into an entry.

Nothing here judges an entry's values; `fields` does. What can't be read at all is a problem with its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from ownvoice.errors import PairsError
from ownvoice.essays.data_sets import data_files, is_data_set, with_split
from ownvoice.essays.entries import NO_ESSAY, Entry, Sifted, shown
from ownvoice.essays.markdown_files import read_markdown
from ownvoice.essays.rows import Columns, read_csv, read_jsonl
from ownvoice.essays.tables import read_table

FORMATS = "a folder of .md files, a .jsonl, .csv, .parquet or .arrow file, or a folder of tables"
READERS = {".jsonl": read_jsonl, ".csv": read_csv, ".parquet": read_table, ".arrow": read_table}


def read_entries(path: Path, columns: Columns) -> Sifted[Entry]:
    """All entries of a folder or file, and all problems on the way; `columns` maps our names to those of rows."""
    try:
        if path.is_dir() and is_data_set(path):
            parts = [_rows_of_set(file, path, columns, split) for file, split in data_files(path).items()]
        else:
            parts = [_read_file(file, columns) for file in (_folder_files(path) if path.is_dir() else [path])]
    except PairsError as error:
        return Sifted(problems=(error.found,))
    found = _gather(parts)
    if found.kept or found.problems:
        return found
    return Sifted(problems=(f"{shown(path)}: no pair in it; looked for {FORMATS}",))


def is_table(path: Path) -> bool:
    """Whether a path is read as rows: a table, or a set of them."""
    return path.suffix.lower() in READERS or (path.is_dir() and is_data_set(path))


def _gather(parts: Iterable[Iterator[Entry | str]]) -> Sifted[Entry]:
    entries: list[Entry] = []
    problems: list[str] = []
    for part in parts:
        try:
            for found in part:
                if isinstance(found, Entry):
                    entries.append(found)
                else:
                    problems.append(found)
        except PairsError as error:
            problems.append(error.found)
    return Sifted(tuple(entries), problems=tuple(problems))


def _rows_of_set(file: Path, folder: Path, columns: Columns, split: str) -> Iterator[Entry | str]:
    place = "-".join(file.relative_to(folder).with_suffix("").parts)
    return (with_split(_with_id(found, place), split) for found in _found_in(file, columns))


def _with_id(found: Entry | str, place: str) -> Entry | str:
    """An id by its place, for a row that has none."""
    if isinstance(found, str) or found.id:
        return found
    return found.model_copy(update={"id": f"{place}-{found.line}"})


def _folder_files(folder: Path) -> list[Path]:
    """Everything counts, so that no essay is left out in silence; only what is known and names in . or _ do not."""
    names = sorted(folder.iterdir())
    return [path for path in names if path.name[0] not in "._" and path.name.lower() not in NO_ESSAY]


def _read_file(path: Path, columns: Columns) -> Iterator[Entry | str]:
    return (_with_id(found, path.stem) for found in _found_in(path, columns))


def _found_in(path: Path, columns: Columns) -> Iterator[Entry | str]:
    """Entries and problems in the file's order."""
    if not path.exists():
        raise PairsError(f"{shown(path)}: nothing there; looked for {FORMATS}")
    suffix = path.suffix.lower()
    if not (path.is_file() or path.is_dir()):
        raise PairsError(f"{shown(path)}: no file: nothing is read from a pipe or a device")
    if path.is_dir() or suffix not in {".md", *READERS}:
        what = "a folder inside the folder" if path.is_dir() else "not an essay file"
        raise PairsError(f"{shown(path)}: {what}: make it .md with front matter, move it, or begin its name with _")
    yield from read_markdown(path) if suffix == ".md" else READERS[suffix](path, columns)
