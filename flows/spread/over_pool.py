"""Runs of a series over Prefect workers: each is a run of a deployment on a work pool, which a worker takes.

A run whose worker is gone stays Pending or Running to Prefect. It is marked as crashed here and sent once more.
"""

from __future__ import annotations

import contextlib
import platform
import time
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, StateType, WorkerStatus
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run
from prefect.states import Cancelling

from flows.experiment import run_one
from flows.refusing import refusing
from flows.server.dead_runs import HOST, is_dead, mark_crashed
from flows.spread.member import Outcome, name_of, outcome_of, tell_end, told
from ownvoice.config import ExperimentConfig
from ownvoice.errors import RunFailed, ServerUnavailable, UserMistake
from ownvoice.phase_configs import SpreadConfig
from ownvoice.report.kept.runs import WrittenRun
from ownvoice.run.session import current_session
from ownvoice.series.members import Member
from ownvoice.worker.messages import Failed

STARTS = 3
SECONDS_BETWEEN_LOOKS = 1.0  # a look costs the server 10 ms
FAILURE = "ownvoice.failure"
WORKER = "prefect.worker.name"


def deployment_on(pool: str) -> str:
    """The deployment that takes any run of a series, as `ownvoice deploy` names it."""
    return f"run-on-{pool}"


@flow(name="ownvoice", persist_result=False, result_serializer="json")
def run_of_series(config: ExperimentConfig) -> WrittenRun:
    """One run of a series, on the worker that took it; why it failed is told through the server.

    Args:
        config: The experiment, of its own class: read by its phase's name it would be another one, a series.
    """
    return refusing(lambda: _run_telling_failures(config))


def _run_telling_failures(config: ExperimentConfig) -> WrittenRun:
    try:
        return run_one(config)
    except (RunFailed, UserMistake) as error:
        with get_client(sync_client=True) as client:
            client.update_flow_run_labels(flow_run.id, {FAILURE: told(error).model_dump_json()})
        raise


def over_pool(members: Sequence[Member], spread: SpreadConfig) -> list[Outcome]:
    """So many at once as the config says; more workers than that have nothing to do.

    Raises:
        ServerUnavailable: the server doesn't know the pool, or its deployment.
    """
    outcomes: dict[int, Outcome] = {}
    waiting, sent, starts = deque(range(len(members))), dict[UUID, int](), Counter[int]()
    with get_client(sync_client=True) as client, _cancelling(client, sent):
        _require_deployment(client, spread.pool)
        _say_if_nobody_works(client, spread.pool)
        while waiting or sent:
            while waiting and len(sent) < spread.at_once:
                place = waiting.popleft()
                starts[place] += 1
                sent[_send(members[place], spread.pool)] = place
            time.sleep(SECONDS_BETWEEN_LOOKS)
            for run in _ended(client, spread.pool, sent):
                place = sent.pop(run.id)
                if _is_lost(run) and starts[place] < STARTS:
                    current_session().display.say(f"{members[place].label}: its worker is gone, sent once more")
                    waiting.appendleft(place)
                    continue
                outcomes[place] = outcome_of(members[place], _failure(run))
                tell_end(members[place], outcomes[place])
    return [outcomes[place] for place in range(len(members))]


def _require_deployment(client: SyncPrefectClient, pool: str) -> None:
    try:
        client.read_deployment_by_name(f"ownvoice/{deployment_on(pool)}")
    except ObjectNotFound:
        raise ServerUnavailable(
            f"the Prefect server at {client.api_url} knows no pool {pool!r} of ownvoice's",
            "the server that the workers ask, by PREFECT_API_URL or your Prefect profile",
            f"ownvoice deploy --pool {pool}",
        ) from None


def _say_if_nobody_works(client: SyncPrefectClient, pool: str) -> None:
    if not _working(client, pool):
        current_session().display.say(
            f"waiting for a worker on the pool {pool}: prefect worker start --pool {pool}, on each machine"
        )


def _send(member: Member, pool: str) -> UUID:
    sent: FlowRun = run_deployment(  # type: ignore[assignment]  # not awaited: this is no coroutine
        f"ownvoice/{deployment_on(pool)}",
        parameters={"config": member.config.model_dump(mode="json")},
        flow_run_name=name_of(member),
        timeout=0,
    )
    current_session().display.say(f"{member.label}: sent to the pool {pool}")
    return sent.id


def _ended(client: SyncPrefectClient, pool: str, sent: Collection[UUID]) -> list[FlowRun]:
    """Those that have ended, in whatever way; what is lost is marked as crashed."""
    runs = client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=list(sent))))
    working = _working(client, pool)
    ended = [run for run in runs if run.state and run.state.is_final()]
    for run in runs:
        if run not in ended and is_abandoned(run, working):
            mark_crashed(client, run)
            ended.append(client.read_flow_run(run.id))
    return ended


def is_abandoned(run: FlowRun, working: Collection[str]) -> bool:
    """Nobody is at it: its process on this machine is gone, or its worker on another one hasn't answered for long.

    A process may outlive its worker; on this machine that shows.
    """
    if run.labels.get(HOST) == platform.node():
        return is_dead(run)
    return WORKER in run.labels and run.labels[WORKER] not in working


def _working(client: SyncPrefectClient, pool: str) -> frozenset[str]:
    """The workers that Prefect heard of in the last three of their heartbeats, which are 30 s apart."""
    workers = client.read_workers_for_work_pool(pool)
    return frozenset(worker.name for worker in workers if worker.status == WorkerStatus.ONLINE)


def _is_lost(run: FlowRun) -> bool:
    return run.state_type == StateType.CRASHED


def _failure(run: FlowRun) -> Failed | None:
    if run.state_type == StateType.COMPLETED:
        return None
    if FAILURE in run.labels:
        return Failed.model_validate_json(str(run.labels[FAILURE]))
    said = f": {run.state.message}" if run.state and run.state.message else ""
    times = f", {STARTS} times" if _is_lost(run) else ""
    return told(
        RunFailed(
            f"its run in Prefect {str(run.state_name).lower()}{times}{said}",
            "a run that completes",
            f"see the log of {run.name!r} in the Prefect UI",
        )
    )


@contextlib.contextmanager
def _cancelling(client: SyncPrefectClient, sent: Collection[UUID]) -> Iterator[None]:
    """What was sent and hasn't ended is of no use to anybody once the series is stopped."""
    try:
        yield
    finally:
        for run in sent:
            client.set_flow_run_state(run, Cancelling())
