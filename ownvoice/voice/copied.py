"""Takes out of answers what stands in the training essays, so that copying can't score, and knows what is hers in every essay.

The yardstick of the voice is all of her essays, those that were trained on among them: fragments of them in an answer would
lift its score whatever the model learned. With every run of four words out, 2 or 6 copied fragments of 5, 8 or 12 words in
an answer lift it by 0.00 to 0.06 z, and by 0.2 to 1.9 z otherwise (tests/known/cases.py); where they stand in the place
of half of an answer the holes alone make about 0.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ownvoice.text import Words, plain_word, runs_of, word_places, words_of
from ownvoice.voice.results import Essay

COPIED_WORDS = 4
PARAGRAPH = "\n\n"
REFRAIN_ESSAYS, REFRAIN_SHARE = 3, 1 / 3
"""What stands in three of her essays or more, a third of them all, is a habit of hers: a refrain, a sign-off."""


def refrains(essays: Sequence[Essay], length: int) -> frozenset[Words]:
    """Runs of so many words that stand in so many of her essays that they are hers, whoever trained on them."""
    counts = Counter(run for essay in essays for run in set(runs_of(words_of(essay.text), length)))
    enough = max(REFRAIN_ESSAYS, REFRAIN_SHARE * len(essays))
    return frozenset(run for run, essays_with in counts.items() if essays_with >= enough)


class Copied:
    """The runs of words that prove nothing when they stand in an answer."""

    def __init__(self, training: Iterable[Essay], hers: frozenset[Words] = frozenset()) -> None:
        """`hers` are refrains of `COPIED_WORDS` words: they stay in."""
        runs = (run for essay in training for run in runs_of(words_of(essay.text), COPIED_WORDS))
        self._runs = frozenset(runs) - hers

    def taken_out(self, text: str) -> str:
        """The text without those runs and the punctuation inside of them; what stands around them stays."""
        places = word_places(text)
        words = [plain_word(place[0]) for place in places]
        copied = [False] * len(words)
        for start, run in enumerate(runs_of(words, COPIED_WORDS)):
            if run in self._runs:
                copied[start : start + COPIED_WORDS] = [True] * COPIED_WORDS
        kept, end, inside = [], 0, False
        for place, is_copied in zip(places, copied, strict=True):
            if is_copied:
                between = text[end : place.start()]
                kept.append(PARAGRAPH if inside and PARAGRAPH in between else "" if inside else between.rstrip(" "))
                end = place.end()
            inside = is_copied
        return "".join([*kept, text[end:]])
