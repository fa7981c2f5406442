"""A sweep with the fake worker: a run a combination, a failed one named, the others ranked."""

from __future__ import annotations

import pytest

from ownvoice.errors import RunsFailed
from ownvoice.phase_configs import SweepConfig
from ownvoice.report.kept.series import WrittenSeries
from ownvoice.series.sweep import Sweep
from tests.flow.studio import Studio

GRID = {"training.learning_rate": (1e-5, 5e-5), "training.epochs": (2, 3)}


def sweep(studio: Studio) -> WrittenSeries:
    from flows.sweep import run_sweep

    values = studio.config(control=True).model_dump() | {"phase": "sweep", "grid": GRID}
    return run_sweep(SweepConfig.model_validate(values))


def test_every_combination_trains_and_what_they_share_is_done_once(studio: Studio) -> None:
    written = sweep(studio)
    calls = studio.calls()
    assert (calls.count("train"), calls.count("train placebo"), calls.count("generate baseline")) == (4, 4, 1)
    result = written.record.result
    assert isinstance(result, Sweep)
    assert len(result.tried) == 4
    assert "## Series 1: sweep" in studio.logbook()
    again = sweep(studio)
    assert (studio.calls(), again.log.added) == ([], False)


def test_a_run_that_fails_is_named_and_the_others_finish(studio: Studio) -> None:
    studio.orders.write_text("train fail once")
    with pytest.raises(RunsFailed, match="1 of 4 runs failed: learning_rate 1e-05, epochs 2") as caught:
        sweep(studio)
    assert caught.value.exit_code == 1
    record = studio.series_record(1)
    assert [bool(run.failure) for run in record.runs] == [True, False, False, False]
    assert isinstance(record.result, Sweep)
    assert len(record.result.tried) == 3
    assert "No: 1 of 4 runs failed" in studio.logbook()


def test_a_label_with_braces_is_a_name_and_no_template(studio: Studio) -> None:
    grid = {"prompt.instruction": ("Write about {topic}.", "Write {x}"), "training.lora": ({"rank": 4},)}
    values = studio.config().model_dump() | {"phase": "sweep", "grid": grid}
    record = studio.run_series(SweepConfig.model_validate(values)).record
    assert (record.status, [run.run for run in record.runs]) == ("completed", [1, 2])


def test_essays_that_change_meanwhile_leave_the_runs_and_a_series_that_says_so(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows import series

    compare = series._compare

    def edited(*given: object) -> object:
        (studio.essays / "0.md").write_text("no essay any more")
        return compare(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(series, "_compare", edited)
    with pytest.raises(RunsFailed, match="the runs can't be compared"):
        sweep(studio)
    record = studio.series_record(1)
    assert (record.status, [run.run for run in record.runs]) == ("failed", [1, 2, 3, 4])
    assert "The runs can't be compared:" in studio.logbook()
