"""What a rung needs is told before anything is loaded, and a run starts at the first that fits."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Literal

import pytest
from records_for_tests import model_for_tests, training_for_tests

from ownvoice.errors import ConfigError, MemoryRefused, ModelUnavailable
from ownvoice.ladder import LADDER, Hardware, Rung, rungs_for
from ownvoice.memory.activations import FP32
from ownvoice.memory.demand import Answering, Demand, EssaySizes, answering
from ownvoice.memory.free import FreeMemory, container_limits, free_memory, likely_device, parse_size
from ownvoice.memory.machine import describe_machine
from ownvoice.memory.plan import (
    MemoryPlan,
    choose_rung,
    expected_time,
    learn_from,
    plan_memory,
    require_fit,
)
from ownvoice.memory.predict import (
    ANSWERS_AT_ONCE,
    MARGIN,
    RUNTIME_BYTES,
    Workload,
    needed_bytes,
    predict_answers,
    predict_peak,
)
from ownvoice.models.known import KNOWN_MODELS, KNOWN_SHAPES
from ownvoice.models.prepare import find_shape, shape_of
from ownvoice.models.shape import read_shape
from ownvoice.report.tables import render_plan

GIB = 2**30
SMOLLM2 = KNOWN_SHAPES["smollm2-135m"]
METHODS: tuple[Literal["full", "lora"], ...] = ("full", "lora")
ON_A_LAPTOP = Workload(tokens=500, batch=1, device="cpu", autocast=False)
# Peak resident memory of the worker, SmolLM2 on a CPU without bf16, two or three steps (tests/bench/rungs.py);
# the row of 501 tokens is a whole smoke test, answers included.
MEASURED = [
    ("as configured", 600, 3.41),
    ("as configured", 501, 3.32),
    ("gradient checkpointing", 600, 2.63),
    ("step in the backward pass", 600, 2.27),
    ("factored optimizer states", 600, 1.29),
    ("bf16 weights", 600, 1.08),
    ("LoRA over bf16 weights", 600, 0.98),
]
RUNGS = rungs_for("rounding", "full", Hardware())


def planned(gibibytes: float, rungs: tuple[Rung, ...] = RUNGS, model: str = "smollm2-135m") -> MemoryPlan:
    memory = FreeMemory(bytes=round(gibibytes * GIB), source="free in memory")
    return choose_rung(KNOWN_SHAPES[model], rungs, ON_A_LAPTOP, memory)


@pytest.mark.parametrize("model", KNOWN_MODELS, ids=lambda model: model.name)
def test_the_sizes_of_every_known_model_add_up_to_its_parameters(model) -> None:  # type: ignore[no-untyped-def]
    assert KNOWN_SHAPES[model.name].parameters == model.parameters


def test_a_folders_config_is_read_without_its_weights(tmp_path: Path) -> None:
    sizes = {"n_layer": 12, "n_embd": 768, "n_head": 12, "vocab_size": 50_257, "n_positions": 1024}
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2", **sizes}))
    shape = find_shape(str(tmp_path))
    assert shape.parameters == KNOWN_SHAPES["gpt2"].parameters
    assert shape.context_tokens == 1024
    here = model_for_tests().model_copy(update={"folder": str(tmp_path), "parameters": 124_000_000})
    assert shape_of(here).parameters == 124_000_000


def test_a_model_that_is_not_here_is_refused_with_the_known_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelUnavailable, match="gpt2-xl"):
        find_shape("nobody/never-fetched")
    with pytest.raises(ModelUnavailable, match="hidden_size or n_embd"):
        read_shape("half", {"num_attention_heads": 4})


@pytest.mark.parametrize(("name", "tokens", "measured_gib"), MEASURED)
def test_a_prediction_is_within_fifteen_percent_of_what_the_worker_took(
    name: str, tokens: int, measured_gib: float
) -> None:
    rung = next(rung for rung in LADDER if rung.name == name)
    predicted = predict_peak(SMOLLM2, rung, ON_A_LAPTOP.model_copy(update={"tokens": tokens})).total
    assert predicted == pytest.approx(measured_gib * GIB, rel=0.15)


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
    """The peak is at the loss, where this step has no gradients yet: what counts are the last step's, on a processor."""
    rung = rungs_for("rounding", method, Hardware())[0]
    trained = SMOLLM2.parameters if method == "full" else SMOLLM2.adapter(ON_A_LAPTOP.lora_rank)
    assert predict_peak(SMOLLM2, rung, ON_A_LAPTOP).gradients == trained * FP32
    assert predict_peak(SMOLLM2, rung, ON_A_LAPTOP.model_copy(update={"device": "mps"})).gradients == 0


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


def test_a_run_starts_as_configured_where_the_memory_allows_it() -> None:
    start = planned(20)
    assert require_fit(start, "").rung.name == "as configured"
    assert start.reason.startswith("'as configured' needs 3.")
    assert start.reason.endswith("20.0 GiB free in memory")


def test_the_first_rung_that_fits_with_the_margin_is_taken_and_the_reason_is_in_bytes() -> None:
    for each in planned(100).rungs:
        first = next(r for r in planned(100).rungs if r.peak.total == each.peak.total)
        just_enough = choose_rung(
            SMOLLM2, RUNGS, ON_A_LAPTOP, FreeMemory(bytes=needed_bytes(first.peak), source="free")
        )
        assert require_fit(just_enough, "").rung == first.rung
        assert "GiB free" in just_enough.reason
    assert MARGIN > 0


def test_a_config_that_forbids_every_rung_that_fits_is_refused_with_the_table() -> None:
    exact = rungs_for("nothing", "full", Hardware())
    short = planned(3.5, exact, "gpt2-xl")
    with pytest.raises(MemoryRefused) as refused:
        require_fit(short, render_plan(short))
    told = str(refused.value)
    assert "loss in chunks" in told
    assert "GiB more memory" in told
    assert "--model smollm2-135m" in told
    assert refused.value.exit_code == 2


def test_a_refusal_names_what_the_config_could_allow() -> None:
    exact = planned(2.0, rungs_for("nothing", "full", Hardware()))
    with pytest.raises(MemoryRefused, match=r'memory.allow="rounding"'):
        require_fit(exact, render_plan(exact))


def test_the_table_shows_every_rung_its_bytes_and_the_start() -> None:
    text = render_plan(planned(2.0))
    assert all(rung.name in text for rung in RUNGS)
    assert "GiB short" in text
    assert "> " in text
    assert "A run starts at" in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_plan_of_an_experiment_tells_the_time_of_every_rung(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path))
    made = plan_memory(demand_for(), FreeMemory(bytes=20 * GIB, source="given"), "cpu")
    assert made.start == 0
    assert all(each.time and each.time.seconds > 0 for each in made.rungs)
    assert "nothing like it was timed here yet" in render_plan(made)


def test_the_next_plan_takes_the_time_that_the_last_training_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path))
    machine, rung = describe_machine(), RUNGS[0]
    demand = demand_for(essays=EssaySizes(longest=500, train_essays=3, train_tokens=1386))
    first = expected_time(demand, rung, "cpu", machine)
    error = learn_from("smollm2-135m", training_for_tests(), first, machine, "2026-11-23T00:42:30+00:00")
    assert error == pytest.approx(first.seconds / training_for_tests().seconds - 1)
    assert expected_time(demand, rung, "cpu", machine).seconds == pytest.approx(31.2)


def test_the_answers_prediction_is_within_fifteen_percent_of_what_they_took() -> None:
    """27 answers of 200 tokens before anything was trained took 1.41 GiB on either of two machines."""
    peak = predict_answers(SMOLLM2, Answering(answers=27, tokens=260), ANSWERS_AT_ONCE[0], RUNTIME_BYTES["cpu"])
    assert peak.total == pytest.approx(1.41 * GIB, rel=0.15)


@pytest.mark.parametrize(
    ("model", "rung", "tokens", "measured_gib"),
    [
        ("smollm2-135m", "as configured", 600, 3.36),
        ("smollm2-135m", "gradient checkpointing", 600, 2.59),
        ("smollm2-135m", "step in the backward pass", 600, 2.30),
        ("smollm2-135m", "factored optimizer states", 600, 1.31),
        ("smollm2-135m", "bf16 weights", 600, 0.98),
        ("smollm2-135m", "LoRA over bf16 weights", 600, 0.94),
        ("gpt2-xl", "bf16 weights", 1024, 4.23),
        ("llama-3.2-1b-instruct", "LoRA over bf16 weights", 512, 3.10),
    ],
)
def test_a_prediction_for_a_processor_with_bf16_is_within_fifteen_percent(
    model: str, rung: str, tokens: int, measured_gib: float
) -> None:
    work = Workload(tokens=tokens, batch=1, device="cpu", autocast=True)
    predicted = predict_peak(KNOWN_SHAPES[model], next(r for r in LADDER if r.name == rung), work).total
    assert predicted == pytest.approx(measured_gib * GIB, rel=0.15)


def test_answers_that_need_more_than_the_training_stand_in_the_reason() -> None:
    """GPT-2-XL at 15 GiB trains in 7 GiB; 27 answers at once hold as many keys and values as weights, nearly."""
    asked = Answering(answers=27, tokens=260)

    def reason(model: str, gibibytes: float) -> str:
        memory = FreeMemory(bytes=round(gibibytes * GIB), source="free in memory")
        return choose_rung(KNOWN_SHAPES[model], RUNGS, ON_A_LAPTOP, memory, asked=asked).reason

    assert "of its answers 27 at once need 10." in reason("gpt2-xl", 15)
    assert "of its answers 8 at once need 7." in reason("gpt2-xl", 9)
    assert "one at a time needs 6." in reason("gpt2-xl", 6.5)
    assert "more than is free" in reason("gpt2-xl", 6.5)
    assert "answers" not in reason("smollm2-135m", 20)


def test_what_is_asked_is_as_much_as_there_are_prompts_and_as_long_as_the_longest() -> None:
    asked = answering(["a topic", "another topic of some more words"], max_new_tokens=200)
    assert asked is not None
    assert asked.answers == 2
    assert 200 < asked.tokens < 300
    assert answering([], 200) is None


def test_one_essay_at_a_time_counts_as_approximate_for_a_batch_with_dropout() -> None:
    """A batch of GPT-2 at once and one by one draw other masks: what may not change at all may not do that."""
    assert offered("gpt2", 4) == ["as configured", "gradient checkpointing"]
    assert offered("gpt2", 1)[-1] == offered("smollm2-135m", 4)[-1] == "loss in chunks"
    assert offered("llama-3.2-1b-instruct", 4, method="lora", drops=True)[-1] == "gradient checkpointing"
    assert offered("llama-3.2-1b-instruct", 4, method="lora")[-1] == "loss in chunks"


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_rung_that_is_the_one_before_is_not_tried_again(method: str) -> None:
    """At batch 1 one essay at a time is gradient checkpointing once more: out of memory there, it would be here."""
    assert "one essay at a time" in offered("smollm2-135m", 4, method=method)
    assert "one essay at a time" not in offered("smollm2-135m", 1, method=method)


@pytest.mark.parametrize("visible", ["", "-1"])
def test_a_gpu_that_is_hidden_from_cuda_is_not_planned_for(visible: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert likely_device() != "cuda"


def test_the_gpu_that_is_asked_is_the_first_that_cuda_may_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An nvidia-smi that answers 8,000 MiB for GPU 1 and 90,000 for any other."""
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\ncase "$*" in *--id=1\\ *) echo 8000;; *) echo 90000;; esac\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,0")
    assert free_memory("cuda").bytes == 8000 * 2**20
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert free_memory("cuda").bytes == 90_000 * 2**20


@pytest.mark.parametrize(
    ("text", "size"), [("15GiB", 15 * GIB), ("1.5g", GIB * 3 // 2), ("800 MB", 800 * 2**20), ("4096", 4096)]
)
def test_a_size_is_read_as_people_write_it(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["lots", "0", "-1GiB", "15 GiB of it"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="15GiB"):
        parse_size(text)


def test_a_containers_limit_counts_and_its_page_cache_does_not(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text(f"{4 * GIB}\n")
    (tmp_path / "memory.current").write_text(f"{3 * GIB}\n")
    (tmp_path / "memory.stat").write_text(f"anon {GIB}\ninactive_file {GIB}\n")
    (limit,) = container_limits(0, tmp_path)
    assert limit.bytes == 2 * GIB
    (tmp_path / "memory.max").write_text("max\n")
    assert container_limits(0, tmp_path) == []


def test_memory_of_this_machine_is_found() -> None:
    free = free_memory("cpu")
    assert 0 < free.bytes < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def offered(model: str, batch: int, **changes: Any) -> list[str]:
    sizes = EssaySizes(longest=500, train_essays=4, train_tokens=1445)
    demand = demand_for(shape=KNOWN_SHAPES[model], batch=batch, allow="nothing", essays=sizes, **changes)
    return [each.rung.name for each in plan_memory(demand, FreeMemory(bytes=GIB, source="given"), "cpu").rungs]


def demand_for(**changes: Any) -> Demand:
    sizes = EssaySizes(longest=500, train_essays=3, train_tokens=1445)
    values: dict[str, Any] = {"shape": SMOLLM2, "method": "full", "allow": "rounding", "batch": 1, "epochs": 3}
    rest = {"lora_rank": 16, "drops": False, "essays": sizes, "asked": None}
    return Demand(**(values | rest | changes))
