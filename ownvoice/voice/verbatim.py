"""How long a continuation stays in step with an essay, token by token, and when it has left it for good."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

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
