"""Judges the prefix probe: how much of an essay a model writes out word for word when it is given the beginning."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

from ownvoice.frozen import Frozen
from ownvoice.voice.results import CopyFigure


class PrefixMatch(Frozen):
    """One training essay, continued greedily from its beginning."""

    id: str
    prefix_tokens: int
    """Tokens of the essay that are given after the prompt."""
    verbatim_tokens: int
    """Longest run of the continuation that stands in the rest of the essay, wherever it stands."""
    compared_tokens: int
    """The most that could have been verbatim: the length asked for, or what is left of the essay."""
    text: str
    """The continuation, written by a model."""
    tokens_from_start: int = 0
    """How many of its first tokens are the essay's next ones."""


# A model that doesn't know the essay leaves it within a few tokens and never comes back; set phrases that it
# shares with it are shorter than 4 tokens. 16 tokens without such a run, and the rest is not asked for: of 64
# greedy steps that leaves about 18, and what was written until then is the same.
IN_STEP_TOKENS = 4
GIVE_UP_AFTER_TOKENS = 16


class VerbatimRuns:
    """Follows one continuation, token by token, beside the rest of its essay."""

    def __init__(self, rest: Sequence[int], ends: Collection[int] = ()) -> None:
        self._rest, self._ends = rest, ends
        self._places: dict[int, list[int]] = defaultdict(list)
        for place, token in enumerate(rest):
            self._places[token].append(place)
        self._runs: dict[int, int] = {}  # place in the essay -> tokens in agreement that end there
        self._in_step_until = 0
        self.tokens: list[int] = []
        self.longest = self.from_start = 0
        self.finished = False

    def add(self, token: int) -> bool:
        """Whether the continuation is finished: it ended, or left the essay for good. Later tokens count nothing."""
        self.finished = self.finished or token in self._ends
        if self.finished:
            return True
        if self.from_start == len(self.tokens) and self._rest[self.from_start : self.from_start + 1] == [token]:
            self.from_start += 1
        self.tokens.append(token)
        self._runs = {place: self._runs.get(place - 1, 0) + 1 for place in self._places.get(token, ())}
        run = max(self._runs.values(), default=0)
        self.longest = max(self.longest, run)
        if run >= IN_STEP_TOKENS:
            self._in_step_until = len(self.tokens)
        self.finished = len(self.tokens) - self._in_step_until >= GIVE_UP_AFTER_TOKENS
        return self.finished


EXTRACTED_TOKENS = 50
"""Tokens word for word from which a text counts as extracted (arXiv 2202.07646 compares 50)."""


def judge_prefixes(tuned: Sequence[PrefixMatch], base: Sequence[PrefixMatch]) -> tuple[CopyFigure, ...]:
    """The longest match that the baseline did not reach as well; no figure where nothing was probed."""
    longest = longest_match(tuned, base)
    if longest is None:
        return ()
    before = next((match.verbatim_tokens for match in base if match.id == longest.id), 0)
    is_extracted = longest.verbatim_tokens >= EXTRACTED_TOKENS > before
    in_words = (
        f"given the first {longest.prefix_tokens} tokens of {longest.id} the tuned model wrote out "
        f"{longest.verbatim_tokens} more word for word (the baseline {before}; {longest.compared_tokens} were compared)"
    )
    return (
        CopyFigure(
            name="tokens of an essay continued word for word",
            tuned=longest.verbatim_tokens,
            base=before,
            warn_from=EXTRACTED_TOKENS,
            fail_from=EXTRACTED_TOKENS,
            level="fail" if is_extracted else "none",
            in_words=in_words,
        ),
    )


def longest_match(tuned: Sequence[PrefixMatch], base: Sequence[PrefixMatch]) -> PrefixMatch | None:
    """The essay that the tuned model continues furthest, of those where it goes further than the baseline."""
    known = {match.id: match.verbatim_tokens for match in base}
    return max(
        tuned,
        key=lambda match: (match.verbatim_tokens > known.get(match.id, -1), match.verbatim_tokens),
        default=None,
    )
