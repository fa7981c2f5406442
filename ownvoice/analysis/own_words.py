"""Picks the few words of the author's own that the entry quotes beside a model's: all of her essays that a record holds.

For each canary a passage of the essay that is most alike in subject, where one is; for each habit that the tuned answers lack
or overdo, one sentence that shows it. What few of her essays hold tells more of a subject than what all of them do, so a word
counts by how rare it is among her essays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import log, sqrt

from ownvoice.markdown import one_line
from ownvoice.records.analysis import OwnPassage, OwnWords
from ownvoice.records.essays import Canary, Pair
from ownvoice.text import sentences_of, words_of
from ownvoice.voice.results import QUOTE_CHARACTERS
from ownvoice.voice.traits import MEASURES, Trait

LEAST_LETTERS = 4
"""Shorter words carry no subject."""
IN_TOPIC = 3
"""A topic is written to name the subject: a word in it counts as often as so many in the essay."""
QUOTED = ("missing", "overdone", "moved towards")
SENTENCE_WORDS = (6, 40)
"""A quote shows its habit best in a sentence of ordinary length."""


def find_own_words(canaries: Iterable[Canary], author: Sequence[Pair], traits: Iterable[Trait]) -> OwnWords:
    """Each passage on one line, of at most 220 characters; nothing where no essay of hers has anything to show."""
    canary_passages = {canary.id: _alike(canary, author) for canary in canaries}
    habits = {trait.name: _showing(trait, author) for trait in traits if trait.status in QUOTED and trait.own_high}
    return OwnWords(
        canaries={name: passage for name, passage in canary_passages.items() if passage},
        traits={name: passage for name, passage in habits.items() if passage},
    )


def _alike(canary: Canary, author: Sequence[Pair]) -> OwnPassage | None:
    """From the essay that has most of the subject's words the passage that has most of them, and has them early."""
    rarity = _rarity(_subject(" ".join((canary.topic, *canary.facts))), author)
    best = max(author, key=lambda pair: _score(pair, rarity), default=None)
    if best is None or _score(best, rarity) <= 0:
        return None
    sentences = sentences_of(best.essay)
    passages = [_passage(best, " ".join(sentences[start:])) for start in reversed(range(len(sentences)))]
    return max(passages, key=lambda each: sum(rarity.get(word, 0.0) for word in dict.fromkeys(_subject(each.text))))


def _score(pair: Pair, rarity: dict[str, float]) -> float:
    """A word that comes back is what an essay is about: it counts by the logarithm of how often. Several words of the
    subject tell more than a single rare one, which may mean something else there."""
    counts = Counter(_subject(pair.essay)) + Counter(IN_TOPIC * _subject(pair.topic))
    shared = [weight * log(1 + counts[word]) for word, weight in rarity.items() if counts[word]]
    return sum(shared) * sqrt(len(shared))


def _rarity(words: Iterable[str], author: Sequence[Pair]) -> dict[str, float]:
    """0 for a word that all of her essays hold, where there are several."""
    texts = [set(_subject(f"{pair.topic} {pair.essay}")) for pair in author]
    having = {word: sum(1 for text in texts if word in text) for word in words}
    whole = len(texts) + 1
    return {word: log(whole / (count + 1)) if len(texts) > 1 else 1.0 for word, count in having.items() if count}


def _subject(text: str) -> list[str]:
    """Its longer words, singular and plural as one."""
    return [word.removesuffix("'s").rstrip("s") for word in words_of(text) if len(word) >= LEAST_LETTERS]


def _showing(trait: Trait, author: Sequence[Pair]) -> OwnPassage | None:
    """The first sentence of ordinary length that shows the habit; else the first at all."""
    passages = next(measure.passages for measure in MEASURES if measure.name == trait.name)
    shown = [(pair, sentence) for pair in author for sentence in passages(pair.essay)]
    least, most = SENTENCE_WORDS
    ordinary = [each for each in shown if least <= len(words_of(each[1])) <= most]
    return next((_passage(pair, sentence) for pair, sentence in (*ordinary, *shown)), None)


def _passage(pair: Pair, text: str) -> OwnPassage:
    return OwnPassage(essay_id=pair.id, topic=pair.topic, text=one_line(text, QUOTE_CHARACTERS))
