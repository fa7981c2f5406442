"""Marks runs as Crashed whose process is dead, such as after `kill -9`: to Prefect they still stand as Running.

Every run carries who runs it as labels: host, boot, process id and the process's start time (an id is
given out again). Prefect's own heartbeats missed such runs, and marked finished ones as crashed.
"""

from __future__ import annotations

import platform
from pathlib import Path
from uuid import UUID

import psutil
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
HOST = "ownvoice.host"
REASON = "the process that ran this is gone; the same command takes finished steps from the cache"


def stamp_this_process(flow_run_id: UUID) -> None:
    """Label the run with the process that runs it."""
    with get_client(sync_client=True) as client:
        client.update_flow_run_labels(flow_run_id, dict(process_labels(psutil.Process())))


def reconcile() -> int:
    """Mark the running flow runs of this host whose process is dead as Crashed; returns how many."""
    with get_client(sync_client=True) as client:
        running = client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.CANCELLING]))
            )
        )
        dead = [run for run in running if is_dead(run)]
        for run in dead:
            mark_crashed(client, run)
    return len(dead)


def process_labels(process: psutil.Process) -> dict[str, str | int]:
    return {
        HOST: platform.node(),
        "ownvoice.boot": _boot(),
        "ownvoice.pid": process.pid,
        "ownvoice.started": f"{process.create_time():.2f}",
    }


def is_dead(run: FlowRun) -> bool:
    """Whether the run is ours, of this host, and its process has ended. Runs of other hosts can't be judged."""
    labels = run.labels
    if labels.get(HOST) != platform.node():
        return False
    if labels.get("ownvoice.boot") != _boot():
        return True
    try:
        process = psutil.Process(int(labels["ownvoice.pid"]))
        started = f"{process.create_time():.2f}"
        return started != labels["ownvoice.started"] or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def mark_crashed(client: SyncPrefectClient, run: FlowRun) -> None:
    """A flow run and its tasks that are under way."""
    running = TaskRunFilterState(type=TaskRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING]))
    tasks = client.read_task_runs(
        flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[run.id])), task_run_filter=TaskRunFilter(state=running)
    )
    for task in tasks:
        client.set_task_run_state(task.id, Crashed(message=REASON), force=True)
    client.set_flow_run_state(run.id, Crashed(message=REASON), force=True)


def _boot() -> str:
    """Changes with every start of the machine; on systems without it, the time of the start."""
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else f"{psutil.boot_time():.0f}"
