"""Scores the grammar, characters and shape of texts against an author's essays, in units of other authors' spread.

z = (score - mu) / sigma, mu and sigma from the background authors' texts cut to the same length and scored against
the same essays. VOICE is the plain mean of the three z: learned weights added nothing to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownvoice.errors import VoiceError
from ownvoice.voice.background import LONGEST, Background
from ownvoice.voice.characters import character_rows, cosines, masked_codes, raw_codes
from ownvoice.voice.grammar import grammar_of
from ownvoice.voice.results import MeasureScore, Others, TextScore
from ownvoice.voice.shape import measure_shape
from ownvoice.voice.text import (
    FEWEST_WORDS,
    MaskedSentence,
    count_words,
    cut_sentences,
    first_words,
    mask_text,
    pieces_of,
    why_unreadable,
)

# Enough for sigma (60 texts or more), and no author counts for more than another.
TEXTS_PER_AUTHOR = 8

Floats = npt.NDArray[np.float64]
Masked = tuple[MaskedSentence, ...]


@dataclass(frozen=True)
class Rows:
    """A row per text: z by the background's mean and deviation."""

    sentences: tuple[Masked, ...]
    characters: Floats
    shape: Floats

    def and_also(self, others: Rows) -> Rows:
        return Rows(
            self.sentences + others.sentences,
            np.vstack([self.characters, others.characters]),
            np.vstack([self.shape, others.shape]),
        )

    def cosines_to(self, references: Rows, essays: Sequence[int]) -> Floats:
        """Two rows, characters and shape: the cosine with the mean of the essays."""
        return np.array(
            [
                cosines(self.characters, references.characters[essays].mean(axis=0)),
                cosines(self.shape, references.shape[essays].mean(axis=0)),
            ]
        )


def rows_of(texts: Sequence[str], background: Background, words: int) -> Rows:
    """Texts of any length; their shape is taken as the background's is, at `words` words."""
    sentences = tuple(mask_text(text) for text in texts)
    shapes = np.array([_mean_shape(text, words) for text in texts])
    return Rows(
        sentences,
        character_rows(background.characters, [masked_codes(each) for each in sentences]),
        background.shape_scale(words).z(shapes),
    )


def _mean_shape(text: str, words: int) -> Floats:
    """The mean over pieces of `words` words: a paragraph of 400 words can't be seen in a text that is cut at 150."""
    rows = np.array([measure_shape(piece).row() for piece in pieces_of(text, words)])
    known = np.isfinite(rows)
    sums, counts = np.where(known, rows, 0).sum(axis=0), known.sum(axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def rows_of_others(
    background: Background, words: int, texts_per_author: int = TEXTS_PER_AUTHOR
) -> tuple[Rows, list[str]]:
    """Texts of the background cut to `words`, and the author of each."""
    taken: dict[str, int] = {}
    places = []
    for place, text in enumerate(background.texts):
        taken[text.author] = taken.get(text.author, 0) + 1
        if taken[text.author] <= texts_per_author:
            places.append(place)
    sentences = tuple(cut_sentences(background.texts[place].sentences, words) for place in places)
    characters = character_rows(background.characters, [masked_codes(each) for each in sentences])
    shape = background.shape_scale(words).z(background.shape_rows(words)[places])
    return Rows(sentences, characters, shape), [background.texts[place].author for place in places]


def topic_cosines(texts: Sequence[str], references: Sequence[str], background: Background) -> Floats:
    """The topic diagnostic: raw character 4-grams, where content words count."""
    reference = character_rows(background.topic, [raw_codes(text) for text in references]).mean(axis=0)
    return cosines(character_rows(background.topic, [raw_codes(text) for text in texts]), reference)


ONLY_ONE = "the only essay of its author: there is no other to compare it with"


class Panel:
    """Scores texts of about `words` words against the author of the references. The same seed gives the same scores.

    Raises:
        VoiceError: no reference can be measured; each is named with its reason.
    """

    def __init__(self, background: Background, references: Sequence[str], words: int, seed: int = 0) -> None:
        self.background, self.references, self.seed = background, tuple(references), seed
        self.words = min(max(words, FEWEST_WORDS), LONGEST)
        self.why_not = tuple(why_unreadable(text) for text in references)
        """For each reference: the reason why it is left out, or None."""
        self._usable = [text for text, reason in zip(references, self.why_not, strict=True) if not reason]
        if not self._usable:
            reasons = [f"reference {number}: {reason}" for number, reason in enumerate(self.why_not, start=1)]
            raise VoiceError("\n".join(reasons or ["no reference"]), "an essay of the author in English prose")
        self._own = rows_of(self._usable, background, self.words)
        self._others, authors = rows_of_others(background, self.words)
        halves = background.halves()
        self._other_half = 1 - np.array([halves[author] for author in authors])
        self._grammar = grammar_of(background, self._own.sentences)
        self._raw: Floats | None = None  # other authors' texts, which are scored with whatever is scored first

    @property
    def others(self) -> Others:
        """Other authors on the same axis."""
        if self._raw is None:
            none = Rows((), np.zeros((0, self._own.characters.shape[1])), np.zeros((0, self._own.shape.shape[1])))
            (self._raw,) = self._raw_scores(none, [self._all])
        voices = standardised(self._raw, self._raw).mean(axis=0)
        return Others(
            background=self.background.name,
            authors=len(self.background.authors),
            voices=tuple(float(voice) for voice in voices),
        )

    def score(self, texts: Sequence[str]) -> tuple[TextScore, ...]:
        """A score for every text, in order, on its first `words` words; in one call, as the models are made anew."""
        reasons = [why_unreadable(text) for text in texts]
        cut = [first_words(text, self.words) for text, reason in zip(texts, reasons, strict=True) if not reason]
        scored: list[TextScore] = []
        if cut:
            (raw,) = self._raw_scores(rows_of(cut, self.background, self.words), [self._all])
            others, own = np.split(raw, [len(self._others.sentences)], axis=1)
            # Of so many rows a product's last digits are others: what they are scored at is no matter of the answers.
            self._raw = np.vstack([others[0], self._others.cosines_to(self._own, self._all)])
            topics = topic_cosines(cut, self._usable, self.background)
            scored = [
                _text_score(self.words, *each) for each in zip(own.T, standardised(own, others).T, topics, strict=True)
            ]
        return _in_order(texts, reasons, scored)

    def held_out(self) -> tuple[TextScore, ...]:
        """Each reference against the others of its author, in order, on its first `words` words."""
        if len(self._usable) < 2:
            return tuple(
                TextScore(words=count_words(text), why_not=reason or ONLY_ONE)
                for text, reason in zip(self.references, self.why_not, strict=True)
            )
        cut = [first_words(text, self.words) for text in self._usable]
        kept = [[other for other in self._all if other != essay] for essay in self._all]
        scores = []
        first = len(self._others.sentences)
        for essay, raw in enumerate(self._raw_scores(rows_of(cut, self.background, self.words), kept)):
            own = raw[:, [first + essay]]
            rest = [self._usable[other] for other in kept[essay]]
            topic = topic_cosines([cut[essay]], rest, self.background)[0]
            scores.append(_text_score(self.words, own[:, 0], standardised(own, raw[:, :first])[:, 0], topic))
        return _in_order(self.references, self.why_not, scores)

    @property
    def _all(self) -> list[int]:
        return list(range(len(self._usable)))

    def _raw_scores(self, rows: Rows, choices: Sequence[list[int]]) -> list[Floats]:
        """For every choice of essays: a row per measure, a column per text, those of other authors first.

        The background models learn as many sentences as the choices have on average.
        """
        rows = self._others.and_also(rows)
        batch = self._grammar.batch(rows.sentences)
        sentences = round(float(np.mean([self._grammar.sentences_in(essays) for essays in choices])))
        halves = self._grammar.background(batch, max(1, sentences), self.seed)
        others = np.arange(len(self._other_half))
        background = halves.mean(axis=0)
        background[others] = halves[self._other_half, others]
        return [
            np.vstack(
                [
                    (self._grammar.own(batch, essays) - background) / batch.tokens,
                    rows.cosines_to(self._own, essays),
                ]
            )
            for essays in choices
        ]


def standardised(raw: Floats, others: Floats) -> Floats:
    """A row per measure: by the mean and deviation of other authors' texts on it."""
    mu, sigma = others.mean(axis=1, keepdims=True), others.std(axis=1, ddof=1, keepdims=True)
    return np.where(sigma > 0, (raw - mu) / np.where(sigma > 0, sigma, 1), 0.0)


def _text_score(words: int, raw: Floats, z: Floats, topic: float) -> TextScore:
    grammar, characters, shape = (MeasureScore(raw=float(r), z=float(unit)) for r, unit in zip(raw, z, strict=True))
    return TextScore(
        words=words, grammar=grammar, characters=characters, shape=shape, topic=float(topic), voice=float(z.mean())
    )


def _in_order(
    texts: Sequence[str], reasons: Sequence[str | None], scored: Sequence[TextScore]
) -> tuple[TextScore, ...]:
    found = iter(scored)
    return tuple(
        TextScore(words=count_words(text), why_not=reason)
        if reason
        else next(found).model_copy(update={"words": count_words(text)})
        for text, reason in zip(texts, reasons, strict=True)
    )
