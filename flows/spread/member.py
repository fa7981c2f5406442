"""One run of a series, wherever it runs: its name, and what came of it."""

from __future__ import annotations

from typing import Any

from flows.experiment import run_experiment
from ownvoice import errors
from ownvoice.errors import OwnvoiceError, RunFailed
from ownvoice.markdown import shortened
from ownvoice.paths import artifacts_folder
from ownvoice.records.run import slug
from ownvoice.report.kept.runs import WrittenRun, find_completed
from ownvoice.report.log.logbook import LOGBOOK_NAME, find_entry, numbers_in
from ownvoice.run.cache_keys import experiment_key
from ownvoice.run.resolve import experiment_of
from ownvoice.series.members import Member
from ownvoice.worker.messages import Failed
from tasks.adopt_run import adopt_run
from tasks.reporting import tell

Outcome = WrittenRun | OwnvoiceError
LABEL_CHARACTERS = 120


def name_of(member: Member) -> str:
    """'scale-up: 6 of 13 pairs, gpt2-xl', as the Prefect UI lists it."""
    config = member.config
    what = "" if member.label == config.model else f"{shortened(member.label, LABEL_CHARACTERS)}, "
    return f"{config.phase}: {what}{slug(config.model)}"


def as_template(name: str) -> str:
    """For Prefect, which fills in what stands in braces."""
    return name.replace("{", "{{").replace("}", "}}")


def named_run(member: Member) -> Any:
    """The experiment's flow under the run's name."""
    return run_experiment.with_options(flow_run_name=as_template(name_of(member)))


def done_already(member: Member) -> WrittenRun | None:
    """The completed run, where the log has its entry: nothing of it is done again, though its weights may be gone."""
    artifacts = artifacts_folder()
    there = find_completed(artifacts / "runs", experiment_key(member.config))
    if there is None or there.record.number not in numbers_in(artifacts / LOGBOOK_NAME, "run"):
        return None
    log = find_entry(artifacts / LOGBOOK_NAME, "run", there.record.number)
    return WrittenRun(folder=there.folder, record=there.record, log=log)


def told(error: OwnvoiceError) -> Failed:
    """An error as it goes from one process to another."""
    return Failed(error=type(error).__name__, found=error.found, expected=error.expected, remedy=error.remedy)


def outcome_of(member: Member, failed: Failed | None) -> Outcome:
    """What a run elsewhere came to; one that completed is found by its experiment, in the log here or in the depot."""
    if failed:
        error: OwnvoiceError = getattr(errors, failed.error)(failed.found, failed.expected, failed.remedy)
        return error
    key = experiment_key(member.config)
    if there := find_completed(artifacts_folder() / "runs", key):
        log = find_entry(artifacts_folder() / LOGBOOK_NAME, "run", there.record.number)
        return WrittenRun(folder=there.folder, record=there.record, log=log)
    return adopt_run(key, lambda kind: experiment_of(member.config, key, kind)) or RunFailed(
        f"{member.label} completed elsewhere, and {artifacts_folder()} doesn't have it",
        "artifacts or a depot that all machines share, and the same version of ownvoice and its libraries on each",
        "set OWNVOICE_ARTIFACTS or OWNVOICE_DEPOT to the same place on each (docs/beyond-one-machine.md)",
    )


def tell_end(member: Member, outcome: Outcome) -> None:
    """For the person who waits: the run's own lines are on the terminal of the process that has it."""
    ended = f"failed: {outcome.found}" if isinstance(outcome, OwnvoiceError) else f"is Run {outcome.record.number}"
    tell(f"{member.label} {ended}")
