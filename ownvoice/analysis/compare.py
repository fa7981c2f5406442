"""Compares what a run has measured: examines the voice, then answers the log's questions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ownvoice.analysis.answers import analyse
from ownvoice.analysis.inputs import Comparison, PlaceboAnswers
from ownvoice.analysis.next_steps import suggest
from ownvoice.records.analysis import Analysis
from ownvoice.records.answers import ModelAnswers, Outputs
from ownvoice.records.essays import Canary, Pair, PairSet, Probe
from ownvoice.voice.examine import examine
from ownvoice.voice.facts import PromptFacts
from ownvoice.voice.library import open_library
from ownvoice.voice.material import Material, ModelTexts, Placebo
from ownvoice.voice.results import AnswerText, Essay


def compare_models(comparison: Comparison) -> Analysis:
    """Answer the log's questions from the figures.

    Raises:
        VoiceError: the background that the config names can't be read.
    """
    library = open_library(Path(comparison.background) if comparison.background else None)
    pair_set, training, config = comparison.pair_set, comparison.training, comparison.config
    material = material_of(
        pair_set,
        comparison.author,
        comparison.baseline,
        comparison.tuned,
        comparison.placebos,
        comparison.prompted,
    )
    findings, tuned = examine(material, library), _outputs(comparison.tuned[0])
    return analyse(
        pair_set,
        comparison.author,
        _outputs(comparison.baseline),
        tuned,
        training,
        config.decoding.max_new_tokens,
        findings,
        findings.likelier,
        suggest(pair_set, tuned, training, config, comparison.kind, findings.verdict),
    )


def material_of(
    pairs: PairSet,
    author: tuple[Pair, ...],
    baseline: ModelAnswers,
    tuned: Iterable[ModelAnswers],
    placebos: Iterable[PlaceboAnswers],
    prompted: ModelAnswers | None = None,
) -> Material:
    """What the verdict is made of; `pairs` as trained on, `author` are all of her essays."""
    return Material(
        essays=essays_of(author),
        training=essays_of(pairs.of("train")),
        held_out=essays_of(pairs.of("validation")),
        baseline=texts_of(pairs, baseline),
        tuned=tuple(texts_of(pairs, model) for model in tuned),
        placebos=tuple(
            Placebo(
                writer=placebo.writer,
                essays=essays_of(placebo.essays),
                models=tuple(texts_of(pairs, model) for model in placebo.models),
            )
            for placebo in placebos
        ),
        prompted=texts_of(pairs, prompted) if prompted else None,
        facts=tuple(
            PromptFacts(prompt_id=canary.id, facts=canary.facts, contradictions=canary.contradictions)
            for canary in pairs.canaries
        ),
    )


def essays_of(pairs: tuple[Pair, ...]) -> tuple[Essay, ...]:
    return tuple(Essay(id=pair.id, text=pair.essay) for pair in pairs)


def _outputs(answered: ModelAnswers) -> Outputs:
    assert answered.outputs is not None, "a plan asks both models before it compares them"
    return answered.outputs


def texts_of(pairs: PairSet, answered: ModelAnswers) -> ModelTexts:
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
        for output in _outputs(answered).outputs
    ]
    return ModelTexts(
        canaries=tuple(answer for answer in answers if answer.prompt_id not in probes),
        probes=tuple(answer for answer in answers if answer.prompt_id in probes),
        prefixes=answered.prefixes.matches if answered.prefixes else (),
        own=answered.likelihoods.own if answered.likelihoods else (),
        others=answered.likelihoods.control if answered.likelihoods else (),
    )
