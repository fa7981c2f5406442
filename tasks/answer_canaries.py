"""Answers to the canaries and probes: the baseline's and the tuned model's, asked in the same way."""

from __future__ import annotations

from prefect import task

from ownvoice.records import Outputs
from ownvoice.requests import GenerateRequest
from tasks.reporting import Reporter
from tasks.session import current_session
from tasks.steps import retry_dead_worker


@task(name="Baseline answers to the canaries", retries=1, retry_condition_fn=retry_dead_worker)
def baseline_answers(request: GenerateRequest) -> Outputs:
    return _answers(request, Reporter("baseline-answers"))


@task(name="Tuned answers to the canaries", retries=1, retry_condition_fn=retry_dead_worker)
def tuned_answers(request: GenerateRequest) -> Outputs:
    return _answers(request, Reporter("tuned-answers"))


def _answers(request: GenerateRequest, reporter: Reporter) -> Outputs:
    outputs = current_session().worker.call(request, reporter)
    assert isinstance(outputs, Outputs)
    return outputs
