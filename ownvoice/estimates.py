"""The one estimate of a run: made before its first step, told everywhere, kept in its record beside what it took.

`ownvoice.run.outlook` makes it from the plan and from what like steps took on this machine; terminal, `ownvoice plan`,
Prefect's UI and the entry print this value and make none of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ownvoice.frozen import Frozen
from ownvoice.units import about

Basis = Literal["times", "arithmetic", "guess"]
"""What an expectation rests on: like steps that were timed on this machine; the operations that it takes, at the speed of
the processors that ownvoice was measured on; or these at a GPU's data sheet."""
RESTS_ON: dict[Basis, str] = {"times": "timed here", "arithmetic": "arithmetic", "guess": "a guess"}


class Expected(Frozen):
    """How long something may take, in seconds."""

    seconds: float
    low: float
    high: float
    basis: Basis
    reason: str
    """What it rests on, in words: 'the latest 3 like it on this machine'."""


class StepEstimate(Frozen):
    """A step of a run, as it was expected before the first of them."""

    id: str
    """As in the plan: 'tuned/train'."""
    name: str
    cached: bool
    """It comes from the cache, and takes no time worth the name."""
    expected: Expected | None
    """None of what comes from the cache, and where no memory setting fits."""

    @property
    def seconds(self) -> float:
        return self.expected.seconds if self.expected else 0.0


class RunEstimate(Frozen):
    """Of a whole run, the check of the essays left out: it is done by then."""

    steps: tuple[StepEstimate, ...]

    @property
    def seconds(self) -> float:
        return sum(step.seconds for step in self.steps)

    @property
    def to_do(self) -> tuple[StepEstimate, ...]:
        return tuple(step for step in self.steps if not step.cached)

    def in_words(self) -> str:
        """'about 2 min 30 s (1 min 30 s to 5 min)'; what is wholly cached: 'a few seconds'."""
        expected = [step.expected for step in self.to_do if step.expected]
        if not expected:
            return about(0.0)
        return with_range(self.seconds, sum(each.low for each in expected), sum(each.high for each in expected))

    def sentence(self) -> str:
        """What a run tells before its first step, and `ownvoice plan` below its rows."""
        if not self.to_do:
            return "Every step comes from the cache."
        cached = len(self.steps) - len(self.to_do)
        fewer = f"{cached} of {len(self.steps)} steps come from the cache. " if cached else ""
        unknown = [step.name for step in self.to_do if step.expected is None]
        more = f" and what nobody knows of ({', '.join(unknown)})" if unknown else ""
        return f"{fewer}In all {self.in_words()}{more}. {rests_on(self.to_do)}"


def with_range(seconds: float, low: float, high: float) -> str:
    """'about 2 min 30 s (1 min to 5 min)'; without a range that says no more than the figure."""
    return about(seconds) if about(low) == about(high) else f"{about(seconds)} ({_bare(low)} to {_bare(high)})"


def _bare(seconds: float) -> str:
    return about(seconds).removeprefix("about ")


def rests_on(steps: Sequence[StepEstimate]) -> str:
    """A sentence on what the figures of these steps stand on, and so on how far to trust them."""
    expected = [step.expected for step in steps if step.expected]
    unlike = sum(each.seconds for each in expected if each.basis != "times")
    if not unlike:
        return "It rests on what such steps took here before; beside other programs it takes longer."
    untimed = "It rests" if all(each.basis != "times" for each in expected) else "A part of it rests"
    guess = any(each.basis == "guess" for each in expected)
    on = "a guess at this GPU's speed" if guess else "arithmetic"
    times = "a quarter of it or four times as long" if guess else "half or twice as long"
    return f"{untimed} on {on}, for nothing like it was timed here yet: {times} is possible, and more beside other programs."


def compared(expected: float, took: float) -> str:
    """'12% longer' than expected, 'a third of it', '3.4 times as long': what a person can picture."""
    ratio = took / expected
    if ratio >= 2:
        return f"{ratio:.1f} times as long"
    return f"{abs(ratio - 1):.0%} {'longer' if ratio >= 1 else 'shorter'}"
