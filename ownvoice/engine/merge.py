"""Adds an adapter's weights to the model that it was trained on, and saves what comes out as a model of its own."""

from __future__ import annotations

from pathlib import Path

from ownvoice.engine.load import LoadedModel
from ownvoice.files import disk_full_told, flush_tree
from ownvoice.worker.messages import MergeRequest, Progress, Report


def merge_adapter(loaded: LoadedModel, request: MergeRequest, report: Report) -> None:
    """The folder is the caller's to throw away, where it isn't written whole.

    Raises:
        DiskFull: there is no room for it.
    """
    folder = Path(request.merged_folder)
    report(Progress(stage="merging the adapter", done=0, total=1, unit="model"))
    with disk_full_told(folder):
        loaded.model.merge_and_unload().save_pretrained(folder)
        loaded.tokenizer.save_pretrained(folder)
        flush_tree(folder)
    report(Progress(stage="merging the adapter", done=1, total=1, unit="model"))
