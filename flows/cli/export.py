"""Carries out `ownvoice export`: a run's tuned model as a folder that other programs load, and on the hub if asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from flows.cli.output import as_json
from flows.cli.printed import ExportedFile, ExportedModel
from flows.cli.progress import TerminalDisplay
from flows.cli.references import find_run
from flows.cli.write import ended_by_a_key
from ownvoice.export.card import is_memorised
from ownvoice.export.export import Exported, export, require_empty
from ownvoice.export.licences import licence_of
from ownvoice.export.material import Precision
from ownvoice.export.push import Push, push_folder, require_pushable
from ownvoice.files import shared
from ownvoice.paths import artifacts_folder
from ownvoice.report.upkeep.cleanup import weights_lock
from ownvoice.run.tuned_model import TunedModel, find_tuned_model
from ownvoice.units import gib

MEMORISED = {
    True: "Careful: this model recites an essay of yours. Whoever gets it may get the essay.",
    None: "Whether this model recites essays was never measured.",
    False: "A model that learned from a few essays can hold passages of them: hand it on only if you would hand them on.",
}


class ToExport(NamedTuple):
    """As it was typed."""

    run: str
    folder: Path
    precision: Precision = "f16"
    push: Push | None = None


def export_text(typed: ToExport, json: bool = False) -> str:
    """Write it, and say what is where, in words or as JSON; with a push, where on the hub.

    Raises:
        UserMistake: no such run, weights that are gone, a folder that holds something, what may not be pushed.
        RunFailed: a full disk, or a hub that can't be reached.
    """
    tuned = find_tuned_model(find_run(typed.run, artifacts_folder()).record)
    folder = typed.folder.expanduser().absolute()
    require_empty(folder)
    if typed.push:
        require_pushable(typed.push, tuned.record)
    display = TerminalDisplay(Console(stderr=True))
    with shared(weights_lock(artifacts_folder(), tuned.folder.name)), ended_by_a_key(display) as session:
        session.run_name = f"ownvoice export, Run {tuned.record.number}"
        exported = export(tuned, folder, typed.precision, lambda request: session.call(request, display.progress))
        address = push_folder(folder, typed.push) if typed.push else ""
    return as_json(_as_printed(tuned, exported, address)) if json else "\n".join(_told(tuned, exported, address))


def _as_printed(tuned: TunedModel, exported: Exported, address: str) -> ExportedModel:
    return ExportedModel(
        run=tuned.record.number,
        folder=exported.folder,
        files=tuple(ExportedFile(**file._asdict()) for file in exported.files),
        left_out=exported.left_out,
        memorised=is_memorised(tuned.record),
        hub=address or None,
    )


def _told(tuned: TunedModel, exported: Exported, address: str) -> Iterator[str]:
    yield f"Run {tuned.record.number}'s tuned {tuned.info.name} is in {exported.folder}:"
    for file in exported.files:
        yield f"  {gib(file.bytes):>9}  {file.name}  ({file.what})"
    yield from exported.left_out
    yield MEMORISED[is_memorised(tuned.record)]
    if asks := licence_of(tuned.info.licence).asks:
        yield asks
    if address:
        yield f"On the hub: {address}"
