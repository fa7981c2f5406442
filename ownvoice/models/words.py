"""The words of a GGUF file's tokenizer, as tokenizer.json has them: vocabulary, merges, and the tokens that stay whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gguf import TokenType

SPACE = "\u2581"  # as SentencePiece spells a space


class Words(NamedTuple):
    """The parts of a tokenizer.json that a GGUF file holds."""

    vocabulary: dict[str, int]
    merges: list[tuple[str, str]]
    """The first is done first."""
    added: list[dict[str, Any]]
    """In the order of their numbers."""


def words_of(settings: dict[str, Any]) -> Words:
    """From the settings of a file whose tokenizer is of bytes with merges, or of pieces without them."""
    tokens = [_as_spelled(token) for token in settings["tokenizer.ggml.tokens"]]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    listed = settings.get("tokenizer.ggml.merges", [])
    merges = [_pair(merge) for merge in listed] or list(_merges_of(tokens, vocabulary))
    kinds = zip(settings["tokenizer.ggml.tokens"], settings["tokenizer.ggml.token_type"], strict=True)
    added = [
        _added(vocabulary[token], token, special=kind == TokenType.CONTROL)
        for token, kind in kinds
        if kind in (TokenType.CONTROL, TokenType.USER_DEFINED) and token in vocabulary
    ]
    return Words(vocabulary, merges, added)


def _pair(merge: str) -> tuple[str, str]:
    first, second = merge.split(" ")
    return first, second


def _as_spelled(token: str) -> str:
    """A token of spaces alone is written with real ones in the file, and is looked up with SentencePiece's."""
    return SPACE * len(token) if " " in token and not token.strip() else token


def _merges_of(tokens: Sequence[str], vocabulary: dict[str, int]) -> Iterator[tuple[str, str]]:
    """Where the file lists none: each cut of a token into two others, in the tokens' order, the longest beginning first."""
    for token in tokens:
        for cut in range(len(token) - 1, 0, -1):
            begin, end = token[:cut], token[cut:]
            if begin in vocabulary and end in vocabulary:
                yield begin, end


def _added(number: int, token: str, special: bool) -> dict[str, Any]:
    spaces = {"single_word": False, "lstrip": False, "rstrip": False}
    return {"id": number, "content": token, **spaces, "normalized": False, "special": special}
