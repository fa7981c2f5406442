"""A sheet of passages with its key, and a sitting: one judge's answers to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from ownvoice.blind_tests import Source
from ownvoice.frozen import Frozen

CERTAIN = 3
SURENESS = ("a guess", "fairly sure", "certain")
NAME_CHARACTERS = 60
"""Of a judge's name."""


class Passage(Frozen):
    """A passage and what it is, which its page never tells."""

    id: str
    source: Source
    of: str
    """The essay's id, or the prompt's."""
    sample: int
    """Of the model's answers to the prompt; of an essay its pieces, counted from 0."""
    text: str
    is_beginning: bool
    """Of the essay or the answer."""


class Sheet(Frozen):
    """Passages in the order in which they are shown. It holds what each is: no page is given it whole."""

    id: str
    run: int
    key: str
    """The run's, see `ownvoice.records.run.Experiment`."""
    seed: int
    words: int
    made_at: str
    for_others: bool
    """A file for somebody else; answers come in by `--import`."""
    trained_on: bool
    """Her passages come from essays that the model was trained on: there are no others."""
    answers: dict[Source, int]
    """How many each model gave."""
    too_short: dict[Source, int]
    passages: tuple[Passage, ...]


class Judgement(Frozen):
    """One answer of a judge."""

    id: str
    """The passage's."""
    mine: bool
    """Taken for the author's."""
    sure: Annotated[int, Field(ge=1, le=CERTAIN)]


class Sitting(Frozen):
    """What one judge answered so far."""

    sheet: str
    judge: str = ""
    """Empty: the author herself."""
    answers: tuple[Judgement, ...] = ()
    finished_at: str = ""
    """Empty as long as answers may still be given and changed."""

    def with_answer(self, judgement: Judgement) -> Sitting:
        """A second answer to a passage takes the place of the first."""
        others = (each for each in self.answers if each.id != judgement.id)
        return self.model_copy(update={"answers": (*others, judgement)})

    def lacks(self, passages: Iterable[Passage]) -> int:
        """How many passages have no answer."""
        answered = {each.id for each in self.answers}
        return sum(1 for each in passages if each.id not in answered)
