"""Puts together what a verdict is made of where no run was: an author's essays, and answers in files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ownvoice.errors import VoiceError, shown_names
from ownvoice.voice.answer_files import Answers
from ownvoice.voice.examine import Material, Placebo
from ownvoice.voice.results import Essay


def material_from(author: Sequence[Essay], trained: Sequence[Essay], answers: Answers) -> Material:
    """What was trained on is told by its text, an essay or a part of one; her other essays were held out.

    Raises:
        VoiceError: trained texts that stand in none of the author's essays.
    """
    training, held_out = _split(author, trained)
    return Material(
        essays=tuple(author),
        training=training,
        held_out=held_out,
        baseline=answers.baseline,
        tuned=(answers.tuned,),
        placebos=(Placebo(writer="another writer", models=(answers.placebo,)),) if answers.placebo else (),
        facts=(),
    )


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
