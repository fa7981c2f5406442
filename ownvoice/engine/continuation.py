"""Token ids continued by a model, many rows at once: what answers and the prefix probe share."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from ownvoice.engine.load import LoadedModel
from ownvoice.worker.client import Report
from ownvoice.worker.messages import Progress


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
