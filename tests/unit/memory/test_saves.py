"""What the weights take on the disk is known before they are trained, and the first way that fits is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ownvoice.errors import DiskRefused
from ownvoice.ladder import AS_CONFIGURED, Hardware, rungs_for
from ownvoice.memory.demand import Demand, EssaySizes
from ownvoice.memory.free import FreeMemory
from ownvoice.memory.plan import Descent, descent_of, plan_memory
from ownvoice.memory.saves import SPARE_BYTES, DiskPlan, Room, plan_saves, require_room, room_for
from ownvoice.models.known import KNOWN_SHAPES

SHAPE = KNOWN_SHAPES["smollm2-135m"]
MEBIBYTE = 2**20
BESIDE = 4 * MEBIBYTE
# SmolLM2's whole weights are 513 MiB in fp32, 257 in bf16; its adapter of rank 16 is 19 MiB.
WHOLE, HALF, ADAPTER = ((SPARE_BYTES // MEBIBYTE) + size for size in (520, 265, 30))


@pytest.mark.parametrize(
    ("room", "allow", "fitting"),
    [
        (WHOLE, "nothing", ("whole weights in fp32",)),
        (WHOLE, "rounding", ("whole weights in fp32", "whole weights in bf16")),
        (HALF, "rounding", ("whole weights in bf16",)),
        (HALF, "nothing", ()),
        (ADAPTER, "rounding", ()),
    ],
)
def test_the_exact_way_comes_first_and_only_what_the_config_allows(
    room: int, allow: Any, fitting: tuple[str, ...]
) -> None:
    plan = plan_for(room, allow)
    assert tuple(save.name for save in plan.fitting(AS_CONFIGURED.name)) == fitting


def test_a_rung_that_trains_bf16_weights_saves_them_as_they_are() -> None:
    (save,) = plan_for(HALF, "rounding").saves["bf16 weights"]
    assert (save.name, save.changes, save.rounded) == ("whole weights in bf16", "nothing", False)


def test_predicted_bytes_are_those_of_the_file() -> None:
    save = plan_for(WHOLE, "nothing").saves[AS_CONFIGURED.name][0]
    assert save.bytes - BESIDE == pytest.approx(538_090_408, rel=0.001)  # the embedded model's own file


def test_where_only_an_adapter_fits_the_run_starts_at_the_rung_that_trains_one() -> None:
    descent = descent_for(ADAPTER, "method")
    assert [each.rung.name for each in descent.rungs] == ["LoRA over bf16 weights"]
    assert descent.saves(descent.rungs[0])[0].name == "the adapter's weights in fp32"


def test_where_everything_fits_no_rung_is_left_out() -> None:
    descent = descent_for(WHOLE, "rounding")
    assert descent.rungs[0].rung == AS_CONFIGURED
    assert descent.disk.reason(AS_CONFIGURED.name) == (
        "whole weights in fp32 need 0.5 GiB, 0.6 GiB free on the disk of /x; nothing is saved between epochs"
    )


def test_the_reason_of_a_lesser_save_has_both_sizes() -> None:
    reason = plan_for(HALF, "rounding").reason(AS_CONFIGURED.name)
    assert reason.startswith(
        "whole weights in fp32 need 0.5 GiB, 0.3 GiB free on the disk of /x; whole weights in bf16"
    )


def test_after_a_full_disk_only_what_takes_less_of_it_is_left() -> None:
    descent = descent_for(WHOLE, "method")
    less = descent.with_less_on_disk(descent.rungs[0])
    assert [each.rung.name for each in less.rungs] == [AS_CONFIGURED.name, "LoRA over bf16 weights"]
    assert less.with_less_on_disk(less.rungs[1]).rungs == less.rungs
    without = descent_for(WHOLE, "rounding")
    assert len(without.with_less_on_disk(without.rungs[0]).rungs) == 1


def test_what_fits_in_no_way_is_refused_with_bytes_place_and_ways_out() -> None:
    with pytest.raises(DiskRefused) as refused:
        require_room(plan_for(ADAPTER, "rounding"), demand_for("rounding"))
    message = str(refused.value)
    for words in (
        "whole weights in fp32 need 0.5 GiB, whole weights in bf16 need 0.3 GiB",
        "94 MiB free on the disk of /x",
        "0.3 GiB, and 64 MiB for the rest of the run",
        "ownvoice clean",
        "OWNVOICE_ARTIFACTS",
        'memory.allow="method"',
    ):
        assert words in message
    require_room(plan_for(ADAPTER, "method"), demand_for("method"))


def test_a_smaller_model_is_named_where_one_fits() -> None:
    demand = demand_for("rounding", shape=KNOWN_SHAPES["gpt2-xl"])
    room = Room(bytes=WHOLE * MEBIBYTE, source="free on the disk of /x")
    plan = plan_saves(demand, rungs_for("rounding", "full", Hardware()), room)
    with pytest.raises(DiskRefused, match="--model smollm2-135m"):
        require_room(plan, demand)


def test_a_config_that_asks_for_lora_saves_its_adapter() -> None:
    rungs = rungs_for("nothing", "lora", Hardware())
    room = Room(bytes=ADAPTER * MEBIBYTE, source="free")
    plan = plan_saves(demand_for("nothing", method="lora"), rungs, room)
    assert {each.name for saves in plan.saves.values() for each in saves} == {"the adapter's weights in fp32"}


def test_the_room_of_a_folder_that_is_not_there_yet_is_that_of_its_disk(tmp_path: Path) -> None:
    room = room_for(tmp_path / "not" / "yet")
    assert room.bytes > 0
    assert str(tmp_path) in room.source
    later = room_for(tmp_path, taken=2**70)
    assert (later.bytes, later.holds(1)) == (0, False)
    assert "of the run's trainings before" in later.source


def plan_for(room: int, allow: Any) -> DiskPlan:
    rungs = rungs_for(allow, "full", Hardware())
    return plan_saves(demand_for(allow), rungs, Room(bytes=room * MEBIBYTE, source="free on the disk of /x"))


def descent_for(room: int, allow: Any) -> Descent:
    memory = FreeMemory(bytes=2**40, source="given")
    return descent_of(plan_memory(demand_for(allow), memory, "cpu"), plan_for(room, allow))


def demand_for(allow: Any, **changes: Any) -> Demand:
    sizes = EssaySizes(longest=100, train_essays=1, train_tokens=100)
    values = {"shape": SHAPE, "method": "full", "allow": allow, "batch": 1, "epochs": 3, "lora_rank": 16}
    return Demand(**(values | {"drops": False, "essays": sizes, "asked": None, "side_bytes": BESIDE} | changes))
