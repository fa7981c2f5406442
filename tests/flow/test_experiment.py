"""The flow with the fake worker: what is run, what comes from the cache, what is logged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from flows.cli.ended import where_it_is
from ownvoice.config import ExperimentConfig
from ownvoice.errors import NonFiniteLoss, PairsError
from tests.flow.studio import Studio

BASELINE = ["generate baseline", "likelihood baseline", "prefixes baseline"]
TRAIN = ["train"]
TUNED = ["generate tuned", "likelihood tuned", "prefixes tuned"]


def test_a_run_writes_its_record_and_its_entry(studio: Studio) -> None:
    written = studio.run()
    assert studio.calls() == [*BASELINE, *TRAIN, *TUNED]
    record = studio.record(1)
    assert (record.status, written.record.number) == ("completed", 1)
    assert [step.name for step in record.steps] == [
        "Fetch the model",
        "Check the essays",
        "Check the other writers",
        "Baseline answers to the canaries",
        "Baseline likelihood",
        "Baseline prefix probe",
        "Fine-tune",
        "Tuned answers to the canaries",
        "Tuned likelihood",
        "Tuned prefix probe",
        "Compare",
    ]
    assert not any(step.cached for step in record.steps)
    assert studio.logbook().splitlines()[written.log.line - 1].startswith("## Run 1")


def test_the_same_run_again_comes_from_the_cache_and_adds_no_entry(studio: Studio) -> None:
    studio.run()
    first = studio.logbook()
    studio.calls()
    written = studio.run()
    assert studio.calls() == []
    assert (written.record.number, written.log.added) == (1, False)
    assert studio.logbook() == first


def test_a_run_whose_folder_was_removed_by_hand_is_the_same_run_again_and_no_double(studio: Studio) -> None:
    studio.run()
    shutil.rmtree(studio.run().folder)
    studio.calls()
    again = studio.run()
    assert studio.calls() == []
    assert (again.record.number, again.log.added, again.log.renewed) == (1, False, True)
    assert studio.logbook().count("\n## Run ") == 2  # it, and the template of the next
    assert "as before: its folder had been removed, and was made again" in where_it_is(again)
    assert studio.run(learning_rate=1e-4).record.number == 2


def test_another_learning_rate_keeps_the_baseline_answers(studio: Studio) -> None:
    studio.run()
    studio.calls()
    studio.run(learning_rate=1e-4)
    assert studio.calls() == [*TRAIN, *TUNED]
    cached = {step.name: step.cached for step in studio.record(2).steps}
    assert all(cached[name] for name in cached if name.startswith(("Baseline", "Check", "Fetch")))
    assert sum(name.startswith("Baseline") for name in cached) == 3
    assert not cached["Fine-tune"]


def test_one_byte_in_a_training_essay_trains_again(studio: Studio) -> None:
    studio.run()
    studio.calls()
    studio.write_essay(0, addition="!")
    studio.run()
    assert studio.calls() == ["prefixes baseline", *TRAIN, *TUNED]


def test_an_essay_of_another_tier_leaves_everything_cached(studio: Studio) -> None:
    studio.run()
    studio.calls()
    studio.write_essay(4, addition="!")
    studio.run()
    assert studio.calls() == []


def test_another_probe_asks_again_and_does_not_train(studio: Studio) -> None:
    studio.run()
    studio.calls()
    studio.prompts.write_text(studio.prompts.read_text().replace("Shoes worn out", "Boots worn out"))
    studio.run()
    assert studio.calls() == [BASELINE[0], TUNED[0]]


def test_deleted_or_altered_weights_are_trained_again(studio: Studio) -> None:
    weights = Path(studio.run().record.training.weights.path)  # type: ignore[union-attr]
    studio.calls()
    weights.unlink()
    studio.run()
    assert studio.calls() == TRAIN  # the same weights come out, so the answers still hold
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    studio.run()
    assert studio.calls() == TRAIN


@pytest.mark.parametrize("content", [b"", b"\x80\x04K*.", b'{"metadata": {}}'])
def test_a_corrupt_result_is_a_miss(studio: Studio, content: bytes) -> None:
    studio.run()
    studio.calls()
    for result in (studio.artifacts / "cache" / "results").glob("generate-*"):
        result.write_bytes(content)
    studio.run()
    assert studio.calls() == [BASELINE[0], TUNED[0]]


def test_results_are_json(studio: Studio) -> None:
    studio.run()
    for result in (studio.artifacts / "cache" / "results").iterdir():
        assert json.loads(json.loads(result.read_text())["result"])["model"]


def test_a_result_of_a_foreign_model_is_a_miss(studio: Studio) -> None:
    studio.run()
    studio.calls()
    for result in (studio.artifacts / "cache" / "results").glob("train-*"):
        result.write_text(result.read_text().replace("TrainingResult", "Path"))
    studio.run()
    assert studio.calls() == TRAIN


def test_a_lost_cache_runs_again_and_adds_no_second_entry(studio: Studio) -> None:
    studio.run()
    studio.calls()
    shutil.rmtree(studio.artifacts / "cache")
    assert not studio.run().log.added
    assert studio.calls() == [*BASELINE, *TRAIN, *TUNED]


def test_a_failing_training_leaves_a_failed_record_with_what_was_reached(studio: Studio) -> None:
    studio.orders.write_text("train fail")
    with pytest.raises(NonFiniteLoss):
        studio.run()
    record = studio.record(1)
    assert record.status == "failed"
    assert record.failure is not None
    assert (record.failure.step, record.failure.error) == ("Fine-tune", "NonFiniteLoss")
    assert record.baseline.outputs is not None
    assert record.training is None
    assert studio.calls() == [*BASELINE, *TRAIN]


def test_failing_baseline_answers_leave_a_failed_record_without_answers(studio: Studio) -> None:
    studio.orders.write_text("generate fail")
    with pytest.raises(NonFiniteLoss):
        studio.run()
    assert studio.record(1).baseline.outputs is None
    assert "## Run 1" in studio.logbook()


def test_a_failed_run_that_is_mended_goes_on_from_the_cache(studio: Studio) -> None:
    studio.orders.write_text("train fail")
    with pytest.raises(NonFiniteLoss):
        studio.run()
    studio.calls()
    studio.orders.unlink()
    assert studio.run().record.number == 2
    assert studio.calls() == [*TRAIN, *TUNED]


def test_bad_essays_leave_no_entry_and_start_no_worker(studio: Studio) -> None:
    (studio.essays / "0.md").write_text("no front matter\n")
    with pytest.raises(PairsError):
        studio.run()
    assert studio.calls() == []
    assert not (studio.artifacts / "EXPERIMENT_LOG.md").exists()


def test_a_shared_training_is_another_training_and_the_record_says_so(studio: Studio) -> None:
    studio.run()
    studio.calls()
    values = studio.config().model_dump() | {"engine": {"backend": "accelerate", "processes": 2}}
    shared = ExperimentConfig.model_validate(values)
    studio.run_with(shared)
    assert studio.calls() == [*TRAIN, *TUNED]
    settings = [{name: said for name, said in studio.record(n).settings.items() if "engine" in name} for n in (1, 2)]
    assert settings == [{}, {"engine.backend": "accelerate", "engine.processes": "2"}]
    assert studio.record(2).config == shared
    studio.run_with(shared)
    studio.run()
    assert studio.calls() == []
