"""Collects everything that a run found about the voice, for its record. Light to import; `examine` makes it."""

from __future__ import annotations

from ownvoice.frozen import Frozen
from ownvoice.voice.copying import Memorisation
from ownvoice.voice.facts import FactCheck
from ownvoice.voice.flaws import Degeneration
from ownvoice.voice.likelihood import Likelier
from ownvoice.voice.results import RegisterFit, VoiceFigures
from ownvoice.voice.traits import Trait
from ownvoice.voice.verdict import Verdict


class VoiceFindings(Frozen):
    """The verdict and what it rests on. Quotes in it were written by a model: untrusted."""

    verdict: Verdict
    register_fit: RegisterFit | None
    """The other writers that the answers were compared with."""
    figures: VoiceFigures | None
    """None where the essays can't be measured; `not_measured` says why."""
    not_measured: str = ""
    likelier: Likelier = Likelier()
    memorisation: Memorisation
    degeneration: Degeneration
    facts: tuple[FactCheck, ...]
    traits: tuple[Trait, ...]
