"""Essays and answers of the shipped authors, and made-up answers, for tests of the measures."""

from __future__ import annotations

from ownvoice.essays.check import read_pairs
from ownvoice.paths import ROOT
from ownvoice.text import pieces_of
from ownvoice.voice.results import AnswerText, Essay


def essays_of(author: str, split: str | None = None) -> list[Essay]:
    """`author` is a folder in data/: `sample_author/pairs`, `placebos/woodworker`."""
    pairs = read_pairs(ROOT / "data" / author)
    return [Essay(id=pair.id, text=pair.essay) for pair in pairs if split in (None, pair.split)]


def answer(text: str, prompt_id: str = "A", topic: str = "", cut_off: bool = False) -> AnswerText:
    return AnswerText(prompt_id=prompt_id, sample=0, topic=topic, text=text, cut_off=cut_off)


def as_answers(essays: list[Essay], words: int = 150) -> list[AnswerText]:
    """Each essay in pieces of an answer's length."""
    return [answer(piece, prompt_id=essay.id) for essay in essays for piece in pieces_of(essay.text, words)]
