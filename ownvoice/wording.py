"""Plain figures of texts: what an answer looks like, what two texts share, how often the writer's habits occur."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

from ownvoice.config import Frozen

Shape = Literal["empty", "links only", "a list", "a few words", "a loop", "prose"]

# A topic echoed as a title is under 15 words; the shortest opening of an essay that reads as prose is above.
MIN_PROSE_WORDS = 15
# Half of the 3-word sequences occurring before is far above the sample essays (under 3%) and below a true loop.
LOOP_SHARE_OF_REPEATS = 0.5

_WORD = re.compile(r"[^\W_]+(?:['\u2019\-][^\W_]+)*")
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_LIST_LINE = re.compile(r"\s*(?:[-*+\u2022\u2013#]+(?:\s|$)|\(?\d{1,3}[.)](?:\s|$))")
_ASIDE = re.compile(r"\([^()]{3,400}\)")  # "(a)" and "(2)" are numbering, not an aside
_FIRST_PERSON = frozenset({"i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "myself"})


class Rate(Frozen):
    """How often something occurs, with the words it was counted in, so that a reader sees how thin it is."""

    count: int
    words: int

    @property
    def per_thousand(self) -> float:
        return 1000 * self.count / self.words if self.words else 0.0


class Copied(Frozen):
    """The longest run of words that a text shares with a source, in lower case and without punctuation."""

    words: int
    quote: str
    source_id: str


def words_of(text: str) -> list[str]:
    """Words in lower case with straight apostrophes: `don't` is one, `well-known` is one."""
    return [word.lower().replace("\u2019", "'") for word in _WORD.findall(text)]


def shape_of(text: str) -> Shape:
    words = words_of(text)
    if not words:
        return "empty"
    lines = [line for line in text.splitlines() if line.strip()]
    if _LINK.search(text) and len(words_of(_LINK.sub(" ", text))) < 5:
        return "links only"
    if len(lines) >= 2 and 2 * sum(1 for line in lines if _LIST_LINE.match(line)) > len(lines):
        return "a list"
    if len(words) < MIN_PROSE_WORDS:
        return "a few words"
    return "a loop" if _share_of_repeats(words) >= LOOP_SHARE_OF_REPEATS else "prose"


def paragraphs_of(text: str) -> list[str]:
    """Blocks between blank lines; a text without blank lines has its lines as paragraphs."""
    blocks = re.split(r"\n\s*\n", text.strip()) if re.search(r"\n\s*\n", text.strip()) else text.split("\n")
    return [block.strip() for block in blocks if block.strip()]


def trigram_overlap(one: str, other: str) -> float:
    """Share of the 3-word sequences of two texts that both hold (Jaccard): 1 is the same wording, 0 nothing."""
    left, right = _trigrams(words_of(one)), _trigrams(words_of(other))
    if not left and not right:
        return float(words_of(one) == words_of(other))
    return len(left & right) / len(left | right)


def word_similarity(one: str, other: str) -> float:
    """Cosine of the two texts' word counts, 0 to 1: less sparse than 3-word sequences, so it sees small shifts."""
    left, right = Counter(words_of(one)), Counter(words_of(other))
    norm = (sum(n * n for n in left.values()) * sum(n * n for n in right.values())) ** 0.5
    return sum(n * right[word] for word, n in left.items()) / norm if norm else float(left == right)


def asides(texts: Iterable[str]) -> Rate:
    """Parenthetical asides."""
    collected = list(texts)
    return Rate(count=sum(len(_ASIDE.findall(text)) for text in collected), words=_total_words(collected))


def first_person(texts: Iterable[str]) -> Rate:
    """I, me, my, mine, myself and their contractions."""
    words = [word for text in texts for word in words_of(text)]
    return Rate(count=sum(1 for word in words if word in _FIRST_PERSON), words=len(words))


def longest_copied(text: str, sources: Sequence[tuple[str, str]]) -> Copied:
    """The longest word span of the text that stands in one of the sources, given as (id, text)."""
    words = words_of(text)
    best = Copied(words=0, quote="", source_id="")
    for source_id, source in sources:
        start, length = _longest_common_span(words, words_of(source))
        if length > best.words:
            best = Copied(words=length, quote=" ".join(words[start : start + length]), source_id=source_id)
    return best


def _longest_common_span(words: list[str], source: list[str]) -> tuple[int, int]:
    """Start in `words` and length, looking only at places where a word agrees (150 x 600 words: 1 ms)."""
    places = defaultdict(list)
    for j, word in enumerate(source):
        places[word].append(j)
    start, length = 0, 0
    runs: dict[int, int] = {}  # place in the source -> words in agreement that end there
    for i, word in enumerate(words):
        runs = {j: runs.get(j - 1, 0) + 1 for j in places.get(word, ())}
        longest = max(runs.values(), default=0)
        if longest > length:
            start, length = i - longest + 1, longest
    return start, length


def _trigrams(words: list[str]) -> set[tuple[str, ...]]:
    return set(zip(words, words[1:], words[2:], strict=False))


def _share_of_repeats(words: list[str]) -> float:
    return 1 - len(_trigrams(words)) / max(1, len(words) - 2)


def _total_words(texts: Iterable[str]) -> int:
    return sum(len(words_of(text)) for text in texts)
