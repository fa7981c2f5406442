"""Estimates learn from what trainings took on this machine."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ownvoice.memory.timing import (
    FLOPS_PER_CORE,
    Setting,
    Timing,
    expect,
    learn,
    machine_name,
    read_times,
    training_seconds,
)
from tests.unit.records_for_tests import machine_for_tests

HERE = Setting(machine="AMD EPYC, 2 cores", model="smollm2-135m", rung="as configured", device="cpu")


def timing(seconds: float, setting: Setting = HERE, estimated: float = 30.0) -> Timing:
    moment = "2026-11-23T00:42:30+00:00"
    return Timing(setting=setting, work=1000, seconds=seconds, estimated_seconds=estimated, finished_at=moment)


def test_the_first_estimate_comes_from_arithmetic_and_says_so(tmp_path: Path) -> None:
    by_arithmetic = training_seconds(4 * FLOPS_PER_CORE, cores=2, device="cpu")
    first = expect(read_times(tmp_path / "times.jsonl"), HERE, 1000, by_arithmetic)
    assert (first.seconds, first.low, first.high) == pytest.approx((2.0, 1.0, 4.0))
    assert (first.basis, "nothing like it was timed here yet" in first.reason) == ("arithmetic", True)
    on_gpu = expect([], HERE.model_copy(update={"device": "cuda"}), 1000, by_arithmetic)
    assert on_gpu.basis == "guess"
    assert on_gpu.high == pytest.approx(8.0)


def test_a_later_estimate_is_the_median_speed_of_the_latest_five_like_it(tmp_path: Path) -> None:
    history = tmp_path / "cache" / "times.jsonl"
    for seconds in (900.0, 10.0, 11.0, 400.0, 12.0, 10.0):  # the first is too old to count, the 400 an outlier
        learn(history, timing(seconds))
    learn(history, timing(1.0, HERE.model_copy(update={"rung": "bf16 weights"})))
    later = expect(read_times(history), HERE, 2000, 1.0)
    assert (later.seconds, later.low, later.high) == pytest.approx((22.0, 22.0 / 1.2, 800.0))
    assert (later.basis, "latest 5 like it" in later.reason) == ("times", True)


def test_a_single_earlier_step_says_less_than_several(tmp_path: Path) -> None:
    history = tmp_path / "times.jsonl"
    learn(history, timing(10.0))
    once = expect(read_times(history), HERE, 1000, 1.0)
    assert (once.seconds, once.low, once.high) == pytest.approx((10.0, 10.0 / 1.5, 15.0))


def test_lines_of_before_other_steps_were_timed_still_count(tmp_path: Path) -> None:
    history = tmp_path / "times.jsonl"
    history.write_text(
        '{"setting": {"machine": "AMD EPYC, 2 cores", "model": "smollm2-135m", "rung": "as configured", "device": "cpu"}, '
        '"tokens": 1000, "seconds": 7.0, "estimated_seconds": 8.0, "finished_at": "2026-11-23T00:42:30+00:00"}\n'
    )
    assert expect(read_times(history), HERE, 2000, 1.0).seconds == pytest.approx(14.0)


def test_learning_returns_the_error_of_the_estimate(tmp_path: Path) -> None:
    history = tmp_path / "times.jsonl"
    assert learn(history, timing(20.0, estimated=30.0)) == pytest.approx(0.5)
    assert learn(history, timing(40.0, estimated=30.0)) == pytest.approx(-0.25)


def test_lines_that_cannot_be_read_count_as_absent_and_never_swallow_the_next(tmp_path: Path) -> None:
    history = tmp_path / "times.jsonl"
    learn(history, timing(10.0))
    with history.open("ab") as file:
        file.write(b'\xff\xfe\nnull\n{"setting": {"machine": "AM')  # bytes, another format, and a line cut by a crash
    learn(history, timing(12.0))
    assert [each.seconds for each in read_times(history)] == [10.0, 12.0]


def test_no_training_is_lost_when_several_finish_at_once(tmp_path: Path) -> None:
    history = tmp_path / "times.jsonl"
    threads = [threading.Thread(target=learn, args=(history, timing(float(i)))) for i in range(1, 17)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.seconds for each in read_times(history)) == [float(i) for i in range(1, 17)]


def test_a_machine_is_known_by_what_decides_its_speed() -> None:
    machine = machine_for_tests()
    assert machine_name(machine) == "AMD EPYC 9R14, 2 cores"
    assert machine_name(machine.model_copy(update={"gpu": "Tesla T4, 15360 MiB"})) == "Tesla T4, 15360 MiB, 2 cores"
