"""An answer that is no essay is told from one that is, in whatever way it went wrong."""

from __future__ import annotations

import pytest

from ownvoice.voice.flaws import Degeneration, flaws_of, form_of, loop_in, measure_degeneration, usual_words
from tests.unit.voice.answers_for_tests import answer, as_answers, essays_of

PROSE = (
    "I was nine when my father took me to see the ice. He said nothing, which in our house was a speech (he had "
    "two of them), and I held his sleeve until the cold came through the wool and we both pretended not to notice."
)
FRENCH = (
    "Quand j'étais petite, ma mère me disait toujours que la vie est comme une boîte, et je ne savais pas ce que cela "
    "voulait dire. Un jour, dans la cuisine, elle a ouvert le tiroir, elle a souri, et elle en a sorti une clef."
)
SAMPLE = essays_of("sample_author/pairs")
USUAL = usual_words(essay.text for essay in SAMPLE)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("", "empty"),
        (" \n---\n", "empty"),
        ("-\n" * 12, "no text"),
        ("😀" * 12, "no text"),
        ("1 2 3 4 5 6 7 8 9 10 11 12", "no text"),
        ("def f(x):\n    return x + 1\nprint(f(2))\nprint(f(3));", "no text"),
        ("<div>\n<p>Hello there</p>\n</div>", "no text"),
        ("https://example.com/a/b?c", "links only"),
        ("See www.example.com/a-long-page/with-many-parts for it", "links only"),
        ("Here are some tips:\n\n1. Start early.\n2. Stay positive.\n3. Follow me!", "a list"),
        ("- one\n- two\n- three", "a list"),
        ("Yes, of course.", "a few words"),
        ("今天早上我去了市场,在那里买了很多水果。", "a few words"),
        ("I am so happy to be here. " * 10, "a loop"),
        ("no " * 6, "a loop"),
        ("haha" * 8, "a loop"),
        (f"{PROSE} They have to. They have to. They have to. They have to.", "a loop"),
        (f"{PROSE} {PROSE} And so on, as I have told you, until the end of the day.", "a loop"),
        (PROSE, "prose"),
        (f"No, no, no, I said. {PROSE}", "prose"),
        (f"1. {PROSE}", "prose"),
        ("मैं आज सुबह बाज़ार गया और वहाँ मैंने बहुत सारे फल खरीदे क्योंकि मेरी माँ को आम बहुत पसंद हैं", "prose"),
    ],
)
def test_an_answer_has_one_shape(text: str, shape: str) -> None:
    assert form_of(text) == shape


def test_a_loop_is_quoted_as_it_stands() -> None:
    assert loop_in(f"{PROSE} No, no, no, no, no") == "No, no, no, no, no"
    assert loop_in(PROSE) == ""
    varied = " ".join(f"I knew {name} had always been a student of mine in the old school." for name in "abcdefgh")
    assert loop_in(f"{PROSE} {varied}").startswith(("He", "I", "two", "the", "and", "a"))


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("Sure, here is an essay about lunch.", "an assistant's phrase"),
        ("Certainly! Here's a draft:", "an assistant's phrase"),
        ("As an AI language model, I have no parents.", "an assistant's phrase"),
        ("Dear [Your Name], it was a cold day.", "an assistant's phrase"),
        ("I am writing a personal essay about this, so I need to begin.", "an assistant's phrase"),
        ("Don\u2019t forget to subscribe to my channel!", "a call to action"),
        ("For more, follow me on Instagram.", "a call to action"),
        ("Click here to read the rest.", "a call to action"),
        ("Tell us about your lunch in the comments below.", "a call to action"),
        ("donâ€™t and itâ€™s and cafÃ© and theyâ€™re", "garbled characters"),
        (FRENCH, "another language"),
    ],
)
def test_a_flaw_is_found_and_quoted(text: str, flaw: str) -> None:
    found = flaws_of(answer(f"{text} {PROSE if text != FRENCH else ''}", prompt_id="bus"), USUAL)
    assert list(found) == [flaw]
    assert next(iter(found.values())).prompt_id == "bus"
    assert next(iter(found.values())).text[:20] in f"{text} {PROSE}"


@pytest.mark.parametrize(
    "text",
    [
        "Of course he came. Here he sat.",
        "Certainly, I was young.",
        "I never could subscribe to that view.",
        "He would click the pen and follow me home.",
        "My mother signed up for a class. She left no comment.",
        "Let me tell you about the essay that I didn't finish.",
    ],
)
def test_an_essayist_s_turns_are_no_flaws(text: str) -> None:
    assert flaws_of(answer(f"{text} {PROSE}"), USUAL) == {}


def test_both_authors_essays_are_sound_whole_and_in_pieces() -> None:
    for author in ("sample_author/pairs", "placebos/woodworker"):
        for words in (60, 150, 2000):
            texts = as_answers(essays_of(author), words)
            found = measure_degeneration(SAMPLE, texts, texts)
            assert found.tuned_sound == len(texts), found.flaws
            assert found.flaws == ()


def test_flaws_are_counted_for_both_models_and_the_length_limit_is_not_held_against_them() -> None:
    base = [answer(PROSE, "a", cut_off=True), answer(PROSE, "b", cut_off=True)]
    tuned = [answer("no " * 9, "a", cut_off=True), answer(PROSE, "b"), answer("", "c")]
    found = measure_degeneration(SAMPLE, base, tuned)
    assert (found.base_sound, found.base_answers, found.tuned_sound, found.tuned_answers) == (2, 2, 1, 3)
    assert [(count.flaw, count.base, count.tuned) for count in found.flaws] == [
        ("empty", 0, 1),
        ("a loop", 0, 1),
        ("cut off", 2, 1),
    ]
    assert found.summary == (
        "1 of 3 tuned answers are sound prose (baseline 2 of 2); empty 1 (baseline 0), going round in a loop 1 "
        "(baseline 0), cut off at the length limit 1 (baseline 2)."
    )


def test_no_answers_give_a_clear_answer() -> None:
    found = measure_degeneration([], [], [])
    assert found.summary == "There are no tuned answers to look at."
    assert found.tuned_sound_share == 0


def test_the_language_is_left_open_where_there_is_too_little_to_tell() -> None:
    assert flaws_of(answer(FRENCH), frozenset()) == {}
    assert usual_words(["Too short a text."]) == frozenset()
    assert "another language" not in flaws_of(answer(" ".join(FRENCH.split()[:20])), USUAL)


def test_figures_survive_the_record() -> None:
    found = measure_degeneration(SAMPLE, [], [answer("no " * 9)])
    assert Degeneration.model_validate_json(found.model_dump_json()) == found
