"""All that a run has measured, compared: answers and essays as the voice's measures take them, then the analysis."""

from __future__ import annotations

from ownvoice.analysis.answers import analyse
from ownvoice.analysis.inputs import Comparison
from ownvoice.paths import resolve
from ownvoice.records import Analysis, Canary, Outputs, Pair, PairSet, Probe
from ownvoice.voice.examine import Material, ModelTexts, examine
from ownvoice.voice.facts import PromptFacts
from ownvoice.voice.library import open_library
from ownvoice.voice.recall import PrefixMatch
from ownvoice.voice.results import AnswerText, Essay


def compare_models(comparison: Comparison) -> Analysis:
    """Answer the log's questions from the figures.

    Raises:
        VoiceError: the background that the config names can't be read.
    """
    background = comparison.config.data.background
    library = open_library(resolve(background) if background else None)
    findings = examine(_material(comparison), library)
    return analyse(
        comparison.pair_set,
        comparison.baseline,
        comparison.tuned,
        comparison.training,
        comparison.config,
        findings,
        comparison.likelier,
    )


def _material(comparison: Comparison) -> Material:
    pairs = comparison.pair_set
    return Material(
        essays=_essays(comparison.author),
        training=_essays(pairs.of("train")),
        held_out=_essays(pairs.of("validation")),
        baseline=_answers(pairs, comparison.baseline, comparison.baseline_prefixes),
        tuned=_answers(pairs, comparison.tuned, comparison.tuned_prefixes),
        placebo=_answers(pairs, comparison.placebo) if comparison.placebo else None,
        facts=tuple(
            PromptFacts(prompt_id=canary.id, facts=canary.facts, contradictions=canary.contradictions)
            for canary in pairs.canaries
        ),
    )


def _essays(pairs: tuple[Pair, ...]) -> tuple[Essay, ...]:
    return tuple(Essay(id=pair.id, text=pair.essay) for pair in pairs)


def _answers(pairs: PairSet, outputs: Outputs, prefixes: tuple[PrefixMatch, ...] = ()) -> ModelTexts:
    asked: tuple[Canary | Probe, ...] = (*pairs.canaries, *pairs.probes)
    topics = {each.id: each.topic for each in asked}
    probes = {probe.id for probe in pairs.probes}
    answers = [
        AnswerText(
            prompt_id=output.prompt_id,
            sample=output.sample,
            topic=topics[output.prompt_id],
            text=output.text,
            cut_off=output.cut_off,
        )
        for output in outputs.outputs
    ]
    return ModelTexts(
        canaries=tuple(answer for answer in answers if answer.prompt_id not in probes),
        probes=tuple(answer for answer in answers if answer.prompt_id in probes),
        prefixes=prefixes,
    )
