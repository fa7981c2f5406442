"""The texts that are measured: essays of the author, answers of a model, and what is quoted from them."""

from __future__ import annotations

from ownvoice.config import Frozen
from ownvoice.markdown import shortened

QUOTE_CHARACTERS = 220  # about two sentences: enough to judge by, short enough to read ten of them


class Essay(Frozen):
    """An essay of the author."""

    id: str
    text: str


class AnswerText(Frozen):
    """An answer of a model, with the topic that it was asked on."""

    prompt_id: str
    sample: int
    topic: str
    text: str
    cut_off: bool = False
    """True where the length limit ended the answer and not the model."""


class Quote(Frozen):
    """Words of an answer, on one line. Written by a model: untrusted."""

    prompt_id: str
    sample: int
    text: str


def quote_from(answer: AnswerText, text: str) -> Quote:
    line = shortened(" ".join(text.split()), QUOTE_CHARACTERS)
    return Quote(prompt_id=answer.prompt_id, sample=answer.sample, text=line)
