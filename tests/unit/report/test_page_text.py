"""An answer on the page: what was copied and what is a habit of hers is marked where it stands."""

from __future__ import annotations

import pytest

from ownvoice.report.page.text import HABITS, copied_in, habits_of, shown_text
from ownvoice.voice.copying import CopiedSpan
from ownvoice.voice.results import Quote
from ownvoice.voice.traits import MEASURES
from tests.unit.report.pages_for_tests import example

TEXT = (
    "I went to the shop with my mother on a Tuesday because the man behind the counter had never once in his life been wrong "
    "about the price of fish. He was dead.\n\nShe said (and she\nmeant it) that Kowloon was “nice” for her. Why would I ask?"
)


def marked(text: str, *kinds: str, copied: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    shown = shown_text(text, 10_000, kinds, copied)
    return [(piece.says, piece.text) for paragraph in shown.paragraphs for piece in paragraph if piece.mark]


@pytest.mark.parametrize(
    ("habit", "found"),
    [
        ("asides", [("aside", "(and she\nmeant it)")]),
        ("punchlines", [("punchline", "He was dead.")]),
        ("questions", [("question", "Why would I ask?")]),
        ("ironic quotes", [("ironic quote", "“nice”")]),
        ("hyperbole", [("word of the extreme", "never")]),
        ("references", [("name", "Tuesday"), ("name", "Kowloon")]),
    ],
)
def test_a_habit_is_marked_where_it_stands_and_there_alone(habit: str, found: list[tuple[str, str]]) -> None:
    assert marked(TEXT, habit) == found


def test_every_habit_is_a_trait_that_is_measured() -> None:
    assert set(HABITS) <= {measure.name for measure in MEASURES}


def test_only_habits_of_hers_are_marked() -> None:
    analysis = example().analysis
    assert analysis is not None
    assert habits_of(analysis.findings) == ("asides", "punchlines", "hyperbole", "references")
    assert habits_of(None) == ()


def test_a_short_sentence_elsewhere_is_no_punchline() -> None:
    assert marked(f"He was dead. {TEXT}", "punchlines") == [("punchline", "He was dead.")]


def test_a_sentence_that_the_length_limit_cut_off_is_no_punchline() -> None:
    long = TEXT.split(" He was dead.")[0]
    assert marked(f"{long} The", "punchlines") == []
    assert marked(f"{long} “The end.”", "punchlines") == [("punchline", "“The end.”")]


def test_what_was_copied_is_marked_over_line_ends_and_before_any_habit() -> None:
    quote = "mother on a Tuesday because the man behind the counter had never once…"
    assert marked(TEXT.replace(" Tuesday ", "\nTuesday  "), "hyperbole", "references", copied=(quote,))[0] == (
        "passage of an essay of yours",
        "mother on a\nTuesday  because the man behind the counter had never once",
    )


def test_nothing_is_lost_by_marking() -> None:
    shown = shown_text(TEXT, 10_000, tuple(HABITS), ("the price of fish. He was",))
    assert "\n\n".join("".join(piece.text for piece in paragraph) for paragraph in shown.paragraphs) == TEXT
    assert (
        shown.marked.startswith("1 word of the extreme, 1 passage of an essay of yours") or "1 passage" in shown.marked
    )


def test_an_endless_answer_is_cut_with_a_word_of_it() -> None:
    shown = shown_text("again and " * 1_000, 100)
    assert len(shown.paragraphs[0][0].text) <= 100
    assert shown.cut == "Cut here: the answer goes on, 10,000 characters in all."
    assert shown_text("again", 100).cut == ""
    assert shown_text(" \n ", 100).paragraphs == ()


def test_a_span_belongs_to_one_answer() -> None:
    span = CopiedSpan(words=9, essay_id="e", quote=Quote(prompt_id="A", sample=1, text="so it goes"))
    assert copied_in([span], "A", 1) == ("so it goes",)
    assert copied_in([span], "A", 0) == ()
