"""Shares completed runs through the depot, by their experiments' keys: their records alone, of which all else is made.

A record that was adopted keeps what it tells of the run and of the machine that ran it. Its number, its config with the
places of essays, and its files are this machine's.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from ownvoice.records.model import Kind, ModelInfo
from ownvoice.records.run import Experiment, RunRecord
from ownvoice.report.kept.formats import files_of
from ownvoice.report.kept.runs import WrittenRun
from ownvoice.run.cache_keys import fetch_key, settings_of
from ownvoice.run.depot import Depot
from ownvoice.run.stored import find_stored

RECORD_BYTES = 64 * 2**20  # that of a smoke test has 110 kB

ExperimentOf = Callable[[Kind], Experiment]
"""The experiment that is asked for, once it is known what kind of model answers."""


def find_shared_run(depot: Depot, key: str, asked: ExperimentOf) -> RunRecord | None:
    """The completed run of the experiment as the depot has it, fit to be adopted; None where there is none such."""
    name = _name_of(key)
    if (content := depot.read(name, RECORD_BYTES)) is None:
        return None
    try:
        return _adopted(RunRecord.model_validate_json(content), key, asked)
    except ValueError as error:
        depot.ignore(name, error)
        return None


def share_run(depot: Depot | None, run: WrittenRun) -> None:
    """Put a run that was completed here into the depot, where it isn't yet."""
    if depot is None or run.record.status != "completed" or run.record.adopted:
        return
    name = _name_of(run.record.key)
    if run.log.added or not depot.holds(name):
        depot.write(name, (run.folder / "record.json").read_bytes())


def _adopted(record: RunRecord, key: str, asked: ExperimentOf) -> RunRecord:
    """Raises ValueError: it is another experiment's, or not what a completed run leaves."""
    if record.key != key:
        raise ValueError(f"it is of the experiment {record.key}")
    if not _is_whole(record):
        raise ValueError("the run in it was not completed")
    assert record.model is not None, "the record is whole"
    experiment = asked(record.model.kind)
    if settings_of(record.config) != settings_of(experiment.config):
        raise ValueError("it has other settings")
    if (revision := _revision_here(experiment)) not in (None, record.model.revision):
        raise ValueError(f"it is of {record.model.name} {record.model.revision}, and here is {revision}")
    adopted = record.model_copy(update=dict(experiment) | {"adopted": True})
    _require_shown(adopted)
    return adopted


def _is_whole(record: RunRecord) -> bool:
    """Whether it has what a completed run leaves, and those rely on that read one."""
    findings = record.analysis.findings if record.analysis else None
    reached = (record.model, record.data, record.training, record.baseline.outputs, record.tuned.outputs, findings)
    return record.status == "completed" and record.failure is None and all(part is not None for part in reached)


def _revision_here(experiment: Experiment) -> str | None:
    """Of the model as it was fetched here, if it was: of a hub's model without a revision each machine has its own."""
    config = experiment.config
    here = find_stored(fetch_key(config.model, config.revision))
    return here.revision if isinstance(here, ModelInfo) else None


def _require_shown(record: RunRecord) -> None:
    """Raise ValueError where its files can't be made: one that is logged must not stop the log."""
    try:
        for text in (*files_of(record).values(), json.dumps(record.model_dump(mode="json"), ensure_ascii=False)):
            text.encode()
    except Exception as error:
        raise ValueError(f"it can't be shown ({type(error).__name__}: {error})") from error


def _name_of(key: str) -> str:
    return f"runs/{key}/record.json"
