"""Reads pairs from tables through `datasets`: Parquet and Arrow files, sets that were saved, sets of the hub on this disk.

Only data files are given to it, by their paths: no script of a data set is run, and nothing that a set's own card names
is fetched.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import count
from pathlib import Path
from typing import Any

from ownvoice.errors import PairsError
from ownvoice.essays.dataset import MADE_COLUMNS, datasets_library
from ownvoice.essays.entries import NO_ESSAY, Entry, shown
from ownvoice.essays.fields import BLOG_FIELDS
from ownvoice.essays.rows import NAMES, Columns, entry_of, require_columns

KINDS = {".parquet": "parquet", ".arrow": "arrow"}
# What a file of a data set on the hub can hold; cards, licences and settings lie beside them.
DATA_SUFFIXES = (*KINDS, ".jsonl", ".csv")
UNDERSTOOD = (*NAMES, "title", "prompt", "completion", "messages")
# As `datasets` has them (data_files.py), in the name of a file or of a folder on the way to it.
VALIDATION = re.compile(
    r"(?:^|[^a-z])(?:validation|valid|val|dev|test|testing|eval|evaluation)(?:[^a-z]|$)", re.IGNORECASE
)
ROW = "row "
MARKDOWN = ".md"
ODD = {
    ".py": "a data set script, and none is ever run: save the set as Parquet",
    MARKDOWN: "an essay among tables: keep them in folders of their own",
}
# What `datasets` makes of a schema that it did not expect: it takes what stands there for its own.
ODD_SCHEMAS = (OSError, ValueError, TypeError, KeyError, AttributeError)


def is_data_set(folder: Path) -> bool:
    """Whether a folder is a set of tables, as the hub or `save_to_disk` has it, and not a writer's own files."""
    suffixes = {file.suffix.lower() for file in _files(folder)}
    return bool(suffixes & KINDS.keys()) or (bool(suffixes & {*DATA_SUFFIXES}) and MARKDOWN not in suffixes)


def data_files(folder: Path) -> dict[Path, str]:
    """The data files of a set, each with its split; none of them '' where all are of one split, which says nothing.

    Raises:
        PairsError: the set is a script, or holds essays that are no rows.
    """
    files = _files(folder)
    odd = [f"{shown(file)}: {ODD[file.suffix.lower()]}" for file in files if file.suffix.lower() in ODD]
    if odd:
        raise PairsError("\n".join(odd))
    named = _named_by_state(folder)
    data = [file for file in files if file.suffix.lower() in DATA_SUFFIXES and (not named or file in named)]
    splits = {file: _split_of(file.relative_to(folder)) for file in data}
    return splits if len(set(splits.values())) > 1 else dict.fromkeys(splits, "")


def read_table(path: Path, columns: Columns) -> Iterator[Entry | str]:
    """Entries and problems, each with its row; raises PairsError where the file is none of its kind."""
    numbers = count(1)
    for row in _rows(path, columns):
        yield row if isinstance(row, str) else entry_of(path, next(numbers), row, columns, ROW)


def _rows(path: Path, columns: Columns) -> Iterator[dict[str, Any] | str]:
    library, kind = datasets_library(), KINDS[path.suffix.lower()]
    import pyarrow  # noqa: PLC0415 - as datasets

    try:
        if kind == "arrow":
            _require_sound(path)
        with tempfile.TemporaryDirectory() as scratch:  # else datasets keeps a lock file in the user's cache for each
            table = library.load_dataset(
                kind, data_files={"train": [str(path)]}, split="train", streaming=True, cache_dir=scratch
            )
            names = list(table.column_names)
            require_columns(shown(path), columns, names)
            yield from (f"{shown(path)}: {each}" for each in _foreign(names) if not columns)
            yield from table.select_columns([name for name in names if name in {*UNDERSTOOD, *columns.values()}])
    except (pyarrow.ArrowException, library.exceptions.DatasetsError, *ODD_SCHEMAS) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise PairsError(f"{shown(path)}: can't be read as {kind.title()}: {said[0]}") from None


def _require_sound(path: Path) -> None:
    """Arrow files are mapped as they are: offsets that lie would be followed out of the file."""
    import pyarrow  # noqa: PLC0415 - as datasets

    with pyarrow.memory_map(str(path)) as source:
        is_file = source.read(6) == b"ARROW1"
        source.seek(0)
        reader = pyarrow.ipc.open_file(source) if is_file else pyarrow.ipc.open_stream(source)
        reader.read_all().validate(full=True)


def _foreign(names: list[str]) -> Iterator[str]:
    """Columns that say nothing of a pair: one may be a name that was mistyped."""
    for name in names:
        if name not in {*UNDERSTOOD, *MADE_COLUMNS} and name.lower() not in BLOG_FIELDS:
            near = get_close_matches(name, NAMES, n=1)
            hint = f"did you mean {near[0]}?" if near else 'name yours in the config, as in data.columns.essay="text"'
            yield f"no such field {name!r}; {hint}"


def _named_by_state(folder: Path) -> frozenset[Path]:
    """The files that `save_to_disk` names: what else lies in its folders is its cache."""
    named = set[Path]()
    for state in folder.rglob("state.json"):
        try:
            listed = json.loads(state.read_text("utf-8"))["_data_files"]
            named |= {state.parent / Path(str(each["filename"])).name for each in listed}
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return frozenset(named)


def _split_of(place: Path) -> str:
    return "validation" if any(VALIDATION.search(part) for part in place.parts) else "train"


def _files(folder: Path) -> list[Path]:
    """To the bottom, in order; cards and hidden files left out."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file() and file.name.lower() not in NO_ESSAY]
    return [file for file in files if not any(part[0] in "._" for part in file.relative_to(folder).parts)]


def with_split(found: Entry | str, split: str) -> Entry | str:
    """The split of its file, for a row that names none."""
    if isinstance(found, str) or not split or found.values.get("split"):
        return found
    return found.model_copy(update={"values": {**found.values, "split": split}})
