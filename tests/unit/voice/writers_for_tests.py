"""Any number of writers by rule, whose words are made up, so that no two texts share a run of them, and models that write so."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from ownvoice.voice.corpus import OWN_REGISTER, Writing, Writings
from ownvoice.voice.library import Library, make_library
from ownvoice.voice.material import Material, ModelTexts, Placebo
from ownvoice.voice.results import AnswerText, Essay
from ownvoice.voice.text import AUXILIARIES, CONJUNCTIONS, DETERMINERS, PREPOSITIONS, PRONOUNS

HER, MODEL, HIM = "she", "the untuned model", "the placebo writer"
OTHERS = tuple(f"writer {number:02}" for number in range(20))
"""Twenty: with 19 or more the first place says something."""
TEXTS, WORDS = 8, 60
PROMPTS, SAMPLES = 8, 2

_KINDS = tuple(sorted(kind) for kind in (DETERMINERS, PRONOUNS, PREPOSITIONS, CONJUNCTIONS, AUXILIARIES))
_MARKS = ("", "", ",", ";", " --", ":")
_ENDINGS = ("", "ed", "ing", "ly", "ness", "ous", "er")
_SYLLABLES = tuple(f"{one}{other}" for one in "bdfgklmnprst" for other in "aeiou")


def text_by(writer: str, seed: object, words: int = WORDS, share: float = 1.0) -> str:
    """Every writer has ten sentences of his own, of function words and marks; the words in between are drawn anew.

    `share` of the sentences are his, and the others the untuned model's.
    """
    drawn = random.Random(f"{writer}/{seed}")
    sentences: list[str] = []
    while sum(len(sentence.split()) for sentence in sentences) < words:
        parts = drawn.choice(_sentences_of(writer if drawn.random() < share else MODEL))
        sentences.append(" ".join(_word(drawn) + part[1:] if part[0] == "*" else part for part in parts))
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in sentences)


def _word(drawn: random.Random) -> str:
    return "".join(drawn.choices(_SYLLABLES, k=3))


@cache
def _sentences_of(writer: str) -> tuple[tuple[str, ...], ...]:
    """`*` stands for a word that is drawn, `*ing,` for one with an ending and a mark."""
    taste = random.Random(writer)
    kinds = [taste.sample(kind, 4) for kind in _KINDS]
    endings, marks, longest = taste.sample(_ENDINGS, 3), taste.sample(_MARKS, 3), taste.randint(3, 9)
    return tuple(
        tuple(
            part
            for place in range(length)
            for part in (
                taste.choice(taste.choice(kinds)),
                f"*{taste.choice(endings)}{'.' if place == length - 1 else taste.choice(marks)}",
            )
        )
        for length in (taste.randint(2, longest) for _ in range(10))
    )


def essays_by(writer: str, number: int, words: int = WORDS) -> tuple[Essay, ...]:
    return tuple(Essay(id=f"{writer} {each}", text=text_by(writer, each, words)) for each in range(number))


def library_of(writers: Iterable[str] = OTHERS, texts: int = TEXTS, words: int = WORDS) -> Library:
    made = tuple(
        Writing(author=writer, register_name=OWN_REGISTER, text=text_by(writer, number, words))
        for writer in writers
        for number in range(texts)
    )
    return make_library(Writings(texts=made, sha256="0" * 64))


def answers_by(writer: str, seed: object, share: float = 1.0, words: int = WORDS, prompts: int = PROMPTS) -> ModelTexts:
    """A model that writes as the writer does, or in part; the same seed gives the same answers."""
    return ModelTexts(
        canaries=(),
        probes=tuple(
            AnswerText(
                prompt_id=f"p{prompt}",
                sample=sample,
                topic="",
                text=text_by(writer, f"{seed}/{prompt}/{sample}", words, share),
            )
            for prompt in range(prompts)
            for sample in range(SAMPLES)
        ),
    )


def replaced(model: ModelTexts, texts: Mapping[int, str]) -> ModelTexts:
    """Other texts in the places of some answers."""
    return model.model_copy(
        update={
            "probes": tuple(
                answer.model_copy(update={"text": texts.get(place, answer.text)})
                for place, answer in enumerate(model.probes)
            )
        }
    )


def placebo_of(*models: ModelTexts, writer: str = HIM, essays: int = TEXTS) -> Placebo:
    return Placebo(writer=writer, essays=essays_by(writer, essays), models=models)


def material_of(
    *tuned: ModelTexts, placebos: Sequence[Placebo] = (), author: str = HER, essays: int = 11, held_out: int = 3
) -> Material:
    """The author's essays, the last of which were held out, and an untuned model that writes as nobody of the library does."""
    hers = essays_by(author, essays)
    return Material(
        essays=hers,
        training=hers[: essays - held_out],
        held_out=hers[essays - held_out :],
        baseline=answers_by(MODEL, "baseline"),
        tuned=tuned,
        placebos=tuple(placebos),
        facts=(),
    )
