"""Answers to the canaries and probes: of baseline, tuned and placebo-tuned model, asked in the same way."""

from __future__ import annotations

from prefect import task
from prefect.runtime import task_run

from ownvoice.memory.predict import ANSWERS_AT_ONCE
from ownvoice.records import Outputs
from ownvoice.run.session import current_session
from ownvoice.worker.messages import GenerateRequest
from tasks.reporting import Reporter
from tasks.steps import retry_with_less


@task(name="Baseline answers to the canaries", retries=len(ANSWERS_AT_ONCE) - 1, retry_condition_fn=retry_with_less)
def baseline_answers(request: GenerateRequest) -> Outputs:
    return _answers(request, Reporter("baseline-answers"))


@task(name="Tuned answers to the canaries", retries=len(ANSWERS_AT_ONCE) - 1, retry_condition_fn=retry_with_less)
def tuned_answers(request: GenerateRequest) -> Outputs:
    return _answers(request, Reporter("tuned-answers"))


@task(name="Placebo: answers to the canaries", retries=len(ANSWERS_AT_ONCE) - 1, retry_condition_fn=retry_with_less)
def placebo_answers(request: GenerateRequest) -> Outputs:
    return _answers(request, Reporter("placebo-answers", "placebo: "))


def _answers(request: GenerateRequest, reporter: Reporter) -> Outputs:
    at_once = ANSWERS_AT_ONCE[(task_run.run_count or 1) - 1]
    session = current_session()
    if at_once < ANSWERS_AT_ONCE[0]:
        session.display.say(f"Asking again, {at_once} at once: memory ran out, or the worker was killed")
    outputs = session.call(request.model_copy(update={"answers_at_once": at_once}), reporter)
    assert isinstance(outputs, Outputs)
    return outputs
