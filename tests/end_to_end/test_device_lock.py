"""Real workers on one device: one at a time, whoever waits knows for whom, and a kill frees the device."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from ownvoice.errors import WorkerDied
from ownvoice.records.training import TrainingResult
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import Progress, Request, TurnRequest
from tests.end_to_end.tiny_requests import request_to_answer, request_to_train


@pytest.fixture(scope="module")
def workers() -> Iterator[tuple[Worker, Worker]]:
    with Worker() as holder, Worker() as waiter:
        yield holder, waiter


@pytest.fixture
def pair(workers: tuple[Worker, Worker]) -> tuple[Worker, Worker]:
    """Both run: one that was killed is started anew."""
    for worker in workers:
        worker.start()
    return workers


class Heard:
    """What a worker reported, and when."""

    def __init__(self) -> None:
        self.stages: list[str] = []
        self.times: list[float] = []
        self.end: object = None

    def __call__(self, progress: Progress) -> None:
        self.stages.append(progress.stage)
        self.times.append(time.monotonic())

    def first(self, start: str) -> int | None:
        return next((i for i, stage in enumerate(self.stages) if stage.startswith(start)), None)


def test_a_worker_waits_for_the_one_that_trains_and_names_it_and_a_kill_lets_it_go_on(
    pair: tuple[Worker, Worker], tiny_llama: Path, tmp_path: Path
) -> None:
    holder, waiter = pair
    holder.call(TurnRequest(run="Run 7 (smoke-test, tiny)"), Heard())
    training = ask(holder, request_to_train(tiny_llama, tmp_path / "w" / "model.safetensors", epochs=1000))
    wait_until(lambda: training.first("training") is not None)
    waiting = ask(waiter, request_to_answer(tiny_llama))
    wait_until(lambda: waiting.first("waiting") is not None)
    assert waiting.stages[0].startswith(
        f"waiting for cpu, held by Run 7 (smoke-test, tiny), process {holder.pid} since"
    )
    time.sleep(1)
    assert waiting.stages == waiting.stages[:1]  # told once, and nothing is loaded meanwhile
    os.kill(holder.pid or 0, signal.SIGKILL)
    killed = time.monotonic()
    wait_until(lambda: waiting.first("loading") is not None)
    freed = waiting.times[waiting.first("loading") or 0] - killed
    print(f"{freed:.2f} s after the kill")
    assert freed < 2
    wait_until(lambda: waiting.end is not None and training.end is not None)
    assert isinstance(training.end, WorkerDied)
    assert not isinstance(waiting.end, Exception)


def test_a_wait_is_no_training_time(pair: tuple[Worker, Worker], tiny_llama: Path, tmp_path: Path) -> None:
    holder, waiter = pair
    holder.call(TurnRequest(run="Run 7"), Heard())
    waiting = ask(waiter, request_to_train(tiny_llama, tmp_path / "w" / "model.safetensors"))
    wait_until(lambda: waiting.first("waiting") is not None)
    time.sleep(5)
    holder.call(TurnRequest(take=False), Heard())
    wait_until(lambda: waiting.end is not None)
    assert isinstance(waiting.end, TrainingResult)
    assert waiting.end.seconds < 5


def test_a_worker_that_only_answers_gives_the_device_back_with_its_answer(
    pair: tuple[Worker, Worker], tiny_llama: Path
) -> None:
    for worker in pair:
        heard = ask(worker, request_to_answer(tiny_llama))
        wait_until(partial(has_ended, heard))
        assert heard.first("waiting") is None


def ask(worker: Worker, request: Request) -> Heard:
    heard = Heard()

    def call() -> None:
        try:
            heard.end = worker.call(request, heard)
        except WorkerDied as error:
            heard.end = error

    threading.Thread(target=call, daemon=True).start()
    return heard


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def has_ended(heard: Heard) -> bool:
    return heard.end is not None
