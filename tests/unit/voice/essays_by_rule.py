"""Texts made by rule: authors who differ in their grammar, so that a test knows who wrote what."""

from __future__ import annotations

import random

from ownvoice.voice.corpus import OWN_REGISTER, Writing, Writings
from ownvoice.voice.library import Library, make_library
from ownvoice.voice.text import FUNCTION_WORDS

TOPICS = ("garden", "harbour", "kettle", "winter", "ladder", "sermon", "engine", "orchard", "letter", "candle")
MANNERS = (
    ("I should have {v} the {n}, which was {a}; and yet it {v} me.", "It was, of course, the {n} that {v} her -- {a}!"),
    ("The {n} is {a}. The {n} {v}. We {v} it, and we {v} it again.", "They are {a}, and the {n} isn't."),
    ("Why did you {v} the {n}? Because, as I've said, it can't be {a}.", "Don't {v} it (the {n}) if you're {a}."),
    ("Of all the {n}s that have ever been {v}, none were so {a} as those of the {n}.", "Thus the {n} {v}."),
    ("However {a} the {n} may seem, to {v} it is to {v} oneself: such is the {n}.", "Hence the {n}, and its {n}."),
    ("So she {v} the {n}, and he {v} the {n}, and then nobody {v} anything.", 'And "{a}," he said, "is the {n}."'),
)
FRENCH = "Il ne savait pas pourquoi les gens parlaient toujours de la mer, car il ne la voyait jamais. " * 4


def essay(author: int, seed: int, words: int = 150) -> str:
    """An essay in the manner of one author, a third of it in another's, so that nobody is too easy to tell."""
    random_choice = random.Random(f"{author}/{seed}")
    sentences: list[str] = []
    while sum(len(sentence.split()) for sentence in sentences) < words:
        manner = author if random_choice.random() < 2 / 3 else random_choice.randrange(len(MANNERS))
        template = random_choice.choice(MANNERS[manner])
        fill = {
            "n": random_choice.choice(TOPICS),
            "v": random_choice.choice(["mended", "saw", "left", "walks", "found"]),
        }
        sentences.append(template.format(a=random_choice.choice(["wonderful", "broken", "lovely", "short"]), **fill))
    return " ".join(sentences)


def writings(authors: range = range(1, 6), texts: int = 4, register: str = OWN_REGISTER) -> Writings:
    made = tuple(
        Writing(author=f"author {author}", register_name=register, text=essay(author, number), source="made by rule")
        for author in authors
        for number in range(texts)
    )
    return Writings(texts=made, sha256="0" * 64)


def library() -> Library:
    return make_library(writings())


def survives(token: str) -> bool:
    """Whether a token may stand in masked text: the check that shipped figures hold no content word."""
    base, _, _ = token.rpartition("'")
    return not token[0].isalpha() or token in FUNCTION_WORDS or base in FUNCTION_WORDS or token.endswith("n't")
