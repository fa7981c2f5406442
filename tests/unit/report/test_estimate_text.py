"""What a run took beside what was expected of it, and where its weights are."""

from __future__ import annotations

from pathlib import Path

from ownvoice.estimates import Expected, RunEstimate, StepEstimate
from ownvoice.files import stamp
from ownvoice.report.entry.entry import render_entry
from ownvoice.report.entry.estimate import run_against_estimate, training_against_estimate
from ownvoice.report.entry.weights import weights_in_entry, weights_on_terminal
from tests.unit.records_for_tests import failed_record_for_tests, record_for_tests, training_for_tests


def expecting(**seconds: float) -> RunEstimate:
    """Of the steps of the record for tests; the check of the pairs is no part of an estimate."""
    return RunEstimate(
        steps=tuple(
            StepEstimate(
                id=name,
                name=name.replace("_", " "),
                cached=not each,
                expected=Expected(seconds=each, low=each / 2, high=each * 2, basis="times", reason="")
                if each
                else None,
            )
            for name, each in seconds.items()
        )
    )


ESTIMATE = expecting(baseline_answers=0.0, train=30.0, tuned_answers=40.0)


def test_the_entry_sets_the_whole_run_beside_the_figure_that_was_told() -> None:
    record = record_for_tests(estimate=ESTIMATE)
    told = "The steps took 53 s; before the first of them about 1 min (40 s to 2 min 30 s) was expected: 12% shorter"
    assert run_against_estimate(record) == told
    assert told in render_entry(record)


def test_nothing_is_compared_where_nothing_was_expected_or_the_run_stopped_on_the_way() -> None:
    assert run_against_estimate(record_for_tests()) == ""
    assert run_against_estimate(record_for_tests(estimate=expecting(train=0.0))) == ""
    assert run_against_estimate(failed_record_for_tests(estimate=ESTIMATE)) == ""
    assert training_against_estimate(training_for_tests().model_copy(update={"estimated_seconds": 0.0})) == (
        "there was no estimate"
    )


def test_the_weights_place_is_told_as_a_shell_takes_it_and_from_the_log_as_it_may_move(tmp_path: Path) -> None:
    file = tmp_path / "artifacts" / "cache" / "weights" / "train-1" / "model.safetensors"
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(2**20))
    training = training_for_tests().model_copy(update={"weights": stamp(file)})
    record = record_for_tests(7, training=training)
    assert weights_on_terminal(record) == (
        f'Its tuned weights are in {file} (1 MiB). To use them: ownvoice write 7 "your topic", or ownvoice export 7 FOLDER'
    )
    in_entry = weights_in_entry(record)
    assert "`cache/weights/train-1/model.safetensors` beside this log (1 MiB)" in in_entry
    assert str(tmp_path) not in render_entry(record)
    assert in_entry in render_entry(record)


def test_of_weights_that_are_elsewhere_or_gone_no_place_is_told() -> None:
    assert weights_on_terminal(record_for_tests()) == "", "the file of the record for tests is not here"
    assert weights_in_entry(record_for_tests(adopted=True)) == ""
    assert weights_in_entry(failed_record_for_tests()) == ""
