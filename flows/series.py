"""Runs a series: its experiments, each logged by itself, then all of them compared and logged together."""

from __future__ import annotations

from collections.abc import Sequence

from prefect.runtime import flow_run

from flows.experiment import now, prepare
from flows.resources import only_one
from flows.server.dead_runs import reconcile, stamp_this_process
from flows.spread.member import Outcome
from flows.spread.ways import run_all
from ownvoice.errors import OwnvoiceError, RunFailed, RunsFailed, UserMistake
from ownvoice.essays.place import have_here
from ownvoice.essays.writers import writer_at
from ownvoice.memory.machine import describe_machine
from ownvoice.paths import artifacts_folder
from ownvoice.paths import resolve as resolve_path
from ownvoice.phase_configs import BaseOrInstructConfig, SeriesConfig, SpreadConfig, places_of
from ownvoice.records.essays import CheckedPairs
from ownvoice.records.run import RunRecord
from ownvoice.report.kept.runs import StoredRun, stored_runs
from ownvoice.report.kept.series import WrittenSeries, find_completed_series
from ownvoice.report.kept.shelf import Written
from ownvoice.report.log.logbook import LOGBOOK_NAME, find_entry
from ownvoice.run.cache_keys import experiment_key, key_of_series, series_key
from ownvoice.run.digests import extended_key
from ownvoice.run.session import open_session
from ownvoice.series.inputs import RunOf, SeriesInputs, WriterTexts
from ownvoice.series.members import Member, members_of
from ownvoice.series.next_steps import suggest_after
from ownvoice.series.record import MemberRun, Result, SeriesRecord
from ownvoice.settings import flat, settings_in_words
from tasks.compare_runs import compare_runs
from tasks.reporting import tell
from tasks.steps import Steps
from tasks.write_logbook import write_series


def run_series(config: SeriesConfig) -> WrittenSeries:
    """Run what isn't in the log yet, compare, log; a run that fails leaves the others their turn.

    Raises:
        RunsFailed: some failed; the series' entry is in the log, with what the others reached.
        UserMistake: none could begin; nothing is logged.
    """
    have_here(*places_of(config))
    stamp_this_process(flow_run.id)
    reconcile()
    members = members_of(config)
    key, started_at = key_of_series(config.phase, (member.config for member in members)), now()
    with open_session(), only_one(f"series-{key}", tell):
        if there := find_completed_series(artifacts_folder(), key):
            number = there.record.number
            log = find_entry(artifacts_folder() / LOGBOOK_NAME, "series", number)
            return WrittenSeries(folder=there.folder, record=there.record, log=log)
        outcomes = run_all(members, config.spread)
        _refuse_if_none_began(outcomes)
        written = _log(config, members, outcomes, key, started_at)
    failed = [run.label for run in written.record.failed]
    if written.record.not_compared:
        raise RunsFailed(
            f"the runs can't be compared: {written.record.not_compared}",
            "essays and prompts as they were during the runs",
            f"see Series {written.record.number} in {written.log.path}, line {written.log.line}; then the same command again",
        )
    if failed:
        raise RunsFailed(
            f"{len(failed)} of {len(members)} runs failed: {', '.join(failed)}",
            "all of them completed",
            f"see Series {written.record.number} in {written.log.path}, line {written.log.line}; the same command runs what is missing",
        )
    return written


def _refuse_if_none_began(outcomes: Sequence[Outcome]) -> None:
    """One mistake stops all of them: it is told as the mistake that it is."""
    mistakes = [each for each in outcomes if isinstance(each, UserMistake)]
    if len(mistakes) == len(outcomes):
        raise mistakes[0]


def _log(
    config: SeriesConfig, members: Sequence[Member], outcomes: Sequence[Outcome], key: str, started_at: str
) -> WrittenSeries:
    runs = tuple(_member_run(member, outcome) for member, outcome in zip(members, outcomes, strict=True))
    completed = [(m, outcome) for m, outcome in zip(members, outcomes, strict=True) if isinstance(outcome, Written)]
    done = tuple(_run_of(member, outcome.record) for member, outcome in completed)
    result, why_not = None, ""
    try:
        result = _compare(config, [member for member, _ in completed], done) if done else None
    except OwnvoiceError as error:  # essays that were changed meanwhile; the runs are in the log all the same
        why_not = error.found
    return write_series(
        lambda number: SeriesRecord(
            number=number,
            key=key,
            phase=config.phase,
            model_name=config.models_in_words,
            settings=settings_in_words(flat(config.model_dump(mode="json", exclude={"spread"})), None),
            status="failed" if why_not or any(run.failure for run in runs) else "completed",
            started_at=started_at,
            finished_at=now(),
            runs=runs,
            result=result,
            not_compared=why_not,
            next_steps=suggest_after(result, config.model_copy(update={"spread": SpreadConfig()})),
            machine=describe_machine(),
        )
    )


def _run_of(member: Member, record: RunRecord) -> RunOf:
    """With the config as it is asked now: the same experiment may have been run with its essays called otherwise."""
    return RunOf(label=member.label, record=record.model_copy(update={"config": member.config}))


def _member_run(member: Member, outcome: Outcome) -> MemberRun:
    if isinstance(outcome, Written):
        return MemberRun(label=member.label, run=outcome.record.number, folder=outcome.folder.name)
    failure = f"{type(outcome).__name__}: {outcome.found}"
    logged = _logged(member) if isinstance(outcome, RunFailed) else None
    if logged is None:
        return MemberRun(label=member.label, run=None, failure=failure)
    return MemberRun(label=member.label, run=logged.record.number, folder=logged.folder.name, failure=failure)


def _logged(member: Member) -> StoredRun | None:
    """A run that failed has its entry; the newest is the one."""
    key = experiment_key(member.config)
    runs = (run for run in stored_runs(artifacts_folder() / "runs") if run.record.key == key)
    return max(runs, key=lambda run: run.record.number, default=None)


def _writers(members: Sequence[Member], checked: Sequence[CheckedPairs]) -> tuple[WriterTexts, ...]:
    """From a run each."""
    return tuple(
        WriterTexts(
            name=writer_at(member.config.data.pairs).name,
            pairs=member.config.data.pairs,
            pair_set=essays.pair_set,
            author=essays.author,
        )
        for member, essays in zip(members, checked, strict=True)
    )


def _compare(config: SeriesConfig, members: Sequence[Member], done: tuple[RunOf, ...]) -> Result:
    """With the essays of the runs that completed, which their checks have in the cache."""
    steps, background = Steps(), config.data.background
    if isinstance(config, BaseOrInstructConfig):  # every arm reads the same of a writer: no model is made for that
        members = list({member.config.data.pairs: member for member in reversed(members)}.values())[::-1]
    checked = [prepare(member.config, steps).essays for member in members]
    last = checked[-1]
    trained = {pair.essay: pair for essays in checked for pair in essays.pair_set.of("train")}
    inputs = SeriesInputs(
        phase=config.phase,
        pair_set=last.pair_set,
        trained=tuple(trained.values()),
        author=last.author,
        background=str(resolve_path(background)) if background else "",
        runs=done,
        arms=config.compared if isinstance(config, BaseOrInstructConfig) else (),
        writers=_writers(members, checked) if isinstance(config, BaseOrInstructConfig) else (),
        seeds=tuple(range(config.training.seed, config.training.seed + config.training.seeds)),
    )
    return steps.run(compare_runs, extended_key(f"compare-runs-{series_key(config.phase, ())}", inputs), inputs)
