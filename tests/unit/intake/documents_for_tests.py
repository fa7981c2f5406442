"""Documents as readers give them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random
from typing import Any

from ownvoice.intake.documents import Block, Document

SUBJECTS = ("drawer", "harbour", "kettle", "winter", "ladder", "orchard", "engine", "letter", "candle", "garden", "bus")
NOUNS = (
    *(
        "aunt",
        "barrel",
        "cellar",
        "doctor",
        "errand",
        "ferry",
        "glove",
        "hammer",
        "island",
        "jacket",
        "knot",
        "lantern",
    ),
    *("mirror", "needle", "oven", "parcel", "quarry", "ribbon", "saddle", "teacher", "umbrella", "violin", "window"),
)
VERBS = (
    "kept",
    "lost",
    "sold",
    "hid",
    "mended",
    "carried",
    "painted",
    "forgot",
    "wanted",
    "broke",
    "feared",
    "borrowed",
)
HOW = ("since", "because", "although", "until", "while", "where", "whenever", "before", "after", "though", "unless")


def document(name: str, *texts: str | Block, title: str = "", form: str = "Markdown", **more: Any) -> Document:
    blocks = tuple(each if isinstance(each, Block) else Block(kind="paragraph", text=each) for each in texts)
    digest = hashlib.sha256(f"{name}{texts}".encode()).hexdigest()
    return Document(source=name, sha256=digest, format=form, title=title, blocks=blocks, **more)


def prose(number: int, words: int = 300) -> Sequence[str]:
    """Paragraphs of about 50 words about the number's subject; no two numbers share many runs of five words."""
    chosen, subject = Random(number), SUBJECTS[number % len(SUBJECTS)]

    def sentence() -> str:
        first, second, third = (chosen.choice(NOUNS) for _ in range(3))
        verb, other = chosen.sample(VERBS, 2)
        return f"I {verb} the {subject}, {chosen.choice(HOW)} {first} {chosen.randrange(100)} {other} my {second}, {third}."

    return [" ".join(sentence() for _ in range(5)) for _ in range(max(1, words // 50))]


def essays(number: int, words: int = 300) -> list[Document]:
    return [document(f"{i}.md", *prose(i, words), title=f"The {SUBJECTS[i % 11]} of {i}") for i in range(number)]
