"""The check of a large set: what is skipped or looked up to be quick gives the findings of looking at everything."""

from __future__ import annotations

from itertools import product

import pytest
from essay_folders import counter
from ftfy.badness import BADNESS_RE

from ownvoice.essays.fields import UNUSUAL


def test_text_without_an_unusual_character_is_never_wrongly_decoded() -> None:
    usual = "–—‘’“”…aZ1 .\n"  # noqa: RUF001 - the very characters
    every_four = "".join("".join(four) for four in product(usual, repeat=4))
    ascii_pairs = "".join(chr(a) + chr(b) for a, b in product(range(128), repeat=2))
    for text in (every_four, ascii_pairs):
        assert UNUSUAL.search(text) is None
        assert BADNESS_RE.search(text) is None


@pytest.mark.parametrize("text", ["donâ€™t", "cafÃ©", "\x85", "a\ufffd\ufffd", "вЂ™"])
def test_wrongly_decoded_text_has_an_unusual_character(text: str) -> None:
    assert BADNESS_RE.search(text)
    assert UNUSUAL.search(text)


def test_many_texts_have_the_tokens_that_each_has_alone() -> None:
    texts = [f"{'word ' * (n % 7)}." for n in range(600)]
    assert list(counter().count_all(texts)) == [counter().count(text) for text in texts]
