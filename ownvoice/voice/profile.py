"""The traits of an author's profile: what each one counts, in which unit, and in which passages it shows."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean, pstdev
from typing import Literal, NamedTuple

from ownvoice.text import sentences_of, words_of
from ownvoice.voice import habits

Unit = Literal["per 1,000 words", "% of sentences", "words"]
Habit = Callable[[str], list[str]]


class Measure(NamedTuple):
    """One trait as a function of a text."""

    name: str
    verb: Literal["is", "are"]
    counts: str
    unit: Unit
    value: Callable[[str], float]
    passages: Habit


def _per_thousand(name: str, verb: Literal["is", "are"], counts: str, habit: Habit) -> Measure:
    return Measure(name, verb, counts, "per 1,000 words", lambda text: 1000 * len(habit(text)) / _words(text), habit)


def _of_sentences(name: str, counts: str, habit: Habit) -> Measure:
    return Measure(name, "are", counts, "% of sentences", lambda text: 100 * len(habit(text)) / _sentences(text), habit)


def _words(text: str) -> int:
    return max(1, len(words_of(text)))


def _sentences(text: str) -> int:
    return max(1, len(sentences_of(text)))


def _lengths(text: str) -> list[int]:
    return [len(words_of(sentence)) for sentence in sentences_of(text)] or [0]


def _distinct_names(text: str) -> float:
    return 1000 * len(habits.distinct_names(text)) / _words(text)


def _none(_text: str) -> list[str]:
    return []


MEASURES = (
    _per_thousand("asides", "are", "passages in parentheses", habits.asides),
    _of_sentences("punchlines", "sentences of at most 6 words right after one of at least 20", habits.punchlines),
    Measure("sentence length", "is", "mean words a sentence", "words", lambda text: mean(_lengths(text)), _none),
    Measure(
        "variety of sentence length",
        "is",
        "standard deviation of the words a sentence",
        "words",
        lambda text: pstdev(_lengths(text)),
        _none,
    ),
    _per_thousand("hyperbole", "is", "words of the extreme, such as never, nobody, enormous", habits.hyperbole),
    _per_thousand("ironic quotes", "are", "one to three words quoted that are not speech", habits.ironic_quotes),
    _per_thousand("first person", "is", "I, me, my, mine, myself", habits.first_person),
    _per_thousand("references", "are", "names, by their capitals inside a sentence", habits.references),
    Measure(
        "different references",
        "are",
        "different names, each counted once a text",
        "per 1,000 words",
        _distinct_names,
        habits.references,
    ),
    _of_sentences("questions", "sentences that end in a question mark", habits.questions),
    _per_thousand("dashes", "are", "dashes between words", habits.dashes),
    _per_thousand("contractions", "are", "don't, I'm, they've, it's", habits.contractions),
)
"""Humour is three of them, each a plain count: punchlines (the drop that deflates), hyperbole, ironic quotes."""
