"""Estimates learn from what trainings took on this machine."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ownvoice.memory.timing import FLOPS_PER_CORE, Setting, Timing, estimate, learn, machine_name, read_times
from tests.unit.records_for_tests import machine_for_tests

HERE = Setting(machine="AMD EPYC, 2 cores", model="smollm2-135m", rung="as configured", device="cpu")


def timing(seconds: float, setting: Setting = HERE, estimated: float = 30.0) -> Timing:
    moment = "2026-11-23T00:42:30+00:00"
    return Timing(setting=setting, tokens=1000, seconds=seconds, estimated_seconds=estimated, finished_at=moment)


def test_the_first_estimate_comes_from_arithmetic_and_says_so(tmp_path: Path) -> None:
    first = estimate(tmp_path / "times.jsonl", HERE, 1000, flops=4 * FLOPS_PER_CORE, cores=2, device="cpu")
    assert first.seconds == pytest.approx(2.0)
    assert "nothing like it was timed here yet" in first.reason


def test_a_later_estimate_is_the_median_speed_of_the_latest_five_like_it(tmp_path: Path) -> None:
    history = tmp_path / "cache" / "times.jsonl"
    for seconds in (900.0, 10.0, 11.0, 400.0, 12.0, 10.0):  # the first is too old to count, the 400 an outlier
        learn(history, timing(seconds))
    learn(history, timing(1.0, HERE.model_copy(update={"rung": "bf16 weights"})))
    later = estimate(history, HERE, 2000, flops=1.0, cores=2, device="cpu")
    assert later.seconds == pytest.approx(22.0)
    assert "latest 5 trainings" in later.reason


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
