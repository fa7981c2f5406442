"""Is a text in the language of the essays? Told by the words that every text of a language needs.

The most frequent words of any text are articles, pronouns and prepositions, so no list of languages is needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ownvoice.text import words_of

USUAL_WORDS = 50
# Measured with the usual words of 1 and of 13 essays: of 457 English texts cut to 150 words at least 20% are usual
# (median 35 to 41%), of French, German and Spanish ones 3 to 9%. Dutch shares too many words with English: 19%.
LEAST_SHARE = 0.15
# At 35% usual words, 15% or fewer of 40 words come by chance once in 200 texts; of 15 words, once in 16.
LEAST_WORDS = 40


def usual_words(essays: Iterable[str]) -> frozenset[str]:
    """The essays' most frequent words; empty where there are too few to tell (about one paragraph is needed)."""
    counts = Counter(word for essay in essays for word in words_of(essay))
    return frozenset(word for word, _ in counts.most_common(USUAL_WORDS)) if counts.total() >= 100 else frozenset()


def is_other_language(text: str, usual: frozenset[str]) -> bool:
    """False where the text or the essays are too short to tell."""
    words = words_of(text)
    if not usual or len(words) < LEAST_WORDS:
        return False
    return sum(1 for word in words if word in usual) < LEAST_SHARE * len(words)
