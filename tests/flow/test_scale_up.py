"""The scale-up with the fake worker: a run a size, what they share done once, a series written once."""

from __future__ import annotations

import re
import shutil
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from flows.cli.commands import log_text, plan_text
from ownvoice.errors import ConfigError, LogbookError, PairsError, RunsFailed
from ownvoice.experiment_files import parse_experiment
from tests.flow.studio import Studio

RUN = ["prefixes baseline", "train", "generate tuned", "likelihood tuned", "prefixes tuned"]


def test_every_size_is_a_run_and_the_series_has_its_own_entry(studio: Studio) -> None:
    written = studio.run_series(studio.scale_up_config(1, 3))
    assert studio.calls() == ["generate baseline", "likelihood baseline", *RUN, *RUN]
    record = studio.series_record(1)
    assert record == written.record
    assert [(run.label, run.run) for run in record.runs] == [("1 of 3 pairs", 1), ("3 of 3 pairs", 2)]
    trained = [{f.id for f in studio.record(n).data.figures if f.split == "train"} for n in (1, 2)]  # type: ignore[union-attr]
    assert [len(each) for each in trained] == [1, 3]
    assert trained[0] < trained[1]
    headings = [line for line in studio.logbook().splitlines() if line.startswith("## ")]
    assert [heading.split(":")[0] for heading in headings] == ["## Run 1", "## Run 2", "## Series 1", "## Run 3"]
    assert studio.logbook().splitlines()[written.log.line - 1] == headings[2]


def test_the_plan_shows_each_run_with_its_own_time_and_what_an_earlier_one_leaves_cached(studio: Studio) -> None:
    told = plan_text(str(studio.model), series_file(studio), (), "4GiB", None, "cpu")
    first, _, rest = told.partition("3 of 3 pairs:")
    second, memory, _ = rest.partition("The memory of the last, ")
    assert first.startswith("1 of 3 pairs:")
    assert "Baseline answers to the canaries   does it" in first
    assert "Baseline answers to the canaries   takes it from the cache" in second
    assert memory


def test_the_log_lists_series_and_prints_one(studio: Studio) -> None:
    studio.run_series(studio.scale_up_config(1, 3))
    listed = log_text(None).splitlines()
    assert [line.split("  ")[0] for line in listed[2:5]] == ["Run 1", "Run 2", "Series 1"]
    assert "## Series 1: scale-up" in log_text(None)
    assert log_text(None, series=1).startswith("## Series 1: scale-up")
    assert f"[Run 1]({studio.artifacts / 'runs'}/1-" in log_text(None, series=1)
    with pytest.raises(LogbookError, match="there is no Series 7"):
        log_text(None, series=7)
    studio.run(learning_rate=1e-4)
    assert "## Run 3: smoke-test" in log_text(None)


def test_the_same_series_again_runs_nothing_and_is_not_logged_again(studio: Studio) -> None:
    studio.run_series(studio.scale_up_config(1, 3))
    before = studio.logbook()
    studio.calls()
    again = studio.run_series(studio.scale_up_config(3, 1))
    assert studio.calls() == []
    assert (again.record.number, again.log.added) == (1, False)
    assert studio.logbook() == before


def test_with_a_size_added_only_the_new_run_trains(studio: Studio) -> None:
    studio.run_series(studio.scale_up_config(1, 3))
    studio.calls()
    added = studio.run_series(studio.scale_up_config(1, 2, 3))
    assert studio.calls() == RUN
    assert (added.record.number, [run.run for run in added.record.runs]) == (2, [1, 3, 2])


def test_sizes_beyond_the_essays_become_one_that_takes_them_all(studio: Studio) -> None:
    record = studio.run_series(studio.scale_up_config(2, 6, 13)).record
    assert [run.label for run in record.runs] == ["2 of 3 pairs", "3 of 3 pairs"]


def test_a_run_that_fails_leaves_the_others_their_turn_and_the_series_says_so(studio: Studio) -> None:
    studio.orders.write_text("train fail once")
    with pytest.raises(RunsFailed, match=r"1 of 2 runs failed: 1 of 3 pairs"):
        studio.run_series(studio.scale_up_config(1, 3))
    record = studio.series_record(1)
    assert record.status == "failed"
    assert [(run.run, run.failure.split(":")[0]) for run in record.runs] == [(1, "NonFiniteLoss"), (2, "")]
    assert record.result is not None
    assert "No: 1 of 2 runs failed" in studio.logbook()
    studio.calls()
    mended = studio.run_series(studio.scale_up_config(1, 3)).record
    assert (mended.number, mended.status) == (2, "completed")
    assert studio.calls() == RUN[1:]


def test_a_mistake_that_stops_every_run_is_told_as_a_mistake_and_logs_nothing(studio: Studio) -> None:
    (studio.essays / "0.md").write_text("---\ntopic: x\ntier: 9\n---\nAn essay of a tier that there is not.\n")
    with pytest.raises(PairsError, match="tier"):
        studio.run_series(studio.scale_up_config(1, 3))
    assert not (studio.artifacts / "EXPERIMENT_LOG.md").exists()


def test_wrong_sizes_are_refused_before_anything_runs() -> None:
    for sizes in ([], [0, 3], [3, 3], "many"):
        with pytest.raises(ConfigError, match="sizes"):
            parse_experiment({"phase": "scale-up", "sizes": sizes}, "x.toml")


def test_a_lost_logbook_comes_back_with_runs_and_series(studio: Studio) -> None:
    studio.run_series(studio.scale_up_config(1, 3))
    (studio.artifacts / "EXPERIMENT_LOG.md").unlink()
    studio.run(learning_rate=1e-4)
    headings = re.findall(r"^## (Run|Series) (\d)", studio.logbook(), re.MULTILINE)
    assert sorted(headings) == [("Run", "1"), ("Run", "2"), ("Run", "3"), ("Run", "4"), ("Series", "1")]


def test_a_series_that_was_killed_goes_on_where_it_was(studio: Studio) -> None:
    studio.orders.write_text("likelihood sleep")
    command = ("run", series_file(studio))
    first = studio.command(*command)
    until(lambda: studio.log.exists() and "likelihood baseline" in studio.log.read_text())
    first.send_signal(signal.SIGKILL)
    first.wait()
    studio.orders.unlink()
    second = studio.command(*command)
    out, errors = second.communicate(timeout=120)
    assert second.returncode == 0, errors
    assert "Series 1 is in" in out
    assert studio.calls().count("generate baseline") == 1
    assert [run.run for run in studio.series_record(1).runs] == [1, 2]


def series_file(studio: Studio, sizes: Sequence[int] = (1, 3)) -> str:
    """With third authors, as `Studio.scale_up_config`."""
    others = studio.folder / "others"
    shutil.copytree(studio.placebo, others / "other", dirs_exist_ok=True)
    path = Path(studio.experiment_file())
    text = path.read_text().replace(f'placebo = "{studio.placebo}"', 'placebo = ""\norder = "across tiers"')
    text = text.replace('third_authors = ""', f'third_authors = "{others}"')
    path.write_text(f'phase = "scale-up"\nsizes = {list(sizes)}\n{text}')
    return str(path)


def until(happened: Callable[[], bool]) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.1)
    raise AssertionError("it never happened")
