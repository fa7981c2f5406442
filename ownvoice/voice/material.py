"""What a verdict is made of: the author's essays and the models' answers, from a run or from files."""

from __future__ import annotations

from ownvoice.frozen import Frozen
from ownvoice.voice.facts import PromptFacts
from ownvoice.voice.likelihood import EssayLikelihood
from ownvoice.voice.recall import PrefixMatch
from ownvoice.voice.results import AnswerText, Essay


class ModelTexts(Frozen):
    """The texts of one model. Probes carry the statistics; canaries are read for copying, flaws and traits as well."""

    canaries: tuple[AnswerText, ...]
    probes: tuple[AnswerText, ...]
    prefixes: tuple[PrefixMatch, ...] = ()
    own: tuple[EssayLikelihood, ...] = ()
    """Her held-out essays under the model; none where it wasn't asked."""
    others: tuple[EssayLikelihood, ...] = ()
    """Essays of third authors, whom no model was trained on."""

    @property
    def all(self) -> tuple[AnswerText, ...]:
        return (*self.canaries, *self.probes)


class Placebo(Frozen):
    """Models that were trained on another writer, in the same way: one a training seed."""

    writer: str
    essays: tuple[Essay, ...] = ()
    """Those that were trained on; none where they aren't known."""
    models: tuple[ModelTexts, ...]


class Material(Frozen):
    """What the findings are made of."""

    essays: tuple[Essay, ...]
    """All that the author has; her profile is measured on those too that this run did not train on."""
    training: tuple[Essay, ...]
    held_out: tuple[Essay, ...]
    baseline: ModelTexts
    tuned: tuple[ModelTexts, ...]
    """One a training seed."""
    placebos: tuple[Placebo, ...] = ()
    prompted: ModelTexts | None = None
    """The untuned model's, with essays of hers before the topic."""
    facts: tuple[PromptFacts, ...]
