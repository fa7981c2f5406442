"""What a rung needs is predicted from a model's sizes, and held against what was measured."""

from __future__ import annotations

from typing import Literal

import pytest

from ownvoice.ladder import LADDER, Hardware, rungs_for
from ownvoice.memory.activations import FP32
from ownvoice.memory.demand import Answering
from ownvoice.memory.predict import (
    ANSWERS_AT_ONCE,
    Workload,
    predict_answers,
    predict_peak,
)
from ownvoice.models.known import KNOWN_SHAPES
from tests.unit.memory.test_plan import GIB, METHODS, ON_A_LAPTOP, RUNGS, SMOLLM2

# Peak resident memory of the worker, SmolLM2 on a CPU, products in fp32, three steps (`python tests/bench/rungs.py
# --rungs --without-bf16`).
MEASURED = [
    ("as configured", 600, 3.15),
    ("gradient checkpointing", 600, 2.51),
    ("loss in chunks", 600, 2.51),
    ("step in the backward pass", 600, 2.19),
    ("factored optimizer states", 600, 1.19),
    ("bf16 weights", 600, 0.96),
    ("LoRA over bf16 weights", 600, 0.97),
]


@pytest.mark.parametrize(("name", "tokens", "measured_gib"), MEASURED)
def test_a_prediction_is_within_ten_percent_of_what_the_worker_took(
    name: str, tokens: int, measured_gib: float
) -> None:
    rung = next(rung for rung in LADDER if rung.name == name)
    predicted = predict_peak(SMOLLM2, rung, ON_A_LAPTOP.model_copy(update={"tokens": tokens})).total
    assert predicted == pytest.approx(measured_gib * GIB, rel=0.10)


@pytest.mark.parametrize("model", KNOWN_SHAPES)
def test_no_rung_needs_more_than_the_one_before_it(model: str) -> None:
    peaks = [predict_peak(KNOWN_SHAPES[model], rung, ON_A_LAPTOP).total for rung in RUNGS]
    assert peaks == sorted(peaks, reverse=True)


def test_only_a_rung_that_saves_nothing_keeps_freed_memory_full_or_lora() -> None:
    hardware = Hardware(four_bit=True)
    for method in METHODS:
        first, *others = rungs_for("method", method, hardware, batch_with_dropout=True)
        assert first.keeps_freed_memory
        assert not any(rung.keeps_freed_memory for rung in others)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_freed_gradients_are_predicted_where_the_heap_keeps_them(method: Literal["full", "lora"]) -> None:
    """The peak is at the loss, where this step has no gradients yet: what counts are the last step's, on a processor.
    Elsewhere it is at the output layer, whose gradient is the first."""
    rung = rungs_for("rounding", method, Hardware())[0]
    trained = SMOLLM2.parameters if method == "full" else SMOLLM2.adapter(ON_A_LAPTOP.lora_rank)
    assert predict_peak(SMOLLM2, rung, ON_A_LAPTOP).gradients == trained * FP32
    of_head = SMOLLM2.embedding if method == "full" else 0
    assert predict_peak(SMOLLM2, rung, ON_A_LAPTOP.model_copy(update={"device": "mps"})).gradients == of_head * FP32


def test_the_states_of_an_unknown_optimizer_are_not_predicted() -> None:
    with pytest.raises(AssertionError, match="'sgd'"):
        predict_peak(SMOLLM2, RUNGS[0].model_copy(update={"optimizer": "sgd"}), ON_A_LAPTOP)


def test_a_longer_essay_and_a_larger_batch_need_more_until_one_essay_goes_at_a_time() -> None:
    rungs = {rung.name: rung for rung in LADDER}
    long, wide = ON_A_LAPTOP.model_copy(update={"tokens": 2000}), ON_A_LAPTOP.model_copy(update={"batch": 4})
    for workload in (long, wide):
        for name in ("as configured", "gradient checkpointing"):
            needs = predict_peak(SMOLLM2, rungs[name], workload).total
            assert needs > predict_peak(SMOLLM2, rungs[name], ON_A_LAPTOP).total
    alone = rungs["one essay at a time"]
    assert predict_peak(SMOLLM2, alone, wide) == predict_peak(SMOLLM2, alone, ON_A_LAPTOP)


@pytest.mark.parametrize(("bf16", "measured_gib"), [(True, 1.48), (False, 1.44)])
def test_the_answers_prediction_is_within_ten_percent_of_what_they_took(bf16: bool, measured_gib: float) -> None:
    """27 answers of 200 tokens of SmolLM2 by themselves."""
    work = Workload(tokens=600, batch=1, device="cpu", autocast=bf16)
    peak = predict_answers(SMOLLM2, Answering(answers=27, tokens=260), ANSWERS_AT_ONCE[0], work)
    assert peak.total == pytest.approx(measured_gib * GIB, rel=0.10)


@pytest.mark.parametrize(
    ("model", "rung", "tokens", "measured_gib"),
    [
        ("smollm2-135m", "as configured", 600, 3.10),
        ("smollm2-135m", "gradient checkpointing", 600, 2.53),
        ("smollm2-135m", "loss in chunks", 600, 2.52),
        ("smollm2-135m", "step in the backward pass", 600, 2.21),
        ("smollm2-135m", "factored optimizer states", 600, 1.24),
        ("smollm2-135m", "bf16 weights", 600, 0.96),
        ("smollm2-135m", "LoRA over bf16 weights", 600, 0.98),
        ("gpt2-xl", "bf16 weights", 1024, 4.23),
        ("llama-3.2-1b-instruct", "LoRA over bf16 weights", 512, 3.10),
    ],
)
def test_a_prediction_for_a_processor_with_bf16_is_within_ten_percent(
    model: str, rung: str, tokens: int, measured_gib: float
) -> None:
    work = Workload(tokens=tokens, batch=1, device="cpu", autocast=True)
    predicted = predict_peak(KNOWN_SHAPES[model], next(r for r in LADDER if r.name == rung), work).total
    assert predicted == pytest.approx(measured_gib * GIB, rel=0.10)


def test_the_best_epochs_copy_is_counted_where_it_lies_in_the_same_memory() -> None:
    rung = LADDER[0]
    for device, more in (("cpu", SMOLLM2.parameters * FP32), ("cuda", 0)):
        work = ON_A_LAPTOP.model_copy(update={"device": device})
        best = work.model_copy(update={"keeps_best": True})
        assert predict_peak(SMOLLM2, rung, best).total - predict_peak(SMOLLM2, rung, work).total == more
