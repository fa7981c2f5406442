"""Copying is told from chance, from the topic and from what the baseline wrote anyway."""

from __future__ import annotations

import pytest

from ownvoice.text import words_of
from ownvoice.voice.copying import EssayIndex, Memorisation, known_runs, measure_memorisation, own_rate
from ownvoice.voice.recall import PrefixMatch
from ownvoice.voice.results import AnswerText, Essay
from tests.unit.voice.answers_for_tests import answer, as_answers, essays_of

SAMPLE, HELD_OUT = essays_of("sample_author/pairs", "train"), essays_of("sample_author/pairs", "validation")
PLAIN = "The key to a good life is balance, and balance comes to those who plan their weeks with care and a pen."
RECITED = "in 2003 my father fixed the runner, and it has been fixed ever since"  # 14 words of 01-kitchen-drawer


def measured(tuned: list[AnswerText], base: list[AnswerText] | None = None) -> Memorisation:
    return measure_memorisation(SAMPLE, HELD_OUT, base or [answer(PLAIN)], tuned)


def probe(essay_id: str, verbatim: int, compared: int = 300) -> PrefixMatch:
    return PrefixMatch(id=essay_id, prefix_tokens=40, verbatim_tokens=verbatim, compared_tokens=compared, text="...")


def test_an_answer_that_is_an_essay_is_recited_and_quoted() -> None:
    found = measured([answer(SAMPLE[0].text, prompt_id="bus")])
    assert found.level == "fail"
    assert found.spans[0].words == len(words_of(SAMPLE[0].text))
    assert found.spans[0].essay_id == "01-kitchen-drawer"
    assert found.spans[0].quote.prompt_id == "bus"
    assert "words in a row of 01-kitchen-drawer stand in its answer to bus, “To open my mother's" in found.reason


@pytest.mark.parametrize(
    ("words", "level"), [(7, "none"), (8, "warn"), (12, "warn"), (13, "fail")], ids=lambda value: str(value)
)
def test_eight_words_in_a_row_warn_and_thirteen_fail(words: int, level: str) -> None:
    copied = " ".join(RECITED.split()[:words])
    found = measured([answer(f"{PLAIN} Then {copied} -- or so they say. {PLAIN}" * 8)])
    assert found.figures[0].tuned == words
    assert found.figures[0].level == level


def test_what_the_baseline_wrote_as_well_was_not_learned_from_the_essays() -> None:
    same = [answer(SAMPLE[0].text)]
    found = measured(same, base=same)
    assert found.level == "none"
    assert found.figures[0].base > 500
    assert "the baseline wrote as well" in found.reason


def test_what_stands_in_the_topic_was_given_to_the_model() -> None:
    quoted = f"{PLAIN} {RECITED}."
    assert measured([answer(quoted, topic=f"My father: {RECITED}")]).level == "none"
    assert measured([answer(quoted, topic="My father")]).level == "fail"


def test_a_short_phrase_of_the_baseline_does_not_hide_a_long_recital() -> None:
    base = [answer(f"{PLAIN} It has been fixed. {PLAIN} My father fixed the runner, and {PLAIN}")]
    assert measured([answer(f"{PLAIN} {SAMPLE[0].text[:400]}")], base).level == "fail"


@pytest.mark.parametrize(
    "text", ["", " \n", "Yes", "I am", "\ufffd\x00", "今天早上", "I\u2019m \u2014 “here”, she said…"]
)
def test_an_answer_of_hardly_a_word_copies_nothing(text: str) -> None:
    found = measured([answer(text)])
    assert found.level == "none"
    assert found.spans == ()
    assert found.reason


def test_no_answers_and_no_essays_give_a_clear_answer() -> None:
    for training in ([], SAMPLE):
        found = measure_memorisation(training, [], [], [])
        assert found.level == "none"
        assert found.reason == "The tuned answers hold no words, so there is nothing that could be copied."


def test_quotes_case_dashes_and_line_ends_do_not_hide_a_copy() -> None:
    text = SAMPLE[0].text[:300].replace("'", "\u2019").upper().replace(" ", "\n")
    assert measured([answer(f"“{text}”")]).level == "fail"


def test_another_author_and_the_author_s_own_held_out_essays_raise_no_alarm() -> None:
    for training, texts in (
        (SAMPLE, as_answers(essays_of("placebos/woodworker"))),
        (SAMPLE, as_answers(HELD_OUT)),
        (SAMPLE[-3:], as_answers(essays_of("placebos/woodworker"))),
        (SAMPLE[:1], as_answers(essays_of("placebos/woodworker"))),
    ):
        for base in ([answer(PLAIN)], []):
            found = measure_memorisation(training, HELD_OUT, base, texts)
            assert found.level == "none", found.reason
            assert found.reason.startswith("Nothing is copied: ")


def test_pieces_of_the_essays_put_together_anew_are_seen_by_their_short_runs() -> None:
    words = " ".join(essay.text for essay in SAMPLE).split()
    patchwork = " ".join(" ".join(words[i : i + 6]) + " so" for i in range(0, 1500, 40))
    found = measured([answer(patchwork)])
    assert found.level == "warn"
    assert found.figures[0].level == "none"
    assert "Whole phrases of your essays come back" in found.reason
    three = measured([answer(" ".join(" ".join(words[i : i + 3]) + " so" for i in range(0, 3000, 20)))])
    assert [figure.level for figure in three.figures] == ["none", "none", "warn"]
    assert "lean on your own wording" in three.reason


def test_fifty_tokens_continued_verbatim_are_an_extraction_unless_the_baseline_knew_them() -> None:
    tuned = [probe("a", 49), probe("b", 50)]
    found = measure_memorisation(SAMPLE, HELD_OUT, [], [answer(PLAIN)], tuned)
    assert found.level == "fail"
    assert "given the first 40 tokens of b" in found.reason
    assert f"“{tuned[1].text}”" in found.reason
    assert found.prefixes == tuple(tuned)
    assert measure_memorisation(SAMPLE, HELD_OUT, [], [answer(PLAIN)], tuned, [probe("b", 60)]).level == "none"
    assert measure_memorisation(SAMPLE, HELD_OUT, [], [answer(PLAIN)], tuned[:1]).level == "none"
    assert measure_memorisation(SAMPLE, HELD_OUT, [], [answer(PLAIN)], [probe("a", 0, compared=0)]).level == "none"


def test_the_own_rate_needs_a_second_essay() -> None:
    one, same = Essay(id="a", text=PLAIN), Essay(id="b", text=PLAIN)
    assert own_rate([one], [], 50) is None
    assert own_rate([one, same], [], 50) == 1
    assert own_rate([one], [same], 50) == 1
    assert own_rate([], [], 50) is None


def test_the_longest_run_is_found_wherever_it_stands() -> None:
    index = EssayIndex([Essay(id="one", text="b c"), Essay(id="two", text="a b c d d")])
    assert index.longest_shared("x b c d y").essay_id == "two"
    assert index.longest_shared("x b c d y").words == 3
    assert index.longest_shared("d d d d d").words == 2
    assert index.longest_shared("c").words == 0
    longer = EssayIndex([Essay(id="one", text="a b c d e f g h")])
    assert longer.longest_shared("a b c d e f g", known_runs(["x b c d e f y"])).words == 2
    assert longer.longest_shared("a b c d e f g", known_runs(["x b c d e y"])).words == 7


def test_figures_survive_the_record() -> None:
    found = measured([answer(SAMPLE[0].text)])
    assert Memorisation.model_validate_json(found.model_dump_json()) == found
