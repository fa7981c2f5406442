"""Reads pairs from tables: Parquet and Arrow files, sets that were saved, sets of the hub on this disk.

pyarrow reads them, a few rows at a time, and not `datasets`, which carries the checked set: `datasets` believes what a file
says of itself, and opens whatever path or address a row names where its schema claims that this is a picture. It also takes
a path for a pattern. Here no script is run, nothing is fetched, and nothing else is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from ownvoice.errors import PairsError
from ownvoice.essays.dataset import MADE_COLUMNS
from ownvoice.essays.entries import Entry, shown
from ownvoice.essays.fields import BLOG_FIELDS
from ownvoice.essays.rows import NAMES, UNDERSTOOD, Columns, entry_of, require_columns
from ownvoice.parsing import json_of

if TYPE_CHECKING:
    import pyarrow

KINDS = {".parquet": "Parquet", ".arrow": "Arrow"}
ROW = "row "
ROWS_AT_ONCE = 16
MOST = 2**28
"""Characters in a file: 10,000 essays of 350 words have 20 million. A few kilobytes can claim to hold thousands of them."""
# What a file that is broken, or says of itself what isn't so, makes pyarrow and Python raise.
ODD = (OSError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError, MemoryError)


def read_table(path: Path, columns: Columns) -> Iterator[Entry | str]:
    """Entries and problems, each with its row; raises PairsError where the file is none of its kind."""
    numbers = count(1)
    for row in _rows(path, columns):
        yield row if isinstance(row, str) else entry_of(path, next(numbers), row, columns, ROW)


def _rows(path: Path, columns: Columns) -> Iterator[dict[str, Any] | str]:
    import pyarrow  # noqa: PLC0415 - only those who read a table pay for it

    file, read, held = shown(path), 0, 0
    try:
        with path.open("rb") as source:
            opened = _open(source, path.suffix.lower())
            names = opened.schema.names
            require_columns(file, columns, names)
            yield from (f"{file}: {each}" for each in _foreign(names) if not columns)
            wanted = [name for name in names if name in {*UNDERSTOOD, *columns.values()}]
            labels = _labels(opened.schema, wanted)
            for batch in opened.batches(wanted):
                batch.validate(full=True)  # offsets that lie would be followed out of the file
                for row in batch.select(wanted).to_pylist():
                    read += 1
                    held += _size(row)
                    if held > MOST:
                        raise PairsError(f"{file}:{ROW}{read}: more than {MOST // 2**20} million characters up to here")
                    yield {name: _named(value, labels.get(name)) for name, value in row.items()}
    except (pyarrow.ArrowException, *ODD) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        where = f"{file}:{ROW}{read + 1}" if read else file
        raise PairsError(f"{where}: can't be read as {KINDS[path.suffix.lower()]}: {said[0][:200]}") from None


class _Opened(NamedTuple):
    schema: pyarrow.Schema
    batches: Callable[[list[str]], Iterator[pyarrow.RecordBatch]]
    """With these columns at least."""


def _open(source: IO[bytes], suffix: str) -> _Opened:
    import pyarrow.parquet  # noqa: PLC0415 - as pyarrow

    if suffix == ".parquet":
        table = pyarrow.parquet.ParquetFile(source)
        return _Opened(table.schema_arrow, lambda wanted: table.iter_batches(ROWS_AT_ONCE, columns=wanted))
    is_file = source.read(6) == b"ARROW1"
    source.seek(0)
    if not is_file:
        stream = pyarrow.ipc.open_stream(source)
        return _Opened(stream.schema, lambda _: iter(stream))
    file = pyarrow.ipc.open_file(source)
    return _Opened(file.schema, lambda _: map(file.get_batch, range(file.num_record_batches)))


def _labels(schema: pyarrow.Schema, wanted: list[str]) -> dict[str, list[str]]:
    """Names of the columns that `datasets` keeps as numbers of a list (ClassLabel)."""
    said = json_of((schema.metadata or {}).get(b"huggingface", b"{}"))
    features = said.get("info", {}).get("features", {})
    return {
        name: feature["names"]
        for name, feature in features.items()
        if name in wanted and feature.get("_type") == "ClassLabel"
    }


def _size(value: Any) -> int:
    if isinstance(value, dict | list):
        return sum(map(_size, value.values() if isinstance(value, dict) else value))
    return len(value) if isinstance(value, str | bytes) else 1


def _named(value: Any, names: list[str] | None) -> Any:
    return names[value] if names and isinstance(value, int) and 0 <= value < len(names) else value


def _foreign(names: list[str]) -> Iterator[str]:
    """Columns that say nothing of a pair: one may be a name that was mistyped."""
    for name in names:
        if name not in {*UNDERSTOOD, *MADE_COLUMNS} and name.lower() not in BLOG_FIELDS:
            near = get_close_matches(name, NAMES, n=1)
            hint = f"did you mean {near[0]}?" if near else 'name yours in the config, as in data.columns.essay="text"'
            yield f"no such field {name!r}; {hint}"
