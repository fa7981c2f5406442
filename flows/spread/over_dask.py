"""Runs of a series over Dask workers: processes on this machine, or a cluster that runs already.

Dask gives a run whose worker was killed to another one; finished steps come from the cache.
"""

from __future__ import annotations

import contextlib
import importlib.util
import logging
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.transactions import CommitMode, transaction

from flows.spread.member import Outcome, as_template, name_of, named_run, outcome_of, tell_end, told
from ownvoice.errors import ConfigError, RunFailed, UserMistake
from ownvoice.phase_configs import SpreadConfig
from ownvoice.run.session import current_session
from ownvoice.series.members import Member
from ownvoice.worker.messages import Failed

if TYPE_CHECKING:
    from prefect_dask.task_runners import DaskTaskRunner, PrefectDaskFuture

# TLS with keys of its own: who reaches a scheduler's port can run any code, and this machine may have other users. What
# fits the memory is planned by each run for its worker, which is no process of Dask's.
LOCAL = {
    "threads_per_worker": 1,
    "memory_limit": 0,
    "host": "127.0.0.1",
    "dashboard_address": None,
    "silence_logs": logging.ERROR,
    "protocol": "tls",
    "security": True,
}
# What a browser could ask of Dask's processes, the dashboard and their figures: there is Prefect's UI.
NO_PAGES: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}


def over_dask(members: Sequence[Member], spread: SpreadConfig) -> list[Outcome]:
    """As many at once as the cluster has threads.

    Raises:
        ConfigError: the extra is not installed, or no scheduler answers at the address.
    """
    with _cluster(spread) as cluster:
        current_session().display.say(f"{len(members)} runs over Dask: {'; '.join(each.label for each in members)}")
        futures = [_sent(member, cluster) for member in members]
        return [_outcome(member, future) for member, future in zip(members, futures, strict=True)]


@task(persist_result=False, cache_policy=NO_CACHE)
def run_on_worker(member: Member) -> Failed | None:
    """In a worker's process: the run goes into the log, and only why it failed goes back.

    Each step's result is written when the step ends. Prefect would write them all when this task ends, and a killed
    worker would leave none; nor could a run meanwhile take them from the cache.
    """
    try:
        with transaction(commit_mode=CommitMode.EAGER):
            named_run(member)(member.config)
    except (RunFailed, UserMistake) as error:
        return told(error)
    return None


@contextlib.contextmanager
def _cluster(spread: SpreadConfig) -> Iterator[DaskTaskRunner]:
    if importlib.util.find_spec("prefect_dask") is None:
        raise ConfigError(
            'spread.over = "dask" needs prefect-dask, which is not installed',
            "the extra `dask`",
            'pip install "ownvoice[dask]"',
        )
    import dask  # noqa: PLC0415 - an extra
    from prefect_dask import DaskTaskRunner  # noqa: PLC0415

    if not spread.address:
        local = DaskTaskRunner(cluster_kwargs={"n_workers": spread.at_once, **LOCAL})
        with dask.config.set(NO_PAGES), local as runner:
            yield runner
        return
    with DaskTaskRunner(address=spread.address) as runner:
        try:
            runner.client  # noqa: B018 - connects
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"spread.address = {spread.address!r}: {error}",
                "the address of a Dask scheduler that runs",
                "dask scheduler, and dask worker ADDRESS on each machine",
            ) from None
        yield runner


def _sent(member: Member, cluster: DaskTaskRunner) -> PrefectDaskFuture[Failed | None]:
    named = run_on_worker.with_options(task_run_name=as_template(name_of(member)))
    return cluster.submit(named, {"member": member})


def _outcome(member: Member, future: PrefectDaskFuture[Failed | None]) -> Outcome:
    """Waits for it."""
    from distributed import CancelledError  # noqa: PLC0415 - an extra
    from distributed.scheduler import KilledWorker  # noqa: PLC0415

    try:
        failed = future.result()
    except (KilledWorker, CancelledError) as error:
        failed = told(
            RunFailed(
                f"the Dask cluster lost it: {error}",
                "workers that stay",
                "see the workers' own words, then the same command again: finished steps come from the cache",
            )
        )
    outcome = outcome_of(member, failed)
    tell_end(member, outcome)
    return outcome
