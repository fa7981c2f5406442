"""Puts together what a verdict is made of where no run was: an author's essays, and answers in files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ownvoice.errors import VoiceError, shown_names
from ownvoice.voice.answer_files import Answers
from ownvoice.voice.material import Material, Placebo
from ownvoice.voice.results import Essay


class PlaceboAuthor(NamedTuple):
    """A writer whom models of the placebo were trained on, as far as that is known."""

    writer: str
    essays: tuple[Essay, ...] = ()


def material_from(
    author: Sequence[Essay], trained: Sequence[Essay], answers: Answers, others: Sequence[PlaceboAuthor] = ()
) -> Material:
    """What was trained on is told by its text, an essay or a part of one; her other essays were held out.

    `others` are the placebos' writers, in the order of their answers; none where they aren't known.

    Raises:
        VoiceError: trained texts that stand in none of the author's essays; or writers for another number of placebos.
    """
    if others and len(others) != len(answers.placebos):
        raise VoiceError(
            f"writers of placebos: {len(others)}, files of their answers: {len(answers.placebos)}",
            "as many --placebo-author as --placebo, in the same order, or none",
        )
    training, held_out = _split(author, trained)
    known = _named_apart(others) if others else _unknown(len(answers.placebos))
    return Material(
        essays=tuple(author),
        training=training,
        held_out=held_out,
        baseline=answers.baseline,
        tuned=answers.tuned,
        placebos=tuple(
            Placebo(writer=other.writer, essays=other.essays, models=models)
            for other, models in zip(known, answers.placebos, strict=True)
        ),
        facts=(),
    )


def _named_apart(others: Sequence[PlaceboAuthor]) -> list[PlaceboAuthor]:
    """Two folders may have one name."""
    seen: Counter[str] = Counter()
    named = []
    for other in others:
        seen[other.writer] += 1
        again = f" ({seen[other.writer]})" if seen[other.writer] > 1 else ""
        named.append(other._replace(writer=f"{other.writer}{again}"))
    return named


def _unknown(number: int) -> list[PlaceboAuthor]:
    if number == 1:
        return [PlaceboAuthor("another writer")]
    return [PlaceboAuthor(f"writer {place}") for place in range(1, number + 1)]


def _split(author: Sequence[Essay], trained: Sequence[Essay]) -> tuple[tuple[Essay, ...], tuple[Essay, ...]]:
    texts = {_plain(essay.text): essay for essay in author}
    parts = [essay for essay in trained if _plain(essay.text) not in texts]
    whole_of = {part.id: _holding(_plain(part.text), texts) for part in parts}
    if strangers := [part.id for part in parts if not whole_of[part.id]]:
        raise VoiceError(
            f"trained on, and in none of the author's essays: {shown_names(strangers)}",
            "all of the author's essays, those that were trained on among them",
            "give them to --author as well, or take them out of --trained",
        )
    whole = {_plain(essay.text) for essay in trained} & texts.keys()
    touched = whole.union(*whole_of.values())
    training = [essay for text, essay in texts.items() if text in whole] + parts
    return tuple(training), tuple(essay for text, essay in texts.items() if text not in touched)


def _holding(part: str, texts: Iterable[str]) -> list[str]:
    return [text for text in texts if part and part in text]


def _plain(text: str) -> str:
    return " ".join(text.split())
