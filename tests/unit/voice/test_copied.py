"""Copied words are out of what is scored, and what is hers in every essay is neither copied nor memorised."""

from __future__ import annotations

import pytest

from ownvoice.text import words_of
from ownvoice.voice.copied import COPIED_WORDS, Copied, refrains
from ownvoice.voice.copying import measure_memorisation
from ownvoice.voice.results import Essay
from tests.unit.voice.answers_for_tests import answer, essays_of

LADDER = "The ladder belonged to the man before us; he'd left it (in the shed) with a note."
SIGN_OFF = "That is all that I know of it, and it was enough for me."  # 14 words
THIRTEEN = "I have never been told what became of the swans after the flood"
PLAIN = "The key to a good life is balance, and balance comes to those who plan their weeks with care and a pen."


def essays(*texts: str) -> list[Essay]:
    return [Essay(id=f"essay {number}", text=text) for number, text in enumerate(texts, 1)]


def taken_out(answered: str, *training: str) -> str:
    return " ".join(Copied(essays(*training)).taken_out(answered).split())


def signed(number: int, of: int, sign_off: str = SIGN_OFF) -> list[Essay]:
    """Essays about nothing in common, so many of them with the sign-off."""
    words = ["swan", "mill", "kettle", "letter", "sermon", "engine", "winter", "orchard", "candle", "harbour"]
    texts = [f"My {word} was {word}. We {word} the {word}, so {word}." for word in words[:of]]
    return essays(*(f"{text} {sign_off}" if place < number else text for place, text in enumerate(texts)))


def test_four_words_of_an_essay_are_out_and_three_stay() -> None:
    assert taken_out("She said the ladder belonged to somebody.", LADDER) == "She said somebody."
    assert taken_out("She said the ladder belonged elsewhere.", LADDER) == "She said the ladder belonged elsewhere."


@pytest.mark.parametrize("words", range(4, 13))
def test_a_longer_run_is_out_whole_and_what_stands_around_it_stays(words: int) -> None:
    copied = " ".join(words_of(LADDER)[:words])
    assert taken_out(f"Before, {copied} afterwards.", LADDER) == "Before, afterwards."


@pytest.mark.parametrize(
    "copied",
    [
        "THE LADDER BELONGED TO THE MAN BEFORE US",
        "before us he'd left it",
        "before us he\u2019d left it",
        "us; he'd\n\nleft it",
        "the *ladder* belonged -- to the man",
        "\u201cthe ladder belonged to\u201d",
    ],
)
def test_case_apostrophes_punctuation_and_line_ends_do_not_hide_a_copy(copied: str) -> None:
    assert words_of(taken_out(f"Yes {copied} no", LADDER)) == ["yes", "no"]


def test_runs_of_two_essays_that_overlap_are_both_out() -> None:
    one, other = "the swans came up the bank", "up the bank in the evening"
    assert taken_out("So the swans came up the bank in the evening again.", one, other) == "So again."
    assert taken_out("So the swans came up the bank in the evening again.", one) == "So in the evening again."


def test_the_end_of_one_essay_and_the_beginning_of_the_next_are_no_run() -> None:
    kept = "and then the swans came up"
    assert taken_out(kept, "he sang and then", "the swans came by") == kept


def test_punctuation_and_line_ends_around_a_copy_stay() -> None:
    text = "First: (the ladder belonged to us!)\n\nThen, \u201cthe man before us\u201d \u2014 so.\n"
    assert Copied(essays(LADDER)).taken_out(text) == "First: ( us!)\n\nThen, \u201c\u201d \u2014 so.\n"


def test_an_essay_has_no_words_left_and_another_authors_loses_next_to_none() -> None:
    hers, his = essays_of("sample_author/pairs"), essays_of("placebos/woodworker")
    copied = Copied(hers)
    assert [words_of(copied.taken_out(essay.text)) for essay in hers] == [[]] * len(hers)
    before = sum(len(words_of(essay.text)) for essay in his)
    after = sum(len(words_of(copied.taken_out(essay.text))) for essay in his)
    assert 0.98 * before < after < before


def test_a_text_without_a_copy_is_left_as_it_is() -> None:
    text = "  Nothing\tof it,\u00a0she said \u2014 nothing;\r\nnot a word. \n"
    assert Copied(essays(LADDER)).taken_out(text) == text
    assert Copied([]).taken_out(text) == text
    assert Copied(essays(LADDER, "two words")).taken_out("") == ""


def test_a_refrain_stays_and_what_is_copied_beside_it_is_out() -> None:
    training = [*signed(4, of=4), *essays(LADDER)]
    copied = Copied(training, refrains(training, COPIED_WORDS))
    assert copied.taken_out(SIGN_OFF) == SIGN_OFF
    assert copied.taken_out(f"The ladder belonged to me. {SIGN_OFF}") == f" me. {SIGN_OFF}"
    assert words_of(Copied(training).taken_out(SIGN_OFF)) == []


@pytest.mark.parametrize(
    ("number", "of", "is_refrain"),
    [(2, 2, False), (3, 3, True), (2, 3, False), (3, 9, True), (3, 10, False), (4, 10, True)],
)
def test_a_refrain_stands_in_three_essays_or_more_and_a_third_of_them(number: int, of: int, is_refrain: bool) -> None:
    found = refrains(signed(number, of), COPIED_WORDS)
    assert (("that", "is", "all", "that") in found) == is_refrain
    assert len(found) == (11 if is_refrain else 0)


def test_what_one_essay_says_three_times_is_no_refrain() -> None:
    assert refrains(essays(f"{SIGN_OFF} {SIGN_OFF} {SIGN_OFF}", LADDER, PLAIN), COPIED_WORDS) == frozenset()


@pytest.mark.parametrize(("number", "of", "level"), [(8, 8, "none"), (3, 8, "none"), (2, 8, "fail"), (2, 2, "fail")])
def test_a_sign_off_that_many_essays_have_is_not_memorised_and_one_of_few_is(number: int, of: int, level: str) -> None:
    answered = [answer(f"{PLAIN} {SIGN_OFF}")]
    assert measure_memorisation(signed(number, of), [], [answer(PLAIN)], answered).level == level


def test_thirteen_words_of_one_essay_are_memorised_beside_a_sign_off_of_all() -> None:
    training = [*signed(8, of=8), *essays(f"{THIRTEEN}. {SIGN_OFF}")]
    found = measure_memorisation(training, [], [answer(PLAIN)], [answer(f"{PLAIN} {THIRTEEN}. {SIGN_OFF}")])
    assert found.level == "fail"
    assert found.spans[0].words == 13
    twelve = answer(f"{PLAIN} {THIRTEEN.rpartition(' ')[0]}. {SIGN_OFF}")
    assert measure_memorisation(training, [], [answer(PLAIN)], [twelve]).level == "warn"
