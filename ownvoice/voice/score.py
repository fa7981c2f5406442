"""Scores texts against an author: the figures that `ownvoice score` shows, with what makes them weak."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from ownvoice.frozen import Frozen
from ownvoice.voice.library import Library, nearest
from ownvoice.voice.panel import Panel
from ownvoice.voice.results import Others, RegisterFit, TextScore
from ownvoice.voice.text import count_words, why_unreadable

FEW_ESSAYS = 3  # the authorship test begins there
SHORT_WORDS = 100  # and was made with texts of 150 words
SHORT_OF_LENGTH = 0.5


class NamedText(Frozen):
    name: str
    text: str


class NamedScore(Frozen):
    name: str
    score: TextScore


class ScoreReport(Frozen):
    words: int
    """Every text was scored on its first words, so many."""
    register_fit: RegisterFit
    texts: tuple[NamedScore, ...]
    essays: tuple[NamedScore, ...]
    """The author's own, each against the others."""
    others: Others
    caveats: tuple[str, ...]


def score_texts(
    library: Library, essays: Sequence[NamedText], texts: Sequence[NamedText], seed: int = 0
) -> ScoreReport:
    """Score at the texts' own length, against the register that the essays resemble.

    Raises:
        VoiceError: no essay can be measured.
    """
    lengths = [count_words(each.text) for each in texts if not why_unreadable(each.text)]
    readable = [each.text for each in essays if not why_unreadable(each.text)]
    like_her = nearest(library, readable or [each.text for each in essays])
    panel = Panel(like_her.background, [each.text for each in essays], round(median(lengths or [0])), seed)
    scores = panel.score([each.text for each in texts])
    return ScoreReport(
        words=panel.words,
        register_fit=like_her.fit,
        texts=_named(texts, scores),
        essays=_named(essays, panel.held_out()),
        others=panel.others,
        caveats=tuple(_caveats(panel, len(readable), essays, texts, scores)),
    )


def _named(texts: Sequence[NamedText], scores: Sequence[TextScore]) -> tuple[NamedScore, ...]:
    return tuple(NamedScore(name=each.name, score=score) for each, score in zip(texts, scores, strict=True))


def _caveats(
    panel: Panel,
    readable: int,
    essays: Sequence[NamedText],
    texts: Sequence[NamedText],
    scores: Sequence[TextScore],
) -> list[str]:
    found = []
    if readable < FEW_ESSAYS:
        found.append(f"{readable} essay{'s' * (readable > 1)} of the author: the measures were tried with 3 and 13.")
    if panel.words < SHORT_WORDS:
        found.append(f"Texts of {panel.words} words: the measures were tried with 150; expect wider errors.")
    short = [
        each.name
        for each, score in zip(texts, scores, strict=True)
        if score.voice is not None and score.words < SHORT_OF_LENGTH * panel.words
    ]
    if short:
        found.append(f"Less than half as long as the others, so less certain: {', '.join(short)}.")
    known = {" ".join(each.text.split()) for each in essays}
    copies = [each.name for each in texts if " ".join(each.text.split()) in known]
    if copies:
        found.append(f"Among the essays that they are compared with, so too high: {', '.join(copies)}.")
    return found
