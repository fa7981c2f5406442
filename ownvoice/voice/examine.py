"""Makes the findings of a run from the author's essays and the models' answers."""

from __future__ import annotations

from typing import NamedTuple

from ownvoice.errors import VoiceError
from ownvoice.frozen import Frozen
from ownvoice.voice.copying import measure_memorisation
from ownvoice.voice.distances import measure_voice
from ownvoice.voice.facts import PromptFacts, check_facts
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.flaws import measure_degeneration
from ownvoice.voice.library import Library, fit_register
from ownvoice.voice.likelihood import EssayLikelihood
from ownvoice.voice.recall import PrefixMatch
from ownvoice.voice.results import AnswerText, Essay, RegisterFit, VoiceFigures
from ownvoice.voice.traits import measure_traits
from ownvoice.voice.verdict import Found, judge


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
    facts: tuple[PromptFacts, ...]


def examine(material: Material, library: Library, seed: int = 0) -> VoiceFindings:
    """The same seed gives the same findings."""
    baseline, tuned = material.baseline, material.tuned[0]
    measured = _measure(material, library, seed)
    memorisation = measure_memorisation(
        material.training, material.held_out, baseline.all, tuned.all, tuned.prefixes, baseline.prefixes
    )
    found = Found(
        unchanged=[answer.text for answer in tuned.all] == [answer.text for answer in baseline.all],
        distances=measured.figures.distances if measured.figures else None,
        topic=measured.figures.topic if measured.figures else None,
        memorised=memorisation.reason if memorisation.level == "fail" else None,
    )
    return VoiceFindings(
        verdict=judge(found),
        register_fit=measured.register_fit,
        figures=measured.figures,
        not_measured=measured.not_measured,
        memorisation=memorisation,
        degeneration=measure_degeneration(material.essays, baseline.all, tuned.all),
        facts=check_facts(material.facts, baseline.all, tuned.all),
        traits=measure_traits(material.essays, baseline.all, tuned.all),
    )


class _Measured(NamedTuple):
    register_fit: RegisterFit | None
    figures: VoiceFigures | None
    not_measured: str


def _measure(material: Material, library: Library, seed: int) -> _Measured:
    """Essays that can't be measured (another language, a few words) leave the rest whole."""
    placebo = material.placebos[0].models[0].probes if material.placebos else None
    try:
        fit = fit_register(library, [essay.text for essay in material.essays])
        background = library.backgrounds[fit.background]
        figures = measure_voice(
            material.essays, background, material.baseline.probes, material.tuned[0].probes, placebo, seed
        )
    except VoiceError as error:
        return _Measured(None, None, f"The voice can't be measured: {error.found}.")
    return _Measured(fit, figures, "")
