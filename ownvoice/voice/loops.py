"""Where a text goes round in circles: a passage said again at once, or prose that only repeats what stood before.

The limits were measured on 457 essays of 25 authors. None says a phrase of two words or more again at once for more
than 6 words (a refrain), nor the same word more than 3 times; in none do more than 52% of any 60 runs of 3 words
stand earlier in the text (an enumeration of Keynes and a litany of Paine come closest).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ownvoice.text import runs_of, word_places, words_of

SAME_WORD_TIMES = 5
REPEATED_WORDS = 8
LONGEST_PHRASE_WORDS = 60  # a longer passage said twice shows in the share of repeats
WINDOW_RUNS, WINDOW_REPEATS = 60, 0.6
# Half of all 3-word runs occurring before is far above the sample essays (under 3%) and below a true loop.
SHARE_OF_REPEATS = 0.5
_SYLLABLES = re.compile(r"([^\W\d_]{1,8}?)\1{7,}")  # "hahahahahahahaha", and phrases of scripts without spaces


def loop_in(text: str) -> str:
    """The passage in which the text goes round, as it stands; "" where it doesn't."""
    if syllables := _SYLLABLES.search(text):
        return syllables[0]
    places, words = word_places(text), words_of(text)
    found = _said_again_at_once(words) or _window_of_repeats(words)
    return text[places[found[0]].start() : places[found[1] - 1].end()] if found else ""


def _said_again_at_once(words: Sequence[str]) -> tuple[int, int] | None:
    """Start and end, in words, of the first passage that repeats the phrase right before it."""
    for period in range(1, min(LONGEST_PHRASE_WORDS, len(words) // 2) + 1):
        enough = SAME_WORD_TIMES - 1 if period == 1 else max(period, REPEATED_WORDS)
        repeated = 0
        for place in range(period, len(words)):
            repeated = repeated + 1 if words[place] == words[place - period] else 0
            if repeated == enough:
                return place + 1 - enough - period, place + 1
    return None


def _window_of_repeats(words: Sequence[str]) -> tuple[int, int] | None:
    """The first 60 runs of 3 words (or all of them, where there are fewer) of which most stood before."""
    runs, seen = runs_of(words, 3), set()
    stood_before = []
    for run in runs:
        stood_before.append(run in seen)
        seen.add(run)
    size = min(WINDOW_RUNS, len(runs))
    limit = WINDOW_REPEATS if len(runs) > WINDOW_RUNS else SHARE_OF_REPEATS
    for start in range(len(runs) - size + 1):
        if size and sum(stood_before[start : start + size]) >= limit * size:
            return start, start + size + 2
    if runs and sum(stood_before) >= SHARE_OF_REPEATS * len(runs):
        return 0, len(words)
    return None
