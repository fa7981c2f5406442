"""Facts of a prompt: what contradicts them is found and quoted, and no expression can hang a run."""

from __future__ import annotations

import time

import pytest

from ownvoice.essays.prompts import read_prompts
from ownvoice.paths import ROOT
from ownvoice.voice.facts import PromptFacts, check_facts, finder, problem_of
from tests.unit.voice.answers_for_tests import answer, as_answers, essays_of

FACTS = PromptFacts(
    prompt_id="A",
    facts=("the narrator is the daughter of Chinese immigrants",),
    contradictions=("my parents are white", r"/\bi am an? [\w ]{0,30}\bwhite\b/"),
)


def shipped() -> PromptFacts:
    canary = read_prompts(ROOT / "data/sample_author/prompts.toml").canaries[0]
    return PromptFacts(prompt_id=canary.id, facts=canary.facts, contradictions=canary.contradictions)


def test_a_contradiction_is_quoted_with_the_fact_and_the_baseline() -> None:
    tuned = [answer("It was lunch. My parents are white, I think! I ate.")]
    (check,) = check_facts([FACTS], [answer("Nothing of the kind.")], tuned)
    assert [hit.quote.text for hit in check.tuned] == ["My parents are white, I think!"]
    assert check.base == ()
    assert check.summary == (
        "In answer to A the tuned model says “My parents are white, I think!” although it must hold that the narrator "
        "is the daughter of Chinese immigrants; the baseline contradicts nothing."
    )


def test_no_contradiction_says_no_more_than_that() -> None:
    (check,) = check_facts([FACTS], [answer("My parents are white.")], [answer("")])
    assert check.tuned == ()
    assert "contradicts none of the facts, by the patterns given; the baseline says “My parents are" in check.summary


def test_a_sentence_counts_once_and_only_the_prompt_s_own_answers_do() -> None:
    text = "My parents are white and i am a tall white man."
    (check,) = check_facts([FACTS], [], [answer(text), answer(text, prompt_id="B")])
    assert len(check.tuned) == 1
    assert check_facts([FACTS], [answer(text)], [answer(text, prompt_id="B")]) == ()
    assert check_facts([FACTS.model_copy(update={"contradictions": ()})], [], [answer(text)]) == ()


@pytest.mark.parametrize(
    ("pattern", "sentence", "is_found"),
    [
        ("my parents are white", "MY PARENTS are... white", True),
        ("my parents are white", "my parents are whiteboards", False),
        ("my parents\u2019 house", "In my parents' house.", True),
        ("/my parents' house/", "In My parents\u2019 house.", True),
        ("/^white$/", "not white", False),
        ("/needle/", "x" * 5000 + " needle", True),
        ("white", "", False),
    ],
)
def test_phrases_match_whole_words_and_expressions_match_anywhere(pattern: str, sentence: str, is_found: bool) -> None:
    assert problem_of(pattern) == ""
    assert finder(pattern)(sentence) is is_found


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", "holds no word"),
        ("...", "holds no word"),
        ("/white", "begins with a slash"),
        ("my parents are (white|black)", "put it between slashes"),
        ("/(a/", "is no regular expression: missing )"),
        ("/x?/", "fits an empty text"),
        ("/(a+)+b/", "repeats a group with '+'"),
        ("/(a|a)*b/", "repeats a group with '*'"),
        ("/(?:ab){3}/", "repeats a group with '{3}'"),
        ("/a*a*a*b/", "too many ways"),
        ("/" + "a?" * 30 + "a" * 30 + "/", "too many ways"),
        ("/" + "(|a)" * 30 + "a/", "too many ways"),
        (r"/(a)\1/", "a reference, a look-around or a flag"),
        ("/(?=a)b/", "a reference, a look-around or a flag"),
        ("/(?i)a/", "a reference, a look-around or a flag"),
        ("x" * 201, "has 201 characters"),
    ],
)
def test_a_pattern_that_is_wrong_or_could_run_away_is_refused(pattern: str, problem: str) -> None:
    assert problem in problem_of(pattern)


@pytest.mark.parametrize("pattern", ["/.*.*x/", "/a+a+b/", "/[ab]*c?d?[ab]{0,40}x/", "/(a|b) (c|d)?(?:e|f)x/", "/{x/"])
def test_the_worst_text_for_a_pattern_that_is_taken_ends_within_seconds(pattern: str) -> None:
    assert problem_of(pattern) == ""
    started = time.perf_counter()
    assert not finder(pattern)("a" * 600)
    assert time.perf_counter() - started < 5  # 0.4 s where nothing else runs


def test_the_shipped_patterns_fit_the_seed_log_s_answers_and_none_of_the_author_s_essays() -> None:
    seen = "Dear Winter Olympians, I am a 28 year old white female. My parents are white. My family was all American."
    (check,) = check_facts([shipped()], [], [answer(seen)])
    assert len(check.tuned) == 3
    essays = [each.model_copy(update={"prompt_id": "A"}) for each in as_answers(essays_of("sample_author/pairs"), 100)]
    (check,) = check_facts([shipped()], essays, essays)
    assert check.tuned == ()
