"""Fine-tune the model on the essays; the weights go into the cache, one folder a key."""

from __future__ import annotations

from pathlib import Path

from prefect import task
from prefect.logging import get_run_logger

from ownvoice.records import TrainingResult
from ownvoice.requests import TrainRequest
from tasks.reporting import Reporter
from tasks.session import current_session
from tasks.steps import retry_dead_worker


@task(name="Fine-tune", retries=1, retry_condition_fn=retry_dead_worker)
def fine_tune(request: TrainRequest) -> TrainingResult:
    Path(request.weights).parent.mkdir(parents=True, exist_ok=True)
    result = current_session().worker.call(request, Reporter("fine-tune"))
    assert isinstance(result, TrainingResult)
    get_run_logger().info(f"{result.steps} steps in {result.seconds:.0f} s, {result.arithmetic}")
    return result
