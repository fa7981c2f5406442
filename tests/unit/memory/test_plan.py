"""What a rung needs is told before anything is loaded, and a run starts at the first that fits."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import pytest

from ownvoice.errors import MemoryRefused
from ownvoice.ladder import Hardware, Rung, rungs_for
from ownvoice.memory.demand import Answering, Demand, EssaySizes
from ownvoice.memory.free import FreeMemory
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
    MARGIN,
    Workload,
    needed_bytes,
)
from ownvoice.memory.timing import read_times, times_file
from ownvoice.models.known import KNOWN_SHAPES
from ownvoice.report.tables import render_plan
from tests.unit.records_for_tests import training_for_tests

GIB = 2**30
SMOLLM2 = KNOWN_SHAPES["smollm2-135m"]
METHODS: tuple[Literal["full", "lora"], ...] = ("full", "lora")
ON_A_LAPTOP = Workload(tokens=500, batch=1, device="cpu", autocast=False)
RUNGS = rungs_for("rounding", "full", Hardware())


def planned(gibibytes: float, rungs: tuple[Rung, ...] = RUNGS, model: str = "smollm2-135m") -> MemoryPlan:
    memory = FreeMemory(bytes=round(gibibytes * GIB), source="free in memory")
    return choose_rung(KNOWN_SHAPES[model], rungs, ON_A_LAPTOP, memory)


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
    first = expected_time(demand, rung, "cpu", machine, [])
    error = learn_from("smollm2-135m", training_for_tests(), first, machine, "2026-11-23T00:42:30+00:00")
    assert error == pytest.approx(first.seconds / training_for_tests().seconds - 1)
    history = read_times(times_file())
    assert expected_time(demand, rung, "cpu", machine, history).seconds == pytest.approx(31.2)
    shared = demand.model_copy(update={"processes": 2})
    assert expected_time(shared, rung, "cpu", machine, history).seconds == first.seconds  # nothing like it was timed


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


def test_processes_that_share_a_training_have_the_rungs_that_they_can_share() -> None:
    shared: dict[str, Any] = {"backend": "accelerate", "processes": 2, "allow": "method"}
    exact = ["as configured", "gradient checkpointing", "one essay at a time"]
    assert offered("smollm2-135m", 4, **shared) == exact
    assert offered("smollm2-135m", 4, method="lora", **shared) == exact
    assert offered("smollm2-135m", 2, **shared) == exact[:2]  # of two essays each has one
    assert set(exact) < set(offered("smollm2-135m", 4, allow="method"))


def test_processes_that_share_a_processor_have_a_share_of_its_memory_and_of_a_batch() -> None:
    memory = FreeMemory(bytes=20 * GIB, source="free in memory")
    alone = plan_memory(demand_for(batch=2), memory, "cpu")
    shared = plan_memory(demand_for(batch=4, backend="accelerate", processes=2), memory, "cpu")
    assert shared.memory.bytes == 10 * GIB
    assert shared.reason.endswith("10.0 GiB free in memory for each of 2 processes")
    assert shared.rungs[0].peak == alone.rungs[0].peak
    on_gpus = plan_memory(demand_for(backend="accelerate", processes=2), memory, "cuda")
    assert on_gpus.memory == memory


def offered(model: str, batch: int, **changes: Any) -> list[str]:
    sizes = EssaySizes(longest=500, train_essays=4, train_tokens=1445)
    asked = {"allow": "nothing", **changes}
    demand = demand_for(shape=KNOWN_SHAPES[model], batch=batch, essays=sizes, **asked)
    return [each.rung.name for each in plan_memory(demand, FreeMemory(bytes=GIB, source="given"), "cpu").rungs]


def demand_for(**changes: Any) -> Demand:
    sizes = EssaySizes(longest=500, train_essays=3, train_tokens=1445)
    values: dict[str, Any] = {"shape": SMOLLM2, "method": "full", "allow": "rounding", "batch": 1, "epochs": 3}
    rest = {"lora_rank": 16, "drops": False, "essays": sizes, "asked": None}
    return Demand(**(values | rest | changes))
