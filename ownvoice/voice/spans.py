"""Words in a row that an answer shares with an essay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ownvoice.config import Frozen
from ownvoice.text import Words, plain_word, runs_of, word_places, words_of
from ownvoice.voice.answers import Essay

KNOWN_RUN_WORDS = 5
"""Five words in a row of the topic or of a baseline answer explain themselves; shorter runs are in any prose. The
check of the essays draws the same line: no topic of five words may stand in an essay."""


class Shared(Frozen):
    """The longest run of an answer's words that stands in an essay too."""

    words: int = 0
    """Words of the run that neither the topic nor a baseline answer explains; runs under two words are none."""
    text: str = ""
    """As the answer has it."""
    essay_id: str = ""


class EssayIndex:
    """Every place of every pair of words in the essays: 60 answers of 300 words against 13 essays take 30 ms."""

    def __init__(self, essays: Sequence[Essay]) -> None:
        self._ids = [essay.id for essay in essays]
        self._words = [words_of(essay.text) for essay in essays]
        self._places: dict[Words, list[tuple[int, int]]] = defaultdict(list)
        for number, words in enumerate(self._words):
            for place, pair in enumerate(runs_of(words, 2)):
                self._places[pair].append((number, place))

    def longest_shared(self, text: str, known: frozenset[Words] = frozenset()) -> Shared:
        """The run with the most words outside `known`, which holds runs of words (see `known_runs`)."""
        places = word_places(text)
        words = [plain_word(place[0]) for place in places]
        explained = _count_explained(words, known)
        best = Shared()
        for start, length, number in self._runs(words):
            counted = length - (explained[start + length] - explained[start])
            if counted > best.words:
                quote = text[places[start].start() : places[start + length - 1].end()]
                best = Shared(words=counted, text=quote, essay_id=self._ids[number])
        return best

    def _runs(self, words: list[str]) -> Iterable[tuple[int, int, int]]:
        """(start, length, essay) of every run in common that can't be made longer."""
        for start, pair in enumerate(runs_of(words, 2)):
            for number, place in self._places.get(pair, ()):
                essay = self._words[number]
                if start and place and words[start - 1] == essay[place - 1]:
                    continue  # a later part of a run that was seen from its beginning
                length = 2
                while (
                    start + length < len(words)
                    and place + length < len(essay)
                    and words[start + length] == essay[place + length]
                ):
                    length += 1
                yield start, length, number


def known_runs(texts: Iterable[str]) -> frozenset[Words]:
    """Runs of five words that prove no copying, because a topic or a baseline answer holds them."""
    return frozenset(run for text in texts for run in runs_of(words_of(text), KNOWN_RUN_WORDS))


def _count_explained(words: list[str], known: frozenset[Words]) -> list[int]:
    """Words before each place that lie in a known run; one entry more than there are words."""
    explained = [False] * len(words)
    for start, run in enumerate(runs_of(words, KNOWN_RUN_WORDS)):
        if run in known:
            explained[start : start + KNOWN_RUN_WORDS] = [True] * KNOWN_RUN_WORDS
    counts = [0]
    for is_explained in explained:
        counts.append(counts[-1] + is_explained)
    return counts
