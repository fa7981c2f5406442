"""The mask keeps grammar and drops content."""

from __future__ import annotations

import pytest

from ownvoice.voice.text import (
    FEWEST_WORDS,
    cut_sentences,
    first_words,
    is_masked_word,
    mask_text,
    normalise_typography,
    why_unreadable,
)
from tests.unit.voice.essays_by_rule import FRENCH, essay, survives


def masked(text: str) -> str:
    return " | ".join(" ".join(sentence) for sentence in mask_text(text))


def test_function_words_and_punctuation_stay_and_content_becomes_its_ending() -> None:
    assert (
        masked("The kitchens, oddly, were painted; she wasn't amused.") == "the *s , *ly , were *ed ; she wasn't *ed ."
    )


def test_capitals_inside_a_sentence_and_numbers_are_marked() -> None:
    assert masked("Darwin met Darwin's aunt in 1859.") == "* * ^*'s * in # ."


def test_typography_tells_nothing() -> None:
    curly = "\u201cIt\u2019s late\u2026\u201d \u2014 she left, and *slept*."
    assert mask_text(curly) == mask_text('"It\'s late..." -- she left, and slept.')
    assert normalise_typography("a \u2013 b") == normalise_typography("a - b") == "a -- b"
    assert normalise_typography("1914\u201318") == "1914-18"


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("He left. She stayed.", 2),
        ("Dr. Barry met J. R. Hale. All was well.", 2),
        ('"Why?" he said. "Because!" She laughed.', 3),
        ("It cost 3.50 in all... or so, e.g. twice. Nothing", 2),
        ("One line\nAnother line", 2),
        ("One line\nwrapped.\n\nA paragraph.", 2),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, sentences: int) -> None:
    assert len(mask_text(text)) == sentences


def test_no_content_word_survives() -> None:
    tokens = {token for number in range(6) for sentence in mask_text(essay(number, 1)) for token in sentence}
    assert all(survives(token) for token in tokens)
    assert not survives("kettle")
    assert not {token for token in tokens if "garden" in token or "kettle" in token}


def test_a_cut_has_exactly_the_words_asked_for() -> None:
    sentences = mask_text(essay(2, 1, words=120))
    for words in (1, 17, 100):
        cut = cut_sentences(sentences, words)
        assert sum(is_masked_word(token) for sentence in cut for token in sentence) == words
    assert cut_sentences(sentences, 10_000) == sentences
    assert first_words("one -- two\nthree four", 3) == "one -- two\nthree"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n\u2026 -- ", "empty"),
        ("Hello", "too short: 1 word;"),
        (essay(1, 1, words=20), f"the measures need {FEWEST_WORDS}"),
        (FRENCH, "not English prose"),
        ("\u6211\u7684\u5bb6 " * 100, "not English prose"),
        ("\ud800 \x00 " * 60, "empty"),
        ("http://example.org/a " * 60, "not English prose"),
    ],
)
def test_what_cannot_be_measured_says_why(text: str, reason: str) -> None:
    assert reason in (why_unreadable(text) or "")


def test_an_english_essay_can_be_measured() -> None:
    assert why_unreadable(essay(1, 1, words=FEWEST_WORDS + 10)) is None
