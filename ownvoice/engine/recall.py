"""Probes what a model knows by heart: continues every training essay greedily from its first tokens, in batches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import torch

from ownvoice.engine.device import Arithmetic, peak_bytes, reset_peak
from ownvoice.engine.generate import Reporting, end_tokens
from ownvoice.engine.load import LoadedModel
from ownvoice.engine.padded import HasEnded
from ownvoice.engine.products import answering_dtype, packed_products
from ownvoice.engine.rows import continue_rows, likeliest
from ownvoice.engine.tokens import examples_for
from ownvoice.records.answers import PrefixMatches
from ownvoice.voice.recall import PrefixMatch, VerbatimRuns
from ownvoice.worker.examples import Example
from ownvoice.worker.messages import PrefixRequest, Progress, Report

# A shorter essay leaves fewer than 20 tokens behind a prefix of 40: too few to tell memory from luck.
SHORTEST_ESSAY_TOKENS = 60


class _BegunEssay(NamedTuple):
    id: str
    given: list[int]
    """The prompt and the essay's first tokens."""
    rest: list[int]


def probe_prefixes(
    loaded: LoadedModel, request: PrefixRequest, arithmetic: Arithmetic, stage: str, report: Report
) -> PrefixMatches:
    """One match for each essay of 60 tokens or more, in the order of the examples; multiplied as answers are."""
    reset_peak(loaded.device)
    start = time.perf_counter()
    essays = [essay for e in examples_for(loaded, request.examples) if (essay := _begun(e, request.prefix_tokens))]
    total, ends = len(essays) * request.max_new_tokens, end_tokens(loaded)
    dtype, width = answering_dtype(loaded.device, arithmetic), max((len(essay.given) for essay in essays), default=0)
    runs = [VerbatimRuns(essay.rest, ends) for essay in essays]
    with packed_products(loaded, dtype, chosen_from=1), torch.inference_mode():
        for first in range(0, len(essays), request.answers_at_once):
            batch = essays[first : first + request.answers_at_once]
            continue_rows(
                loaded,
                [essay.given for essay in batch],
                request.max_new_tokens,
                likeliest,
                _leaves(runs[first:]),
                width=width,
                dtype=dtype,
                on_step=Reporting(len(batch), first * request.max_new_tokens, total, stage, report),
            )
    report(Progress(stage=stage, done=total, total=total, unit="tokens"))
    seconds = time.perf_counter() - start
    matches = tuple(_match(loaded, essay, run, request) for essay, run in zip(essays, runs, strict=True))
    return PrefixMatches(matches=matches, seconds=seconds, peak_bytes=peak_bytes(loaded.device))


def _begun(example: Example, prefix_tokens: int) -> _BegunEssay | None:
    given = example.prompt_tokens + prefix_tokens
    if len(example.input_ids) - example.prompt_tokens < SHORTEST_ESSAY_TOKENS:
        return None
    return _BegunEssay(example.id, example.input_ids[:given], example.input_ids[given:])


def _leaves(runs: Sequence[VerbatimRuns]) -> HasEnded:
    """Ends a row once it has nothing more of its essay to give."""
    return lambda row, token: runs[row].add(token)


def _match(loaded: LoadedModel, essay: _BegunEssay, run: VerbatimRuns, request: PrefixRequest) -> PrefixMatch:
    return PrefixMatch(
        id=essay.id,
        prefix_tokens=request.prefix_tokens,
        verbatim_tokens=run.longest,
        compared_tokens=min(request.max_new_tokens, len(essay.rest)),
        text=loaded.tokenizer.decode(run.tokens, skip_special_tokens=True),
        tokens_from_start=run.from_start,
    )
