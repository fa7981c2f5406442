"""Writes one essay and tells it piece by piece, in fp32 as any other program would that has the weights."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from ownvoice.engine.device import peak_bytes, reset_peak
from ownvoice.engine.generate import SeededSampling, end_tokens
from ownvoice.engine.load import LoadedModel
from ownvoice.engine.rows import continue_rows
from ownvoice.records.answers import Output, Outputs
from ownvoice.text import SENTENCE_END, word_places
from ownvoice.worker.messages import GenerateRequest, Progress, Report, WriteRequest

HALF_A_CHARACTER = "\N{REPLACEMENT CHARACTER}"
"""What a decoder shows of a character whose further bytes are in the next token."""


def write(loaded: LoadedModel, request: WriteRequest, report: Report) -> Outputs:
    """One output; the pieces that were told are its text."""
    reset_peak(loaded.device)
    start = time.perf_counter()
    row, ends = loaded.encode(request.prompt.text), end_tokens(loaded)
    asked = GenerateRequest(
        model_folder=request.model_folder, weights=request.weights, prompts=(request.prompt,), decoding=request.decoding
    )
    pieces = Pieces(lambda ids: _text_of(loaded, ids, ends), request.decoding.max_new_tokens, report)
    ending, sampling = SentenceAfter(pieces, request.words), SeededSampling(asked, asked.prompts, loaded.device)
    with torch.inference_mode():
        (ids,) = continue_rows(
            loaded,
            [row],
            request.decoding.max_new_tokens,
            sampling,
            lambda _row, token: ending.is_reached(token) or token in ends,
            width=len(row),
        )
    pieces.tell(ids, is_all=True)
    seconds, tokens = time.perf_counter() - start, len(_kept(ids, ends))
    written = Output(
        prompt_id=request.prompt.prompt_id,
        sample=request.prompt.sample,
        text=pieces.text,
        tokens=tokens,
        cut_off=tokens == request.decoding.max_new_tokens,
    )
    return Outputs(
        outputs=(written,), seconds=seconds, tokens_per_second=tokens / seconds, peak_bytes=peak_bytes(loaded.device)
    )


class Pieces:
    """Tells a text that grows: whole characters, and white space once something follows it."""

    def __init__(self, text_of: Callable[[list[int]], str], limit: int, report: Report) -> None:
        self._text_of, self._limit, self._report = text_of, limit, report
        self.text = ""
        """Told so far."""

    def tell(self, ids: list[int], is_all: bool = False) -> None:
        """`ids` are all tokens of the answer so far."""
        text = self._text_of(ids)
        grown = text.startswith(self.text) and len(text) > len(self.text)
        if grown and (is_all or not text.endswith(HALF_A_CHARACTER)):
            piece, self.text = text[len(self.text) :], text
            self._report(Progress(stage="writing", done=len(ids), total=self._limit, unit="tokens", text=piece))


class SentenceAfter:
    """Hands on what is written at each step; ends it with the first sentence that ends after so many words."""

    def __init__(self, pieces: Pieces, words: int | None) -> None:
        self._pieces, self._words = pieces, words
        self._ids: list[int] = []

    def is_reached(self, token: int) -> bool:
        """Takes the next token."""
        self._ids.append(token)
        self._pieces.tell(self._ids)
        return self._is_enough()

    def _is_enough(self) -> bool:
        text = self._pieces.text
        if self._words is None or len(word_places(text)) < self._words:
            return False
        return any(end.end() == len(text) for end in SENTENCE_END.finditer(text))


def _text_of(loaded: LoadedModel, ids: list[int], ends: set[int]) -> str:
    text: str = loaded.tokenizer.decode(_kept(ids, ends), skip_special_tokens=True)
    return text.strip()


def _kept(ids: list[int], ends: set[int]) -> list[int]:
    """What stands before the end of text."""
    length = next((place for place, token in enumerate(ids) if token in ends), len(ids))
    return ids[:length]
