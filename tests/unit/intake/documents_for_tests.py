"""Documents as readers give them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from ownvoice.intake.documents import Block, Document

SUBJECTS = ("drawer", "harbour", "kettle", "winter", "ladder", "orchard", "engine", "letter", "candle", "garden", "bus")


def document(name: str, *texts: str | Block, title: str = "", form: str = "Markdown", **more: Any) -> Document:
    blocks = tuple(each if isinstance(each, Block) else Block(kind="paragraph", text=each) for each in texts)
    digest = hashlib.sha256(f"{name}{texts}".encode()).hexdigest()
    return Document(source=name, sha256=digest, format=form, title=title, blocks=blocks, **more)


def prose(number: int, words: int = 300) -> Sequence[str]:
    """Paragraphs of about 50 words that no other number has, about the number's subject."""
    subject = SUBJECTS[number % len(SUBJECTS)]
    sentence = (
        "I have kept the {s} since I was {n}, and nobody asked why it was the {s} that we could not throw away, or what "
        "it had to do with the {t} of year {n} and the {u} that {m} people stood in front of."
    )
    paragraphs = []
    for part in range(max(1, words // 50)):
        n, m = 17 * number + part, 31 * number + 7 * part
        paragraphs.append(sentence.format(s=subject, t=f"{subject}s{n}", u=f"door{m}", n=n, m=m))
    return paragraphs


def essays(number: int, words: int = 300) -> list[Document]:
    return [document(f"{i}.md", *prose(i, words), title=f"The {SUBJECTS[i % 11]} of {i}") for i in range(number)]
