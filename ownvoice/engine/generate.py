"""Answer prompts in batches, so that an answer depends on its own prompt, sample and seed alone."""

from __future__ import annotations

import copy
import hashlib
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StaticCache,
    StoppingCriteria,
    StoppingCriteriaList,
)

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
    shared: SharedPrefix | None = None,
) -> list[list[int]]:
    """The new ids of every row: the likeliest by the scores that the processors leave, padded after the end.

    Args:
        shared: What all rows begin with, read already.
    """
    inputs = shared.inputs(rows, loaded) if shared else _pad_left(rows, loaded)
    # One allocation instead of a longer copy of every layer's cache at every step: a fifth of the time.
    own_cache = {} if shared else {"cache_implementation": "static"}
    generated = loaded.model.generate(
        **inputs,
        generation_config=GenerationConfig(
            max_new_tokens=max_new_tokens,
            do_sample=False,  # a processor that samples has done so already
            **own_cache,
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


class SharedPrefix(NamedTuple):
    """The tokens that all rows of a request begin with, read once.

    What follows is padded in front, to a width that depends on the whole request and not on the batch, so that an answer
    doesn't either. In a model that sees no further back than a window padding would take places of it: there rows of one
    length alone are asked together, and nothing is padded.
    """

    ids: list[int]
    cache: StaticCache
    """Of one row, with room for all that follows."""
    width: int
    padded: bool

    def batches(self, rows: Sequence[list[int]], at_once: int) -> list[list[int]]:
        """Which rows are asked together, by their places."""
        places: dict[int, list[int]] = {}
        for place, row in enumerate(rows):
            places.setdefault(0 if self.padded else len(row), []).append(place)
        return [alike[first : first + at_once] for alike in places.values() for first in range(0, len(alike), at_once)]

    def inputs(self, rows: list[list[int]], loaded: LoadedModel) -> dict[str, Any]:
        begun, pad = len(self.ids), loaded.tokenizer.pad_token_id
        rests = [row[begun:] for row in rows]
        width = self.width if self.padded else len(rests[0])
        ids = [[*self.ids, *[pad] * (width - len(rest)), *rest] for rest in rests]
        mask = [[1] * begun + [0] * (width - len(rest)) + [1] * len(rest) for rest in rests]
        return {
            "input_ids": torch.tensor(ids, device=loaded.device),
            "attention_mask": torch.tensor(mask, device=loaded.device),
            "past_key_values": self._for_rows(len(rows)),
        }

    def _for_rows(self, number: int) -> StaticCache:
        cache = copy.deepcopy(self.cache)
        for layer in cache.layers:
            layer.keys = layer.keys.repeat_interleave(number, dim=0)
            layer.values = layer.values.repeat_interleave(number, dim=0)
            layer.batch_size = number
        return cache


SHORTEST_SHARED = 256
"""Tokens: what is shorter is read with each row as fast, and as before."""


def share_prefix(loaded: LoadedModel, rows: list[list[int]], max_new_tokens: int) -> SharedPrefix | None:
    """None where the rows have less in common than is worth it."""
    if len(rows) < 2:
        return None
    common = next((i for i, tokens in enumerate(zip(*rows, strict=False)) if len(set(tokens)) > 1), None)
    begun = min(len(row) for row in rows) - 1 if common is None else common
    if begun < SHORTEST_SHARED:
        return None
    ids, width = rows[0][:begun], max(len(row) for row in rows) - begun
    room = begun + width + max_new_tokens
    cache = StaticCache(config=loaded.model.config, max_cache_len=room)
    loaded.model(torch.tensor([ids], device=loaded.device), past_key_values=cache, use_cache=True, logits_to_keep=1)
    return SharedPrefix(ids, cache, width, padded=not _has_window(loaded, room))


def _has_window(loaded: LoadedModel, tokens: int) -> bool:
    """Whether any layer sees less of so many tokens than all."""
    config = loaded.model.config.get_text_config(decoder=True)
    window: int = getattr(config, "sliding_window", None) or tokens
    kinds: list[str] = getattr(config, "layer_types", None) or ["sliding_attention"]
    return window < tokens and any("full" not in kind for kind in kinds)


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
    rows = [loaded.encode(prompt.text) for prompt in request.prompts]
    with torch.inference_mode():
        shared = share_prefix(loaded, rows, request.decoding.max_new_tokens)
    outputs: dict[int, Output] = {}
    for places in shared.batches(rows, request.answers_at_once) if shared else _in_order(rows, request.answers_at_once):
        batch = [request.prompts[place] for place in places]
        reporting = Reporting(len(batch), len(outputs) * request.decoding.max_new_tokens, total, stage, report)
        with torch.inference_mode():
            answered = _generate_batch(loaded, request, batch, reporting, shared)
        outputs |= dict(zip(places, answered, strict=True))
    seconds = time.perf_counter() - start
    report(Progress(stage=stage, done=total, total=total, unit="tokens"))
    return Outputs(
        outputs=tuple(outputs[place] for place in range(len(rows))),
        seconds=seconds,
        tokens_per_second=sum(output.tokens for output in outputs.values()) / seconds,
        peak_bytes=peak_bytes(loaded.device),
    )


def _in_order(rows: Sequence[list[int]], at_once: int) -> list[list[int]]:
    return [list(range(first, min(first + at_once, len(rows)))) for first in range(0, len(rows), at_once)]


def _generate_batch(
    loaded: LoadedModel,
    request: GenerateRequest,
    batch: Sequence[PromptText],
    reporting: Reporting,
    shared: SharedPrefix | None,
) -> list[Output]:
    rows, ends = [loaded.encode(prompt.text) for prompt in batch], end_tokens(loaded)
    sampling = SeededSampling(request, batch, loaded.device)
    new = continue_rows(loaded, rows, request.decoding.max_new_tokens, [sampling, reporting], shared=shared)
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
