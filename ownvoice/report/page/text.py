"""Puts an answer on the page: cut where it is endless, and with what was copied and what is a habit of hers marked.

What comes out is text in pieces, never markup: the template escapes each, and invisible characters are shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from ownvoice.text import SENTENCE_END, word_places, words_of
from ownvoice.voice import habits
from ownvoice.voice.copying import CopiedSpan
from ownvoice.voice.findings import VoiceFindings

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_BLANK_LINES = re.compile(r"\n\s*\n")
_QUOTED = re.compile('["\u201c]([^"\u201c\u201d]{2,40})["\u201d]')


class Piece(NamedTuple):
    """A stretch of an answer, all of it marked in one way."""

    text: str
    mark: Literal["", "copied", "habit"] = ""
    says: str = ""
    """What the mark means, for who can't see it: 'aside'."""


class ShownText(NamedTuple):
    paragraphs: tuple[tuple[Piece, ...], ...]
    """Pieces in order; none where there is nothing but white space."""
    marked: str
    """What was marked, in words: '2 asides, 1 punchline'; empty where nothing was."""
    cut: str
    """A word on what was left out; empty where all is there."""


class _Mark(NamedTuple):
    start: int
    end: int
    kind: Literal["copied", "habit"]
    what: str
    """The habit, or `COPIED`."""


Finder = Callable[[str], Iterator[tuple[int, int]]]


def shown_text(text: str, characters: int, kinds: Sequence[str] = (), copied: Sequence[str] = ()) -> ShownText:
    """The text, at most so many characters of it.

    Args:
        kinds: Habits of hers to mark, out of `HABITS`.
        copied: Runs of words that stand in her essays, as `CopiedSpan` quotes them.
    """
    kept = _LINE_ENDS.sub("\n", _kept(text, characters)).strip("\n")
    marks = _apart([*_copied_marks(kept, copied), *_habit_marks(kept, kinds)])
    left_out = "" if len(text) <= characters else f"Cut here: the answer goes on, {len(text):,} characters in all."
    return ShownText(tuple(_paragraphs(kept, marks)), _in_words(marks), left_out)


def habits_of(findings: VoiceFindings | None) -> tuple[str, ...]:
    """The habits that are hers, of those that can be shown in a text."""
    own = {trait.name for trait in (findings.traits if findings else ()) if trait.own_high > 0}
    return tuple(kind for kind in HABITS if kind in own)


def copied_in(spans: Sequence[CopiedSpan], prompt_id: str, sample: int) -> tuple[str, ...]:
    return tuple(span.quote.text for span in spans if (span.quote.prompt_id, span.quote.sample) == (prompt_id, sample))


def _kept(text: str, characters: int) -> str:
    if len(text) <= characters:
        return text
    return text[:characters].rsplit(" ", 1)[0]


def _copied_marks(text: str, quotes: Sequence[str]) -> Iterator[_Mark]:
    flat = _Flat(text)
    for quote in quotes:
        for start, end in flat.places_of(quote.removesuffix("\u2026")):
            yield _Mark(start, end, "copied", COPIED)


def _habit_marks(text: str, kinds: Sequence[str]) -> Iterator[_Mark]:
    for kind in kinds:
        yield from (_Mark(start, end, "habit", kind) for start, end in HABITS[kind].find(text))


def _apart(marks: Sequence[_Mark]) -> list[_Mark]:
    """In order; of marks that meet the copied one stays, then the one that was looked for first."""
    taken: list[_Mark] = []
    for mark in marks:
        if mark.start < mark.end and all(mark.end <= other.start or other.end <= mark.start for other in taken):
            taken.append(mark)
    return sorted(taken)


def _paragraphs(text: str, marks: Sequence[_Mark]) -> Iterator[tuple[Piece, ...]]:
    ends = [0, *(place for gap in _BLANK_LINES.finditer(text) for place in gap.span()), len(text)]
    for start, end in zip(ends[::2], ends[1::2], strict=True):
        if text[start:end].strip():
            yield tuple(_pieces(text, start, end, marks))


def _pieces(text: str, start: int, end: int, marks: Sequence[_Mark]) -> Iterator[Piece]:
    for mark in marks:
        first, last = max(start, mark.start), min(end, mark.end)
        if first < last:
            if start < first:
                yield Piece(text[start:first])
            yield Piece(text[first:last], mark.kind, _called(mark.what).one)
            start = last
    if start < end:
        yield Piece(text[start:end])


def _in_words(marks: Sequence[_Mark]) -> str:
    kinds = [mark.what for mark in marks]
    return ", ".join(
        f"{kinds.count(kind)} {_called(kind).one if kinds.count(kind) == 1 else _called(kind).many}"
        for kind in dict.fromkeys(kinds)
    )


class _Flat:
    """A text with each stretch of white space as one space, and the way back from places in it."""

    def __init__(self, text: str) -> None:
        words = list(re.finditer(r"\S+", text))
        self.text = " ".join(word[0] for word in words)
        self._back = [place for word in words for place in (*range(word.start(), word.end()), word.end())]

    def places_of(self, passage: str, skipped: int = 0) -> Iterator[tuple[int, int]]:
        """Every place in the text as it was, each without so many first characters of the passage."""
        start = 0
        while passage and (found := self.text.find(passage, start)) >= 0:
            start = found + len(passage)
            yield self._back[found + skipped], self._back[start - 1] + 1


def _passages(habit: Callable[[str], list[str]], words_before: int = 0) -> Finder:
    """Where a habit's passages stand, each without so many words that it begins with; what was cut off is no sentence."""

    def find(text: str) -> Iterator[tuple[int, int]]:
        flat = _Flat(text)
        for passage in dict.fromkeys(habit(text)):
            told = " ".join(passage.removeprefix("\u2026").split())
            before = re.match(rf"(?:\S+ ){{{words_before}}}", told)
            if not words_before or SENTENCE_END.search(told[-4:]):
                yield from flat.places_of(told, before.end() if before else 0)

    return find


def _words(habit: Callable[[str], list[str]]) -> Finder:
    """The single words that a habit counts."""
    return lambda text: (place.span() for place in word_places(text) if habit(place[0]))


def _ironic(text: str) -> Iterator[tuple[int, int]]:
    sentences = set(habits.ironic_quotes(text))
    return (
        place.span()
        for place in _QUOTED.finditer(text)
        if len(words_of(place[1])) <= 3 and any(place[0] in sentence for sentence in sentences)
    )


def _names(text: str) -> Iterator[tuple[int, int]]:
    """Each name wherever it stands inside a sentence: what opens one has its capital from that."""
    flat = _Flat(text)
    for sentence in dict.fromkeys(habits.references(text)):
        opening = len(words_of(sentence.split(" ", 1)[0]))
        for start, end in flat.places_of(sentence):
            for name in habits.distinct_names(sentence):
                for place in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text[start:end]):
                    if place.start() or not opening:
                        yield start + place.start(), start + place.end()


class _Called(NamedTuple):
    one: str
    many: str
    find: Finder


def _called(what: str) -> _Called:
    return _COPIED if what == COPIED else HABITS[what]


COPIED = "copied"
_COPIED = _Called("passage of an essay of yours", "passages of essays of yours", lambda _text: iter(()))
HABITS = {
    "asides": _Called("aside", "asides", _passages(habits.asides)),
    # Without the ten last words of the long sentence before it, which the habit gives along.
    "punchlines": _Called("punchline", "punchlines", _passages(habits.punchlines, words_before=10)),
    "questions": _Called("question", "questions", _passages(habits.questions)),
    "ironic quotes": _Called("ironic quote", "ironic quotes", _ironic),
    "hyperbole": _Called("word of the extreme", "words of the extreme", _words(habits.hyperbole)),
    "references": _Called("name", "names", _names),
}
"""By the trait's name in `ownvoice.voice.traits`: what it is called, and where it stands. Those that a reader can see as
such: a marked I or don't would only be noise."""
