"""A writer who knows no statistics reads a series' entry: as a run's, what she needs first, nothing unexplained, nothing contradicts."""

from __future__ import annotations

import re
from functools import cache

import pytest

from ownvoice.report.kept.series import render_series
from tests.unit.report.series_cases import CASES
from tests.unit.report.series_contradictions import contradictions
from tests.unit.report.test_entry_for_a_writer import (
    EXPLAINED,
    FIRST_WORDS,
    MOST_WORDS,
    UNUSED,
    front,
    unexplained,
    words,
)

UNITS = {
    r"z": "its unit is z|the unit is z",
    r"bits?": "their unit, bits a character",
    r"nats?": "in its unit, nats a token",
    r"\d+% interval": "the range that chance leaves room for",
}
"""Terms that a series can't do without, for what it compares has no other unit; and what must stand near."""
OF_SERIES = (
    {term: near for term, near in EXPLAINED.items() if term != "held back"}
    | UNITS
    | {
        "held back": "held back to test it|hold the others back to test it",
        "base model": "base model only continues",
        "instruct model": "instruct model was taught",
        "no prose": "no prose: answers that",
        "by heart": "your own words back|learned|knew|it knew|word for word|by heart: the model",
    }
)
UNUSED_IN_SERIES = (
    *(term for term in UNUSED if term not in UNITS and term not in ("V", r"\d+% interval")),
    *(
        r"pairs?",
        r"validat(?:e|ing)",
        r"fine-tun\w+",
        r"held-out",
        r"third authors?",
        r"arms?",
        r"specificity",
        r"prompts?",
    ),
)
ORDER = ("In short.", "### Did it run?", "### What went wrong", "### Next steps", "### Your notes", "### Appendix")
every_case = pytest.mark.parametrize("case", CASES)


@cache
def entry_of(case: str) -> str:
    return render_series(CASES[case])


def of_series(entry: str) -> list[str]:
    """Terms without an explanation; the heading and file names are no words of ours."""
    said = entry.partition("\n")[2]
    said = re.sub(r"\([\w./-]*data/[\w./-]*\)|\]\([^)]*\)", "", said)
    found = unexplained(said, OF_SERIES, UNUSED_IN_SERIES)
    shouted = re.search(r"VOICE.{12}", front(said))  # the measure, and not a writer's voice
    return found if shouted is None or shouted[0] == "VOICE is how near" else [*found, "VOICE"]


@every_case
def test_the_first_words_hold_answer_trust_reason_and_next_move(case: str) -> None:
    first = " ".join(words(entry_of(case))[:FIRST_WORDS])
    assert re.search(r"\*\*In short\. [^*]+:\*\*", first), first
    assert re.search(r"\b(?:Trust|Of the voice nothing can be said)\b.*\bbecause\b", first)
    assert re.search(r"\bNext: .*`ownvoice (?:run|log) \S+", first), first


@every_case
def test_it_is_short_before_its_appendix_and_in_the_order_of_a_runs(case: str) -> None:
    entry = entry_of(case)
    assert len(words(front(entry))) <= MOST_WORDS
    places = [entry.index(each) for each in ORDER]
    assert places == sorted(places)


@every_case
def test_no_term_stands_unexplained_before_the_appendix(case: str) -> None:
    assert of_series(entry_of(case)) == []


@every_case
def test_no_series_renders_a_contradiction(case: str) -> None:
    assert contradictions(entry_of(case), CASES[case]) == []


@every_case
def test_every_next_step_is_a_command(case: str) -> None:
    steps = re.findall(r"^\d+\. (.*)$", front(entry_of(case)).partition("### Next steps")[2], re.MULTILINE)
    assert 1 <= len(steps) <= 3
    assert all(re.search(r"`ownvoice \w+[^`]*`", step) for step in steps), steps


def test_a_term_that_nothing_explains_is_found() -> None:
    entry = entry_of("scale-up: stopped")
    assert of_series(entry.replace("Trust it", "At +0.3 z over the placebo it gained. Trust it")) == ["placebos?", "z"]
    assert of_series(entry.replace("its unit is z", "so", 1).replace("Its unit is z", "So", 1)) == ["z"]
    assert of_series(entry.replace("VOICE is how near", "VOICE: how near")) == ["VOICE"]
    assert of_series(entry.replace("Trust it", "The held-out pairs say so. Trust it")) == ["pairs?", "held-out"]


@pytest.mark.parametrize(
    ("case", "honest", "contrary", "found"),
    [
        (
            "scale-up: open",
            "**In short. Open:**",
            "**In short. More essays still help:**",
            "more essays still help, and",
        ),
        (
            "scale-up: still help",
            "**In short. More essays still help:**",
            "**In short. Open:**",
            "open, and it is shown",
        ),
        ("scale-up: open", "**In short. Open:**", "**In short. More essays stopped helping at 6:**", "stopped, and"),
        (
            "scale-up: did harm",
            "More essays did harm:** the model",
            "More essays:** the model",
            "more essays did harm, which",
        ),
        ("scale-up: still help, by heart", "some by heart", "some", "a size learned by heart"),
        ("scale-up: open", "Trust no leaning", "Trust it well; no leaning", "open, and to be trusted"),
        ("scale-up: one run failed", "- part 4 reached nothing", "- Nothing", "nothing went wrong, and something did"),
        ("scale-up: one run failed", "No: 1 of 4", "Yes: 3 of 4", "it ran, and runs failed"),
        ("scale-up: stopped", "Yes: all its 3 runs", "No: 1 of its 3 runs", "it failed, and every run"),
        ("scale-up: not measured", "- The voice could not", "- Nothing: the voice could not", "nothing went wrong"),
        (
            "overfit-diagnostic: overfits",
            "Stop after epoch 3:",
            "Stop after epoch 5:",
            "stop after epoch 5, and epoch 3",
        ),
        ("overfit-diagnostic: overfits", "it knew an essay by heart", "it was at its worst", "what is read first and"),
        (
            "overfit-diagnostic: flat",
            "it knew none of your essays by heart",
            "it knew an essay by heart",
            "what is read first",
        ),
        (
            "compare: one by heart",
            "gemma-3-270m learned essays of yours by heart",
            "gemma-3-270m learned",
            "gemma-3-270m recites",
        ),
        (
            "compare: one by heart",
            "No winner:** ",
            "No winner:** gemma-3-270m comes nearest to you; ",
            "gemma-3-270m is praised",
        ),
        (
            "compare: apart by chance",
            "In short. Open:",
            "In short. gemma-3-270m comes nearest to you:",
            "gemma-3-270m comes nearest, and",
        ),
        (
            "compare: equal",
            "with each of them training and showing it essays of yours brought the same",
            "with each of them training brought more than showing it essays",
            "training smollm2-135m brought more",
        ),
        ("compare: one by heart", "more than before training.", "much.", "what unseen essays lost"),
        (
            "sweep: tied",
            "In short. Open:",
            "In short. Best of 2 settings: “epochs 3”:",
            "the best, and it leads by chance",
        ),
        ("sweep: best", "settings: “epochs 3”:", "settings: “epochs 9”:", "epochs 9 is the best, and it recites"),
        (
            "base-or-instruct: starts open",
            "In short. Open:",
            "In short. The head start helps:",
            "the head start helps, and",
        ),
        (
            "base-or-instruct: starts open",
            "In short. Open:",
            "In short. The head start harms:",
            "the head start harms, and",
        ),
        (
            "base-or-instruct: too few authors",
            "- 1 training missing",
            "- Nothing: 1 training missing",
            "nothing went wrong",
        ),
    ],
)
def test_each_contradiction_is_found_when_it_comes_back(case: str, honest: str, contrary: str, found: str) -> None:
    entry = entry_of(case)
    assert honest in entry
    told = contradictions(entry.replace(honest, contrary, 1), CASES[case])
    assert any(each.startswith(found) for each in told), told


def test_what_a_model_wrote_is_no_markup_and_stands_in_full_in_the_appendix() -> None:
    entry = entry_of("compare: winner")
    before, _, after = entry.partition("### Appendix")
    assert "</pre>" not in before.replace("\\<", "<\N{ZERO WIDTH SPACE}")
    assert "**She**" not in before
    assert after.count("The drawer stuck. </pre> **She** pulled.") == 4
