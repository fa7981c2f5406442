"""Words, sentences and pieces are found where a reader would see them."""

from __future__ import annotations

import pytest

from ownvoice.text import (
    first_words,
    pieces_of,
    plain_word,
    runs_of,
    sentences_of,
    trigram_overlap,
    word_places,
    word_similarity,
    words_of,
)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("no end", ["no end"]),
        ("One. Two? Three!", ["One.", "Two?", "Three!"]),
        ("Mr. Lok met J. Smith, e.g. in Leeds. He left.", ["Mr. Lok met J. Smith, e.g. in Leeds.", "He left."]),
        ('"Why?" he said. "Now." Then\nhe sat.', ['"Why?" he said.', '"Now."', "Then", "he sat."]),
        ("(She did. Twice.) Yes\u2026 no", ["(She did.", "Twice.)", "Yes\u2026 no"]),
        ("A title\n\nA line\nthat goes on.", ["A title", "A line that goes on."]),
        ("3.5 metres at 4 p.m. sharp.", ["3.5 metres at 4 p.m. sharp."]),
    ],
)
def test_sentences_end_where_a_reader_would_stop(text: str, sentences: list[str]) -> None:
    assert sentences_of(text) == sentences


def test_words_are_straightened_and_pieces_keep_the_text_as_it_stands() -> None:
    assert words_of("Don\u2019t \u2014 well-known, A_b!") == ["don't", "well-known", "a", "b"]
    assert first_words("One, two; three.", 2) == "One, two"
    assert first_words("One", 5) == "One"
    assert pieces_of("a, b. c d! e", 2) == ["a, b", "c d"]
    assert pieces_of("a", 2) == ["a"]
    assert pieces_of("--", 2) == []
    assert runs_of(["a", "b", "c"], 2) == [("a", "b"), ("b", "c")]
    assert runs_of(["a"], 2) == []


def test_words_are_lowered_each_by_itself() -> None:
    text = "\u0130stanbul \u039f\u0394\u039f\u03a3 \u03a3\u0391\u03a3\u0391\0\u1e9e \u01c5\u2019s"
    assert words_of(text) == [plain_word(place[0]) for place in word_places(text)]
    assert words_of("\u2014") == []


def test_texts_are_compared_by_their_words() -> None:
    assert trigram_overlap("a b c d", "A, b, c. D") == 1
    assert trigram_overlap("a b c d", "e f g h") == 0
    assert trigram_overlap("", "") == 1
    assert word_similarity("a b", "b a") == pytest.approx(1)
    assert word_similarity("a", "") == 0
