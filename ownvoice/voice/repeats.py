"""Tells where a new text repeats a training essay: the longest run of words in common that its topic doesn't explain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ownvoice.frozen import Frozen
from ownvoice.voice.copied import refrains
from ownvoice.voice.copying import FAIL_SPAN_WORDS, KNOWN_RUN_WORDS, WARN_SPAN_WORDS, EssayIndex, known_runs
from ownvoice.voice.results import Essay


class Repeat(Frozen):
    """A run of words of a text that stands in an essay."""

    level: Literal["warn", "fail"]
    """As a run's verdict has it: fail is memorised."""
    words: int
    """Those that neither the topic nor the untuned model's text explains."""
    essay_id: str
    text: str
    """As it stands in the new text: a model's, untrusted."""
    start: int
    """Where it begins there, in characters."""


def find_repeat(text: str, essays: Sequence[Essay], explained_by: Sequence[str]) -> Repeat | None:
    """The longest one from 8 words; None where there is none.

    Args:
        explained_by: Texts whose wording proves nothing: the topic, and what the untuned model wrote on it.
    """
    known = known_runs(explained_by) | refrains(essays, KNOWN_RUN_WORDS)
    found = EssayIndex(essays).longest_shared(text, known)
    if found.words < WARN_SPAN_WORDS:
        return None
    level: Literal["warn", "fail"] = "fail" if found.words >= FAIL_SPAN_WORDS else "warn"
    start = text.find(found.text)
    return Repeat(level=level, words=found.words, essay_id=found.essay_id, text=found.text, start=start)
