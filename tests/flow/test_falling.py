"""Out of memory, and killed workers: the retry takes the next memory setting, and the run tells it."""

from __future__ import annotations

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import TaskRunFilter, TaskRunFilterName
from prefect.client.schemas.sorting import TaskRunSort

from ownvoice.errors import MemoryRefused, NonFiniteLoss, OutOfMemory
from ownvoice.ladder import LADDER, ONE_ESSAY
from tests.flow.studio import Studio

RUNGS = [rung.name for rung in LADDER if rung != ONE_ESSAY]  # the batch is one essay as it is


def test_a_training_that_runs_out_and_is_killed_finishes_two_settings_further_down(studio: Studio) -> None:
    studio.orders.write_text("train out-of-memory once\ntrain die once\n")
    studio.run()
    record = studio.record(1)
    assert [attempt.rung for attempt in record.attempts] == RUNGS[:3]
    assert record.attempts[0].ended.startswith("OutOfMemory at the start: out of memory")
    assert record.attempts[1].ended.startswith("WorkerDied at the start: the worker ended with exit code 9")
    assert record.attempts[2].ended == "completed"
    assert record.training is not None
    assert record.training.rung == RUNGS[2]
    for rung in RUNGS[:3]:
        assert f"| {rung} |" in studio.logbook()
    with get_client(sync_client=True) as client:
        runs = client.read_task_runs(
            task_run_filter=TaskRunFilter(name=TaskRunFilterName(like_="Fine-tune")), sort=TaskRunSort.END_TIME_DESC
        )
    assert runs[0].state_name == f"Completed at {RUNGS[2]}"


def test_a_training_that_fell_is_cached_with_its_attempts(studio: Studio) -> None:
    studio.orders.write_text("train out-of-memory once\n")
    studio.run()
    studio.calls()
    studio.run()
    assert studio.calls() == []
    assert len(studio.record(1).attempts) == 2


def test_when_the_last_setting_fails_every_attempt_stands_in_the_failed_record(studio: Studio) -> None:
    studio.orders.write_text("train out-of-memory")
    with pytest.raises(OutOfMemory):
        studio.run()
    record = studio.record(1)
    full = [rung.name for rung in LADDER if rung.changes != "method" and rung.weights != "fp16" and rung != ONE_ESSAY]
    assert [attempt.rung for attempt in record.attempts] == full
    assert record.status == "failed"
    assert "| bf16 weights |" in studio.logbook()


def test_a_loss_that_is_no_number_takes_no_lower_setting(studio: Studio) -> None:
    studio.orders.write_text("train fail")
    with pytest.raises(NonFiniteLoss):
        studio.run()
    assert studio.calls().count("train") == 1


def test_answers_are_asked_again_with_fewer_at_once(studio: Studio) -> None:
    studio.orders.write_text("generate out-of-memory once\n")
    studio.run()
    calls = [call for call in studio.calls() if not call.startswith(("likelihood", "prefixes"))]
    assert calls == ["generate baseline", "generate baseline", "train", "generate tuned"]
    assert studio.record(1).status == "completed"


def test_what_fits_nowhere_is_refused_before_loading_with_the_table(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _kind: (64 * 2**20, 64 * 2**20))
    with pytest.raises(MemoryRefused, match="as configured") as refused:
        studio.run()
    assert "more memory" in refused.value.expected
    assert studio.calls() == []
