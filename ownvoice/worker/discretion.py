"""Keeps essays out of what is told of the worker: a library may print what it stumbled over, and logs are kept elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from ownvoice.text import Words, runs_of, words_of

TELLING_WORDS = 4
"""So many in a row are taken for the essay's; three stand in any sentence of a library as well."""
CONCEALED = "(a line with words of an essay)"


class Discretion:
    """Replaces a line that holds words of one of the essays."""

    def __init__(self, essays: Iterable[str]) -> None:
        self._essays = essays

    def __call__(self, line: str) -> str:
        return line if self._runs.isdisjoint(runs_of(words_of(line), TELLING_WORDS)) else CONCEALED

    @cached_property
    def _runs(self) -> frozenset[Words]:
        """Made at the first line: most workers say nothing."""
        return frozenset(run for essay in self._essays for run in runs_of(words_of(essay), TELLING_WORDS))
