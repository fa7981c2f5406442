"""Measures how likely essays are under a model, as the validation loss does: the essay's tokens, given the prompt."""

from __future__ import annotations

import math
import time
from itertools import chain

import torch

from ownvoice.engine.device import Arithmetic, peak_bytes, reset_peak
from ownvoice.engine.load import LoadedModel
from ownvoice.engine.loss import LossOfBatch
from ownvoice.engine.tokens import NamedEssay, TaughtEssays
from ownvoice.errors import NonFiniteLoss
from ownvoice.records.answers import Likelihoods
from ownvoice.voice.likelihood import BLOCK_TOKENS, EssayLikelihood
from ownvoice.worker.messages import LikelihoodRequest, Progress, Report


def measure_likelihoods(
    loaded: LoadedModel, request: LikelihoodRequest, arithmetic: Arithmetic, stage: str, report: Report
) -> Likelihoods:
    """Every essay, one at a time: on 2 cores a batch of them is no faster, and one is what a validation pass needs.

    Raises:
        NonFiniteLoss: an essay's likelihood is not a number.
    """
    reset_peak(loaded.device)
    start, essays = time.perf_counter(), []
    loss = LossOfBatch(loaded, arithmetic)
    # Whatever the training was taught, the essay alone counts here.
    own, control = (TaughtEssays(loaded, examples, "essay") for examples in (request.own, request.control))
    total = len(own) + len(control)
    with torch.inference_mode():
        for done, each in enumerate(chain(own.named(), control.named()), start=1):
            essays.append(_measure(loss, each))
            rate = done / (time.perf_counter() - start)
            report(Progress(stage=stage, done=done, total=total, unit="essays", rate=rate))
    return Likelihoods(
        own=tuple(essays[: len(own)]),
        control=tuple(essays[len(own) :]),
        seconds=time.perf_counter() - start,
        peak_bytes=peak_bytes(loaded.device),
    )


def _measure(loss: LossOfBatch, essay: NamedEssay) -> EssayLikelihood:
    nats = loss.of_each_token(essay.tokens)
    blocks = tuple(math.fsum(nats[first : first + BLOCK_TOKENS]) for first in range(0, len(nats), BLOCK_TOKENS))
    total = math.fsum(nats)
    if not math.isfinite(total):
        raise NonFiniteLoss(
            f"the loss on the essay {essay.id!r} is {total}",
            "a finite number",
            "lower training.learning_rate: the weights have diverged",
        )
    return EssayLikelihood(id=essay.id, tokens=len(nats), nats=total, block_nats=blocks, characters=essay.characters)
