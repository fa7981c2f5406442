"""Answer prompts in batches, so that an answer is the same in any: it depends on its prompt, its sample and the seed.

In the last bits also on the request's longest prompt, which decides how wide all are, and on what all prompts begin with.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence

import torch

from ownvoice.engine.device import Arithmetic, peak_bytes, reset_peak
from ownvoice.engine.load import LoadedModel
from ownvoice.engine.products import answering_dtype, packed_products
from ownvoice.engine.rows import continue_rows, read_shared
from ownvoice.records.answers import Output, Outputs
from ownvoice.worker.messages import GenerateRequest, Progress, PromptText, Report


class Reporting:
    """Counts decoding steps for the progress bar."""

    def __init__(self, answers: int, before: int, total: int, stage: str, report: Report) -> None:
        self._answers, self._before, self._total = answers, before, total
        self._stage, self._report = stage, report
        self._start, self._steps = time.perf_counter(), 0

    def __call__(self) -> None:
        self._steps += 1
        done = self._steps * self._answers
        rate = done / max(time.perf_counter() - self._start, 1e-9)
        progress = Progress(
            stage=self._stage, done=min(self._before + done, self._total), total=self._total, unit="tokens", rate=rate
        )
        self._report(progress)


def end_tokens(loaded: LoadedModel) -> set[int]:
    """What ends an answer: the tokenizer's end-of-text, and those that the model's own settings add."""
    own = loaded.model.generation_config.eos_token_id
    ids = {loaded.tokenizer.eos_token_id, *(own if isinstance(own, list) else [own])}
    return {int(token) for token in ids if token is not None}


class SeededSampling:
    """Temperature, top-k and top-p sampling with one uniform number per answer and step.

    Each answer draws from a generator of its own, so its text does not change with the batch that it is
    in. Only the k likeliest tokens are ever sorted, where transformers sorts the whole vocabulary and
    draws noise for all of it (57 of 230 ms a step at 16 answers).
    """

    def __init__(self, request: GenerateRequest, prompts: Sequence[PromptText], device: torch.device) -> None:
        self._decoding = request.decoding
        self._uniforms = torch.stack([_uniforms(request, prompt) for prompt in prompts]).to(device)

    def __call__(self, scores: torch.Tensor, rows: Sequence[int], step: int) -> torch.Tensor:
        """A token for each of these answers from its scores (answers, vocabulary)."""
        likeliest, tokens = torch.topk(scores.float(), min(self._decoding.top_k, scores.shape[-1]))
        shares = torch.softmax(likeliest / self._decoding.temperature, dim=-1)
        before = shares.cumsum(-1) - shares
        shares = shares.masked_fill(before >= self._decoding.top_p, 0.0)
        ladder = shares.cumsum(-1)
        target = self._uniforms[rows, step, None] * ladder[:, -1:]
        chosen = torch.searchsorted(ladder, target, right=True).clamp(max=ladder.shape[-1] - 1)
        return tokens.gather(1, chosen)[:, 0]


def generate_outputs(
    loaded: LoadedModel, request: GenerateRequest, arithmetic: Arithmetic, stage: str, report: Report
) -> Outputs:
    """Answer every prompt; outputs stand in the order of the prompts."""
    reset_peak(loaded.device)
    start = time.perf_counter()
    limit = request.decoding.max_new_tokens
    rows, ends = [loaded.encode(prompt.text) for prompt in request.prompts], end_tokens(loaded)
    dtype, width = answering_dtype(loaded.device, arithmetic), max(map(len, rows), default=0)
    outputs: list[Output] = []
    with packed_products(loaded, dtype, chosen_from=request.decoding.top_k), torch.inference_mode():
        shared = read_shared(loaded, rows, dtype)
        for first in range(0, len(rows), request.answers_at_once):
            batch = request.prompts[first : first + request.answers_at_once]
            new = continue_rows(
                loaded,
                rows[first : first + request.answers_at_once],
                limit,
                SeededSampling(request, batch, loaded.device),
                lambda _row, token: token in ends,
                width=width,
                shared=shared,
                dtype=dtype,
                on_step=Reporting(len(batch), first * limit, len(rows) * limit, stage, report),
            )
            outputs += [_output(loaded, prompt, ids, ends) for prompt, ids in zip(batch, new, strict=True)]
    seconds = time.perf_counter() - start
    report(Progress(stage=stage, done=len(rows) * limit, total=len(rows) * limit, unit="tokens"))
    return Outputs(
        outputs=tuple(outputs),
        seconds=seconds,
        tokens_per_second=sum(output.tokens for output in outputs) / seconds,
        peak_bytes=peak_bytes(loaded.device),
    )


def _output(loaded: LoadedModel, prompt: PromptText, ids: list[int], ends: set[int]) -> Output:
    length = next((i for i, token in enumerate(ids) if token in ends), None)
    kept = ids if length is None else ids[:length]
    text: str = loaded.tokenizer.decode(kept, skip_special_tokens=True)
    return Output(
        prompt_id=prompt.prompt_id, sample=prompt.sample, text=text.strip(), tokens=len(kept), cut_off=length is None
    )


def _uniforms(request: GenerateRequest, prompt: PromptText) -> torch.Tensor:
    """One number in [0, 1) for each step of an answer, from its prompt, its sample and the seed."""
    decoding = request.decoding
    name = f"{decoding.seed}\0{prompt.prompt_id}\0{prompt.sample}".encode()
    seed = int.from_bytes(hashlib.sha256(name).digest()[:8], "big") >> 1
    return torch.rand(decoding.max_new_tokens, generator=torch.Generator().manual_seed(seed), dtype=torch.float32)
