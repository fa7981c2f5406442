"""Probes what a model knows by heart: continues every training essay greedily from its first tokens, in batches."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import torch
from transformers import StoppingCriteria

from ownvoice.engine.device import peak_bytes, reset_peak
from ownvoice.engine.generate import Reporting, continue_rows, end_tokens
from ownvoice.engine.load import LoadedModel
from ownvoice.engine.tokens import examples_for
from ownvoice.records import PrefixMatches
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


class _LeftTheEssay(StoppingCriteria):  # type: ignore[misc]
    """Ends each row by itself once it has nothing more of its essay to give."""

    def __init__(self, rows: list[VerbatimRuns]) -> None:
        self._rows = rows

    def __call__(self, input_ids: torch.Tensor, _scores: Any, **_: Any) -> torch.Tensor:
        newest = input_ids[:, -1].tolist()
        finished = [row.add(token) for row, token in zip(self._rows, newest, strict=True)]
        return torch.tensor(finished, dtype=torch.bool, device=input_ids.device)


def probe_prefixes(loaded: LoadedModel, request: PrefixRequest, stage: str, report: Report) -> PrefixMatches:
    """One match for each essay of 60 tokens or more, in the order of the examples; in fp32, as answers are."""
    reset_peak(loaded.device)
    start = time.perf_counter()
    essays = [essay for e in examples_for(loaded, request.examples) if (essay := _begun(e, request.prefix_tokens))]
    total = len(essays) * request.max_new_tokens
    matches: list[PrefixMatch] = []
    for first in range(0, len(essays), request.answers_at_once):
        batch = essays[first : first + request.answers_at_once]
        reporting = Reporting(len(batch), first * request.max_new_tokens, total, stage, report)
        with torch.inference_mode():
            matches += _continue_batch(loaded, batch, request, reporting)
    report(Progress(stage=stage, done=total, total=total, unit="tokens"))
    seconds = time.perf_counter() - start
    return PrefixMatches(matches=tuple(matches), seconds=seconds, peak_bytes=peak_bytes(loaded.device))


def _begun(example: Example, prefix_tokens: int) -> _BegunEssay | None:
    given = example.prompt_tokens + prefix_tokens
    if len(example.input_ids) - example.prompt_tokens < SHORTEST_ESSAY_TOKENS:
        return None
    return _BegunEssay(example.id, example.input_ids[:given], example.input_ids[given:])


def _continue_batch(
    loaded: LoadedModel, batch: list[_BegunEssay], request: PrefixRequest, reporting: Reporting
) -> list[PrefixMatch]:
    ends = end_tokens(loaded)
    runs = [VerbatimRuns(essay.rest, ends) for essay in batch]
    given = [essay.given for essay in batch]
    continue_rows(loaded, given, request.max_new_tokens, [reporting], [_LeftTheEssay(runs)])
    return [
        PrefixMatch(
            id=essay.id,
            prefix_tokens=request.prefix_tokens,
            verbatim_tokens=run.longest,
            compared_tokens=min(request.max_new_tokens, len(essay.rest)),
            text=loaded.tokenizer.decode(run.tokens, skip_special_tokens=True),
            tokens_from_start=run.from_start,
        )
        for essay, run in zip(batch, runs, strict=True)
    ]
