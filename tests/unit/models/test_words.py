"""The words of a tokenizer from the settings of a GGUF file."""

from __future__ import annotations

from ownvoice.models.words import words_of


def test_listed_merges_are_taken_and_control_tokens_stay_whole() -> None:
    words = words_of(
        {
            "tokenizer.ggml.tokens": ["<|end|>", "a", "b", "ab", "<think>"],
            "tokenizer.ggml.token_type": [3, 1, 1, 1, 4],
            "tokenizer.ggml.merges": ["a b"],
        }
    )
    assert words.vocabulary == {"<|end|>": 0, "a": 1, "b": 2, "ab": 3, "<think>": 4}
    assert words.merges == [("a", "b")]
    assert [(each["id"], each["content"], each["special"]) for each in words.added] == [
        (0, "<|end|>", True),
        (4, "<think>", False),
    ]


def test_merges_that_are_not_listed_follow_from_the_order_of_the_pieces() -> None:
    pieces = ["  ", "a", "b", "ab", "aba", "\u2581"]
    words = words_of({"tokenizer.ggml.tokens": pieces, "tokenizer.ggml.token_type": [4, 1, 1, 1, 1, 1]})
    assert words.merges == [("\u2581", "\u2581"), ("a", "b"), ("ab", "a")]
    assert words.vocabulary["\u2581\u2581"] == 0, "two spaces, as they are looked up"
    assert words.added == [], "which the file marks as a token of its own under a name that isn't looked up"
