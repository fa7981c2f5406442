"""Turns a tokenizer.json into the vocabulary that a GGUF file holds, so that llama.cpp cuts a text into the same tokens.

Two kinds are known: byte-level BPE (GPT-2, SmolLM2, Llama 3) and the pieces of SentencePiece (Gemma). How text is split
before BPE is told by a name in GGUF; which one it is shows in the tokenizer itself, and not in the model's name: the
embedded SmolLM2 keeps numbers whole, where the hub's cuts them into digits.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from gguf import TokenType
from tokenizers import Tokenizer

from ownvoice.errors import ModelUnavailable
from ownvoice.models.prompt_format import TOKENIZER_NAME

BYTE_LEVEL, PIECES = "gpt2", "llama"
"""As GGUF names the two kinds."""
LLAMA_3_SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
LOWEST_SCORE = -1e6  # of what no merge makes; a vocabulary has fewer merges


class Vocabulary(NamedTuple):
    """The tokens in the order of their ids, and how they are joined."""

    model: str
    split: str
    """llama.cpp's name for how text is split before BPE; empty for pieces."""
    tokens: list[str]
    types: list[int]
    merges: list[str]
    scores: list[float]
    """Of pieces: the higher is joined first. Empty for byte-level BPE, which has merges."""
    special: dict[str, int]
    """The ids of bos, eos, unk and pad, of those that there are."""
    adds_bos: bool


def read_vocabulary(folder: Path, size: int) -> Vocabulary:
    """The vocabulary of the tokenizer in a model's folder, filled up to `size`, the rows of the embedding.

    Raises:
        ModelUnavailable: the tokenizer is of a kind that isn't known here.
    """
    content = json.loads((folder / TOKENIZER_NAME).read_text("utf-8"))
    model = content["model"]
    kind, split = _kind_of(content)
    ids: dict[str, int] = dict(model["vocab"])
    added = {token["content"]: token for token in content["added_tokens"]}
    ids |= {name: token["id"] for name, token in added.items()}
    tokens = [f"[PAD{place}]" for place in range(max(size, max(ids.values()) + 1))]
    types = [int(TokenType.UNUSED)] * len(tokens)
    for name, place in ids.items():
        tokens[place], types[place] = name, _type_of(name, added.get(name), kind, model)
    pairs = [pair if isinstance(pair, list) else pair.split(" ") for pair in model["merges"]]
    special = _special(folder, ids)
    opening = Tokenizer.from_file(str(folder / TOKENIZER_NAME)).encode("a", add_special_tokens=True).ids[0]
    return Vocabulary(
        model=kind,
        split=split,
        tokens=tokens,
        types=types,
        merges=[" ".join(pair) for pair in pairs] if kind == BYTE_LEVEL else [],
        scores=_scores(tokens, pairs) if kind == PIECES else [],
        special=special,
        adds_bos=opening == special.get("bos"),
    )


def _kind_of(content: dict[str, Any]) -> tuple[str, str]:
    """How the tokenizer works, in GGUF's words."""
    model, normalizer = content["model"], content.get("normalizer")
    steps = _steps(content.get("pre_tokenizer"))
    if model["type"] == "BPE" and model.get("byte_fallback") and _is_plain_space(normalizer):
        return PIECES, ""
    is_byte_level = model["type"] == "BPE" and normalizer is None and steps and steps[-1]["type"] == "ByteLevel"
    if is_byte_level and (split := _split_of(steps)):
        return BYTE_LEVEL, split
    raise ModelUnavailable(
        f"the tokenizer splits text in a way that isn't known here ({[step['type'] for step in steps]})",
        "byte-level BPE as of GPT-2, SmolLM2 or Llama 3, or Gemma's pieces",
    )


def _split_of(steps: list[dict[str, Any]]) -> str:
    before, last = steps[:-1], steps[-1]
    if last.get("add_prefix_space"):
        return ""
    if not before:
        return "gpt-2" if last.get("use_regex", True) else ""
    if [step["type"] for step in before] == ["Digits"] and before[0].get("individual_digits"):
        return "smollm" if last.get("use_regex", True) else ""
    if [step["type"] for step in before] == ["Split"] and before[0]["pattern"].get("Regex") == LLAMA_3_SPLIT:
        return "" if last.get("use_regex", True) else "llama-bpe"
    return ""


def _steps(pre_tokenizer: dict[str, Any] | None) -> list[dict[str, Any]]:
    if pre_tokenizer is None:
        return []
    inside: list[dict[str, Any]] = pre_tokenizer.get("pretokenizers", [pre_tokenizer])
    return inside


def _is_plain_space(normalizer: dict[str, Any] | None) -> bool:
    """Spaces become a visible one, and none is put in front."""
    return normalizer == {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}


def _type_of(name: str, added: dict[str, Any] | None, kind: str, model: dict[str, Any]) -> int:
    if name == model.get("unk_token"):
        return int(TokenType.UNKNOWN)
    if added:
        return int(TokenType.CONTROL if added["special"] else TokenType.USER_DEFINED)
    if kind == PIECES and len(name) == 6 and name.startswith("<0x") and name.endswith(">"):
        return int(TokenType.BYTE)
    return int(TokenType.NORMAL)


def _scores(tokens: list[str], pairs: list[list[str]]) -> list[float]:
    """By the first merge that makes a piece: llama.cpp joins the pair whose piece has the highest score."""
    ranks: dict[str, int] = {}
    for rank, pair in enumerate(pairs):
        ranks.setdefault("".join(pair), rank)
    return [-float(ranks[token]) if token in ranks else LOWEST_SCORE for token in tokens]


def _special(folder: Path, ids: dict[str, int]) -> dict[str, int]:
    settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    named = {name: settings.get(f"{name}_token") for name in ("bos", "eos", "unk", "pad")}
    texts = {name: token["content"] if isinstance(token, dict) else token for name, token in named.items()}
    return {name: ids[text] for name, text in texts.items() if text in ids}
