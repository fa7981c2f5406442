"""Makes the findings of a run from the author's essays and the models' answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ownvoice.errors import VoiceError
from ownvoice.voice.copying import measure_memorisation
from ownvoice.voice.facts import check_facts
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.flaws import measure_degeneration
from ownvoice.voice.library import Library
from ownvoice.voice.likelihood import Contrast, Likelier, contrast, mean_of
from ownvoice.voice.material import Material, ModelTexts
from ownvoice.voice.measure import measure_voice
from ownvoice.voice.results import RegisterFit, VoiceFigures
from ownvoice.voice.traits import measure_traits
from ownvoice.voice.verdict import Found, judge


def examine(material: Material, library: Library, seed: int = 0) -> VoiceFindings:
    """The same seed gives the same findings."""
    baseline = material.baseline
    tuned = tuple(answer for model in material.tuned for answer in model.all)
    prefixes = tuple(match for model in material.tuned for match in model.prefixes)
    measured, likelier = _measure(material, library, seed), measure_likelier(material)
    memorisation = measure_memorisation(
        material.training, material.held_out, baseline.all, tuned, prefixes, baseline.prefixes
    )
    figures = measured.figures
    found = Found(
        unchanged=all(_texts(model) == _texts(baseline) for model in material.tuned),
        distances=figures.distances if figures else None,
        against=figures.against if figures else (),
        rank=figures.rank if figures else None,
        likelier=likelier,
        topic=figures.topic if figures else None,
        no_prose=figures.no_prose if figures else (),
        memorised=memorisation.reason if memorisation.level == "fail" else None,
    )
    return VoiceFindings(
        verdict=judge(found),
        register_fit=measured.register_fit,
        figures=figures,
        not_measured=measured.not_measured,
        likelier=likelier,
        memorisation=memorisation,
        degeneration=measure_degeneration(material.essays, baseline.all, tuned),
        facts=check_facts(material.facts, baseline.all, tuned),
        traits=measure_traits(material.essays, baseline.all, tuned),
    )


def measure_likelier(material: Material) -> Likelier:
    """What the author's held-out essays gain from one model to the other, beyond third authors'."""
    beyond = [_gain(placebo.models, material.tuned) for placebo in material.placebos]
    return Likelier(
        tuned=_gain([material.baseline], material.tuned),
        against_placebo=min((each for each in beyond if each), key=lambda each: each.mean, default=None),
    )


def _gain(before: Sequence[ModelTexts], after: Sequence[ModelTexts]) -> Contrast | None:
    if not all(model.own and model.others for model in (*before, *after)):
        return None
    own = [mean_of([model.own for model in models]) for models in (before, after)]
    others = [mean_of([model.others for model in models]) for models in (before, after)]
    return contrast(own[0], own[1], others[0], others[1])


def _texts(model: ModelTexts) -> list[str]:
    return [answer.text for answer in model.all]


class _Measured(NamedTuple):
    register_fit: RegisterFit | None
    figures: VoiceFigures | None
    not_measured: str


def _measure(material: Material, library: Library, seed: int) -> _Measured:
    """Essays that can't be measured (another language, a few words) leave the rest whole."""
    try:
        fit, figures = measure_voice(material, library, seed)
    except VoiceError as error:
        return _Measured(None, None, f"The voice can't be measured: {error.found}.")
    return _Measured(fit, figures, "")
