"""What can be said from the figures of a run."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ownvoice.frozen import Frozen
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.likelihood import Likelier


class Answer(Frozen):
    """An answer to one of the log's questions, with the figures it rests on."""

    question: str
    answer: Literal["yes", "no", "partly", "insufficient evidence", "not measured yet"]
    reason: str


class OwnPassage(Frozen):
    """A few words of the author's, on one line, to be quoted beside a model's: at most 220 characters."""

    essay_id: str
    topic: str
    text: str


class OwnWords(Frozen):
    """The only words of the essays that a record holds; they go into the entry, and never into Prefect."""

    canaries: dict[str, OwnPassage] = Field(default_factory=dict)
    """A passage on something alike, by the canary's id; none where no essay is about anything alike."""
    traits: dict[str, OwnPassage] = Field(default_factory=dict)
    """One sentence that shows a habit which the tuned answers lack or overdo, by the trait's name."""


class Analysis(Frozen):
    """What can be said from the figures."""

    verdict: str
    """'PASS' or 'FAIL' and one sentence: did the pipeline work end to end?"""
    answers: tuple[Answer, ...]
    signs: tuple[str, ...]
    """Observations with their quote or figure, one sentence each. May quote model text: untrusted."""
    loss_reading: str
    next_steps: tuple[str, ...]
    likelier: Likelier = Likelier()
    findings: VoiceFindings | None = None
    """None in records of before the voice was measured."""
    own_words: OwnWords = OwnWords()
    """Empty in records of before they were kept."""
