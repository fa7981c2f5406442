"""What the models make of the essays themselves: how likely they are, and how much of them is known by heart."""

from __future__ import annotations

from prefect import task
from prefect.runtime import task_run

from ownvoice.ladder import LOSS_CHUNK_TOKENS
from ownvoice.memory.predict import ANSWERS_AT_ONCE
from ownvoice.records import Likelihoods, PrefixMatches
from ownvoice.run.session import current_session
from ownvoice.worker.messages import LikelihoodRequest, PrefixRequest
from tasks.reporting import Reporter
from tasks.steps import retry_with_less

# Attempt by attempt. One essay at a time in either case; what is left to save are the logits (SmolLM2, 650
# tokens: 128 MB).
LOGITS_AT_ONCE = (None, LOSS_CHUNK_TOKENS)


@task(name="Baseline likelihood", retries=len(LOGITS_AT_ONCE) - 1, retry_condition_fn=retry_with_less)
def baseline_likelihood(request: LikelihoodRequest) -> Likelihoods:
    return _likelihoods(request, Reporter("baseline-likelihood"))


@task(name="Tuned likelihood", retries=len(LOGITS_AT_ONCE) - 1, retry_condition_fn=retry_with_less)
def tuned_likelihood(request: LikelihoodRequest) -> Likelihoods:
    return _likelihoods(request, Reporter("tuned-likelihood"))


@task(name="Placebo: likelihood", retries=len(LOGITS_AT_ONCE) - 1, retry_condition_fn=retry_with_less)
def placebo_likelihood(request: LikelihoodRequest) -> Likelihoods:
    return _likelihoods(request, Reporter("placebo-likelihood", "placebo: "))


@task(name="Baseline prefix probe", retries=len(ANSWERS_AT_ONCE) - 1, retry_condition_fn=retry_with_less)
def baseline_prefixes(request: PrefixRequest) -> PrefixMatches:
    return _prefixes(request, Reporter("baseline-prefix-probe"))


@task(name="Tuned prefix probe", retries=len(ANSWERS_AT_ONCE) - 1, retry_condition_fn=retry_with_less)
def tuned_prefixes(request: PrefixRequest) -> PrefixMatches:
    return _prefixes(request, Reporter("tuned-prefix-probe"))


def _likelihoods(request: LikelihoodRequest, reporter: Reporter) -> Likelihoods:
    chunk = LOGITS_AT_ONCE[(task_run.run_count or 1) - 1]
    result = current_session().call(request.model_copy(update={"loss_chunk_tokens": chunk}), reporter)
    assert isinstance(result, Likelihoods)
    return result


def _prefixes(request: PrefixRequest, reporter: Reporter) -> PrefixMatches:
    at_once = ANSWERS_AT_ONCE[(task_run.run_count or 1) - 1]
    result = current_session().call(request.model_copy(update={"answers_at_once": at_once}), reporter)
    assert isinstance(result, PrefixMatches)
    return result
