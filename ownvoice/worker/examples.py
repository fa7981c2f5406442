"""Reads examples, essays as a model sees them, from an Arrow file that is mapped into memory.

`datasets` writes the file (`ownvoice.essays.dataset`), as a stream of Arrow batches. Here pyarrow alone reads it: the worker
would pay half a second and 90 MB for `datasets`, which brings pandas.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, overload

from ownvoice.errors import WorkerFailed
from ownvoice.files import write_atomically
from ownvoice.worker.messages import Examples

if TYPE_CHECKING:
    import pyarrow


class Example(NamedTuple):
    """One row: the prompt and the essay, as text and as ids."""

    id: str
    formatted_prompt: str
    essay: str
    input_ids: list[int]
    """Prompt, then essay; the worker adds the model's end-of-text."""
    prompt_tokens: int


class MappedExamples(Sequence[Example]):
    """The rows of a file; one is read when it is asked for."""

    def __init__(self, examples: Examples) -> None:
        """Raises WorkerFailed where the file isn't what was checked; one without rows need not be there."""
        self._columns: dict[str, pyarrow.ChunkedArray] = {}
        self._rows = examples.rows
        if examples.rows:
            table = _mapped(examples.path)
            if table.num_rows != examples.rows:
                raise WorkerFailed(
                    f"{examples.path} holds {table.num_rows} examples, where {examples.rows} were checked"
                )
            self._columns = {name: table.column(name) for name in Example._fields}

    def __len__(self) -> int:
        return self._rows

    @overload
    def __getitem__(self, place: int) -> Example: ...
    @overload
    def __getitem__(self, place: slice) -> list[Example]: ...
    def __getitem__(self, place: int | slice) -> Example | list[Example]:
        if isinstance(place, slice):
            return [self[row] for row in range(*place.indices(self._rows))]
        if not -self._rows <= place < self._rows:
            raise IndexError(place)
        return Example(**{name: column[place % self._rows].as_py() for name, column in self._columns.items()})


def write_examples(file: Path, rows: Sequence[Example]) -> None:
    """Write rows that were made elsewhere than from essays, in the form that is mapped here."""
    import pyarrow  # noqa: PLC0415 - as below

    table = pyarrow.table({name: [getattr(row, name) for row in rows] for name in Example._fields})
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    write_atomically(file, sink.getvalue().to_pybytes())


def _mapped(path: str) -> pyarrow.Table:
    import pyarrow  # noqa: PLC0415 - only those who read essays pay for it

    try:
        with pyarrow.memory_map(path) as source:
            return pyarrow.ipc.open_stream(source).read_all()
    except (OSError, pyarrow.ArrowInvalid) as error:
        raise WorkerFailed(f"{path} can't be read: {error}") from None
