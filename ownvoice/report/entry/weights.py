"""Tells where a run's tuned weights lie, how large they are, and what they are good for."""

from __future__ import annotations

from pathlib import Path

from ownvoice.markdown import Markdown, code_span
from ownvoice.paths import ROOT
from ownvoice.records.run import RunRecord
from ownvoice.units import gib


def weights_on_terminal(record: RunRecord) -> str:
    """A sentence with the place as a shell takes it; empty where no weights of the run are on this machine."""
    if record.training is None or record.adopted or not Path(record.training.weights.path).exists():
        return ""
    path = Path(record.training.weights.path)
    place = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    write, export = _commands(record.number)
    return f"Its tuned weights are in {place} ({_size(record)}). To use them: {write}, or {export}"


def weights_in_entry(record: RunRecord) -> Markdown:
    """The same for the log, with the place from the folder that the log stands in: it holds wherever that is moved."""
    if record.training is None or record.adopted:
        return Markdown("")
    path = Path(record.training.weights.path)
    place = code_span("/".join(path.parts[-4:]))  # cache/weights/KEY/FILE
    write, export = map(code_span, _commands(record.number))
    return Markdown(
        f"The tuned weights lie in {place} beside this log ({_size(record)}), until `ownvoice clean` removes older ones; "
        f"{write} writes with them, {export} makes files of them for other programs"
    )


def _size(record: RunRecord) -> str:
    assert record.training is not None
    return gib(record.training.weights.size)


def _commands(number: int) -> tuple[str, str]:
    return f'ownvoice write {number} "your topic"', f"ownvoice export {number} FOLDER"
