"""How a tokenizer splits text is seen in the tokenizer, not in the model's name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gguf import TokenType
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

from ownvoice.errors import ModelUnavailable
from ownvoice.export.vocabulary import LLAMA_3_SPLIT, read_vocabulary

BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False)
BARE_BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
DIGITS = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), BYTES])
LLAMA_3 = pre_tokenizers.Sequence(
    [pre_tokenizers.Split(Regex(LLAMA_3_SPLIT), "isolated"), BARE_BYTES],
)


def saved(folder: Path, before: Any, normalizer: Any = None) -> Path:
    tokenizer = Tokenizer(models.BPE({"a": 0, "b": 1, "ab": 2, "<end>": 3}, [("a", "b")]))
    tokenizer.pre_tokenizer = before
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.add_special_tokens(["<end>"])
    tokenizer.add_tokens(["<br>"])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<end>", "bos_token": None}))
    return folder


@pytest.mark.parametrize(("before", "split"), [(BYTES, "gpt-2"), (DIGITS, "smollm"), (LLAMA_3, "llama-bpe")])
def test_the_split_has_llama_cpps_name(before: Any, split: str, tmp_path: Path) -> None:
    vocabulary = read_vocabulary(saved(tmp_path, before), 6)
    assert vocabulary.split == split
    assert vocabulary.tokens == ["a", "b", "ab", "<end>", "<br>", "[PAD5]"]
    kinds = [TokenType.NORMAL] * 3 + [TokenType.CONTROL, TokenType.USER_DEFINED, TokenType.UNUSED]
    assert vocabulary.types == [int(kind) for kind in kinds]
    assert (vocabulary.merges, vocabulary.special, vocabulary.adds_bos) == (["a b"], {"eos": 3}, False)


@pytest.mark.parametrize(
    ("before", "normalizer"),
    [
        (pre_tokenizers.Whitespace(), None),
        (BARE_BYTES, None),
        (pre_tokenizers.ByteLevel(add_prefix_space=True), None),
        (BYTES, normalizers.Lowercase()),
        (pre_tokenizers.Sequence([pre_tokenizers.Split(Regex("x"), "isolated"), BARE_BYTES]), None),
    ],
)
def test_what_llama_cpp_would_split_otherwise_is_refused(before: Any, normalizer: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="isn't known here"):
        read_vocabulary(saved(tmp_path, before, normalizer), 6)
