"""Answer prompts in batches, so that an answer depends on its own prompt, sample and seed alone."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from ownvoice.engine.device import peak_bytes, reset_peak
from ownvoice.engine.load import LoadedModel
from ownvoice.records import Output, Outputs
from ownvoice.worker.messages import GenerateRequest, Progress, PromptText, Report


class Reporting(LogitsProcessor):  # type: ignore[misc]
    """Counts decoding steps for the progress bar."""

    def __init__(self, answers: int, before: int, total: int, stage: str, report: Report) -> None:
        self._answers, self._before, self._total = answers, before, total
        self._stage, self._report = stage, report
        self._start, self._steps = time.perf_counter(), 0

    def __call__(self, _input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        self._steps += 1
        done = self._steps * self._answers
        rate = done / max(time.perf_counter() - self._start, 1e-9)
        progress = Progress(
            stage=self._stage, done=min(self._before + done, self._total), total=self._total, unit="tokens", rate=rate
        )
        self._report(progress)
        return scores


def continue_rows(
    loaded: LoadedModel,
    rows: list[list[int]],
    max_new_tokens: int,
    processors: Sequence[LogitsProcessor],
    stopping: Sequence[StoppingCriteria] = (),
) -> list[list[int]]:
    """The new ids of every row: the likeliest by the scores that the processors leave, padded after the end."""
    inputs = _pad_left(rows, loaded)
    generated = loaded.model.generate(
        **inputs,
        generation_config=GenerationConfig(
            max_new_tokens=max_new_tokens,
            do_sample=False,  # a processor that samples has done so already
            # One allocation instead of a longer copy of every layer's cache at every step: a fifth of the time.
            cache_implementation="static",
            disable_compile=True,
            eos_token_id=sorted(end_tokens(loaded)),
            pad_token_id=loaded.tokenizer.pad_token_id,
            bos_token_id=loaded.tokenizer.bos_token_id,
        ),
        logits_processor=LogitsProcessorList(processors),
        stopping_criteria=StoppingCriteriaList(stopping),
    )
    new: list[list[int]] = generated[:, inputs["input_ids"].shape[1] :].tolist()
    return new


def end_tokens(loaded: LoadedModel) -> set[int]:
    """What ends an answer: the tokenizer's end-of-text, and those that the model's own settings add."""
    own = loaded.model.generation_config.eos_token_id
    ids = {loaded.tokenizer.eos_token_id, *(own if isinstance(own, list) else [own])}
    return {int(token) for token in ids if token is not None}


def _pad_left(rows: list[list[int]], loaded: LoadedModel) -> dict[str, Any]:
    width = max(map(len, rows))
    pad = loaded.tokenizer.pad_token_id
    return {
        "input_ids": torch.tensor([[pad] * (width - len(r)) + r for r in rows], device=loaded.device),
        "attention_mask": torch.tensor([[0] * (width - len(r)) + [1] * len(r) for r in rows], device=loaded.device),
    }


class SeededSampling(LogitsProcessor):  # type: ignore[misc]
    """Temperature, top-k and top-p sampling with one uniform number per answer and step.

    Each answer draws from a generator of its own, so its text does not change with the batch that it is
    in. Only the k likeliest tokens are ever sorted, where transformers sorts the whole vocabulary and
    draws noise for all of it (57 of 230 ms a step at 16 answers). The chosen token is left as the only
    finite score, for greedy search to pick up.
    """

    def __init__(self, request: GenerateRequest, prompts: Sequence[PromptText], device: torch.device) -> None:
        self._decoding = request.decoding
        self._uniforms = torch.stack([_uniforms(request, prompt) for prompt in prompts]).to(device)
        self.step = 0

    def __call__(self, _input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Scores of shape (answers, vocabulary) to the same shape, with one finite column a row."""
        likeliest, tokens = torch.topk(scores.float(), min(self._decoding.top_k, scores.shape[-1]))
        shares = torch.softmax(likeliest / self._decoding.temperature, dim=-1)
        before = shares.cumsum(-1) - shares
        shares = shares.masked_fill(before >= self._decoding.top_p, 0.0)
        ladder = shares.cumsum(-1)
        target = self._uniforms[:, self.step, None] * ladder[:, -1:]
        chosen = torch.searchsorted(ladder, target, right=True).clamp(max=ladder.shape[-1] - 1)
        self.step += 1
        return torch.full_like(scores, -torch.inf).scatter_(1, tokens.gather(1, chosen), 0.0)


def generate_outputs(loaded: LoadedModel, request: GenerateRequest, stage: str, report: Report) -> Outputs:
    """Answer every prompt; outputs stand in the order of the prompts.

    Always in the precision of the loaded weights, which is fp32. bf16 would be 1.6 times as fast on a processor
    that has it (359 against 220 tokens/s, SmolLM2, 27 answers at once on 2 cores), but its sums change with the
    size of the batch: of 8 answers none was the same at 8 at once as at 27, so a fall to smaller batches would
    have changed the texts.
    """
    reset_peak(loaded.device)
    start = time.perf_counter()
    total = len(request.prompts) * request.decoding.max_new_tokens
    outputs: list[Output] = []
    for first in range(0, len(request.prompts), request.answers_at_once):
        batch = request.prompts[first : first + request.answers_at_once]
        reporting = Reporting(len(batch), first * request.decoding.max_new_tokens, total, stage, report)
        with torch.inference_mode():
            outputs += _generate_batch(loaded, request, batch, reporting)
    seconds = time.perf_counter() - start
    report(Progress(stage=stage, done=total, total=total, unit="tokens"))
    return Outputs(
        outputs=tuple(outputs),
        seconds=seconds,
        tokens_per_second=sum(output.tokens for output in outputs) / seconds,
        peak_bytes=peak_bytes(loaded.device),
    )


def _generate_batch(
    loaded: LoadedModel, request: GenerateRequest, batch: Sequence[PromptText], reporting: Reporting
) -> list[Output]:
    rows, ends = [loaded.encode(prompt.text) for prompt in batch], end_tokens(loaded)
    sampling = SeededSampling(request, batch, loaded.device)
    new = continue_rows(loaded, rows, request.decoding.max_new_tokens, [sampling, reporting])
    return [_output(loaded, prompt, ids, ends) for prompt, ids in zip(batch, new, strict=True)]


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
