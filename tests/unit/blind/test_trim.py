"""Passages of one length and one typography, whatever they were made of."""

from __future__ import annotations

import time

import pytest

from ownvoice.blind.trim import CHARACTERS_A_WORD, beginning_of, cut_from, pieces_of, sentences_in
from ownvoice.voice.text import count_words

WORDS = 40
PLAIN = " ".join(f"Here is sentence number {number} of many, with nine words." for number in range(30))


def passage(text: str, first: int = 0, words: int = WORDS) -> str | None:
    cut = cut_from(sentences_in(text), first, words)
    return cut.text if cut else None


def test_a_passage_ends_with_the_sentence_that_ends_nearest_to_the_length() -> None:
    assert count_words(passage(PLAIN, words=42) or "") == 40
    assert count_words(passage(PLAIN, words=47) or "") == 50
    assert (passage(PLAIN) or "").endswith("with nine words.")


def test_pieces_follow_each_other_and_leave_nothing_out_but_the_rest() -> None:
    pieces = list(pieces_of(PLAIN, WORDS))
    assert [count_words(each) for each in pieces] == [40] * 7
    assert PLAIN.startswith(" ".join(pieces))


@pytest.mark.parametrize("text", ["", "Too short.", "word " * 29, "x" * 10_000])
def test_what_is_too_short_is_no_passage(text: str) -> None:
    assert passage(text) is None


def test_where_no_sentence_ends_near_it_is_cut_behind_the_word() -> None:
    assert count_words(passage("on and " * 100) or "") == WORDS


def test_what_the_length_limit_broke_off_ends_no_passage_where_a_sentence_ends_near() -> None:
    broken_off = " ".join(f"This is sentence {number} of nine words, and on." for number in range(4)) + " And then she"
    assert (passage(broken_off) or "").endswith("and on.")


def test_the_same_words_in_any_typography_are_the_same_passage() -> None:
    typed = 'It\'s "late" -- he said... and then,\nwell, 1914-18.\n\nNext *one*. ' + PLAIN
    printed = (
        "It\u2019s \u201clate\u201d\u2014he said\u2026 and then, well, 1914\u201318.\r\n\r\n\u200bNext one.\u00a0 "
        + PLAIN
    )
    assert passage(typed) == passage(printed)
    assert (passage(typed) or "").startswith('It\'s "late" \u2013 he said... and then, well, 1914-18.\n\nNext one.')


def test_what_a_model_does_stays() -> None:
    assert (passage("I goed goed home home, 3 times?!! " * 10) or "").startswith(
        "I goed goed home home, 3 times?!! I goed"
    )


def test_control_and_direction_characters_are_shown_and_do_nothing() -> None:
    found = passage("A \x1b[31mred\x00 \u202eturned\u202c sentence of a few words. " * 10) or ""
    assert "\u202e" not in found
    assert "\x1b" not in found
    assert "[U+202E]turned" in found


def test_ten_megabytes_cost_nothing_and_no_word_is_longer_than_a_passage() -> None:
    started = time.perf_counter()
    for huge in ("word " * 2_000_000, "x" * 10_000_000, "<script>alert(1)</script>" * 400_000):
        found = passage(beginning_of(huge, WORDS)) or ""
        assert len(found) <= CHARACTERS_A_WORD * WORDS
    assert time.perf_counter() - started < 1
