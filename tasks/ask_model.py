"""Asks a model what leaves it as it is: canaries and probes, how likely essays are, what it knows by heart.

Baseline, tuned and placebo's model are asked in the same way; where memory runs out, in smaller portions.
"""

from __future__ import annotations

from typing import TypeVar

from prefect import task
from prefect.runtime import task_run
from pydantic import BaseModel

from ownvoice.memory.predict import ANSWERS_AT_ONCE
from ownvoice.records.answers import Likelihoods, Outputs, PrefixMatches
from ownvoice.run.plan import Step
from ownvoice.run.session import current_session
from ownvoice.worker.messages import GenerateRequest, LikelihoodRequest, PrefixRequest
from tasks.reporting import Reporter, tell
from tasks.steps import retry_with_less

R = TypeVar("R", bound=BaseModel)


@task(name="Answers to the canaries", retries=len(ANSWERS_AT_ONCE) - 1, retry_condition_fn=retry_with_less)
def answer_canaries(step: Step, request: GenerateRequest) -> Outputs:
    at_once = ANSWERS_AT_ONCE[_attempt()]
    if _attempt():
        tell(f"Asking again, {at_once} at once: memory ran out, or the worker was killed")
    return _ask(step, request.model_copy(update={"answers_at_once": at_once}), Outputs)


@task(name="Likelihood", retries=1, retry_condition_fn=retry_with_less)
def measure_likelihood(step: Step, request: LikelihoodRequest) -> Likelihoods:
    """One essay at a time, so there is nothing to ask less of: once more where another program had the memory."""
    return _ask(step, request, Likelihoods)


@task(name="Prefix probe", retries=len(ANSWERS_AT_ONCE) - 1, retry_condition_fn=retry_with_less)
def probe_prefixes(step: Step, request: PrefixRequest) -> PrefixMatches:
    return _ask(step, request.model_copy(update={"answers_at_once": ANSWERS_AT_ONCE[_attempt()]}), PrefixMatches)


def _attempt() -> int:
    """The number of this try, 0 for the first."""
    return (task_run.run_count or 1) - 1


def _ask(step: Step, request: GenerateRequest | LikelihoodRequest | PrefixRequest, kind: type[R]) -> R:
    result = current_session().call(request, Reporter.of(step))
    assert isinstance(result, kind)
    return result
