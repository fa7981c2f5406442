"""The placebo in the flow with the fake worker: trained beside the author's own, paid once, and told apart."""

from __future__ import annotations

import pytest

from ownvoice.config import ExperimentConfig
from ownvoice.errors import NonFiniteLoss, OutOfMemory, PairsError
from ownvoice.ladder import LADDER
from tests.flow.studio import Studio

OWN = [
    "generate baseline",
    "likelihood baseline",
    "prefixes baseline",
    "train",
    "generate tuned",
    "likelihood tuned",
    "prefixes tuned",
]
PLACEBO = ["train placebo", "generate placebo", "likelihood placebo"]


def test_a_control_run_trains_twice_and_keeps_the_placebos_figures(studio: Studio) -> None:
    studio.run(control=True)
    assert studio.calls() == [*OWN, *PLACEBO]
    record = studio.record(1)
    placebo = record.placebo
    assert placebo is not None
    assert placebo.training is not None
    assert placebo.answers.outputs is not None
    assert record.training is not None
    assert placebo.training.steps == record.training.steps
    assert [(each.id, each.split) for each in placebo.figures] == [
        ("0", "train"),
        ("1", "train"),
        ("2", "train"),
        ("3", "validation"),
    ]
    assert [each.name for each in record.steps if each.name.startswith("Placebo")] == [
        "Placebo: fine-tune",
        "Placebo: answers to the canaries",
        "Placebo: likelihood",
    ]
    assert record.analysis is not None
    assert record.analysis.likelier.against_placebo is not None
    assert placebo.notes[-1].startswith("Placebo: 3 training pairs in the same tiers")


def test_the_phase_control_is_a_control_run(studio: Studio) -> None:
    config = studio.config().model_copy(update={"phase": "control"})
    assert studio.run_with(config).record.placebo is not None
    assert "train placebo" in studio.calls()


def test_the_contrast_stands_in_the_record_of_any_run(studio: Studio) -> None:
    studio.run()
    analysis = studio.record(1).analysis
    assert analysis is not None
    contrast = analysis.likelier.tuned
    assert contrast is not None
    assert contrast.mean == pytest.approx(0.1 / 0.6931, abs=1e-3)
    assert contrast.generic_share == pytest.approx(0.5)
    assert (contrast.own_essays, contrast.control_essays) == (1, 4)
    assert contrast.low is None
    assert contrast.reason.startswith("1 held-out essay")


def test_turning_control_on_runs_the_placebo_alone_where_its_training_leaves_the_same_essays(studio: Studio) -> None:
    config = studio.config()
    one = config.data.model_copy(update={"control_essays": 1})
    studio.run_with(config.model_copy(update={"data": one}))
    studio.calls()
    studio.run_with(config.model_copy(update={"data": one, "control": True}))
    assert studio.calls() == PLACEBO


def test_another_author_of_the_same_size_takes_the_placebo_from_the_cache(studio: Studio) -> None:
    studio.run(control=True)
    studio.calls()
    studio.becomes_another_author()
    studio.run(control=True)
    # What the placebo makes of this author's held-out essay is all that is new of it.
    assert studio.calls() == [*OWN[1:], "likelihood placebo"]
    cached = {step.name: step.cached for step in studio.record(2).steps}
    assert cached["Placebo: fine-tune"]
    assert cached["Placebo: answers to the canaries"]


def test_a_byte_in_the_placebos_validation_essay_leaves_all_that_is_the_authors(studio: Studio) -> None:
    studio.run(control=True)
    studio.calls()
    studio.write_placebo(3, addition="!")
    studio.run(control=True)
    # Its training reports a validation loss on that essay; the same weights come out, so its answers still hold.
    assert studio.calls() == ["likelihood baseline", "likelihood tuned", "train placebo", "likelihood placebo"]


def test_without_control_a_byte_in_the_placebo_only_measures_again(studio: Studio) -> None:
    studio.run()
    studio.calls()
    studio.write_placebo(0, addition="!")
    studio.run()
    assert studio.calls() == ["likelihood baseline", "likelihood tuned"]


def test_a_control_run_again_comes_from_the_cache(studio: Studio) -> None:
    studio.run(control=True)
    studio.calls()
    assert not studio.run(control=True).log.added
    assert studio.calls() == []


def test_a_learning_rate_trains_both_again_and_asks_no_baseline(studio: Studio) -> None:
    studio.run(control=True)
    studio.calls()
    studio.run(control=True, learning_rate=1e-4)
    assert studio.calls() == [*OWN[3:], *PLACEBO]


def test_a_placebo_that_fails_leaves_what_was_reached_and_its_attempts_and_goes_on_from_there(studio: Studio) -> None:
    studio.run()
    studio.calls()
    studio.orders.write_text("train out-of-memory")
    with pytest.raises(OutOfMemory):
        studio.run(control=True)
    record = studio.record(2)
    assert record.failure is not None
    assert record.failure.step == "Placebo: fine-tune"
    assert record.tuned.outputs is not None
    assert [attempt.ended for attempt in record.attempts] == ["completed"]
    assert record.placebo is not None
    assert len(record.placebo.attempts) > 3
    studio.calls()
    studio.orders.unlink()
    studio.run(control=True)
    assert studio.calls() == PLACEBO


def test_the_placebo_begins_at_the_memory_setting_that_the_own_training_ended_at(studio: Studio) -> None:
    studio.orders.write_text("train out-of-memory once\n")
    studio.run(control=True)
    record = studio.record(1)
    assert record.training is not None
    assert record.placebo is not None
    assert record.placebo.training is not None
    assert record.placebo.training.rung == record.training.rung == LADDER[1].name
    assert [attempt.ended for attempt in record.placebo.attempts] == ["completed"]


def test_likelihoods_and_prefixes_are_asked_again_with_less_memory(studio: Studio) -> None:
    studio.orders.write_text("likelihood out-of-memory once\nprefixes die once\n")
    studio.run()
    calls = studio.calls()
    assert (calls.count("likelihood baseline"), calls.count("prefixes baseline")) == (2, 2)
    assert studio.record(1).status == "completed"


def test_a_likelihood_that_is_no_number_fails_the_run(studio: Studio) -> None:
    studio.orders.write_text("likelihood fail")
    with pytest.raises(NonFiniteLoss):
        studio.run()
    record = studio.record(1)
    assert record.baseline.outputs is not None
    assert record.baseline.likelihoods is None
    assert record.analysis is None


def test_without_a_placebo_folder_nothing_is_contrasted_and_the_record_says_why(studio: Studio) -> None:
    record = studio.run_with(with_placebo(studio, "")).record
    assert studio.calls() == [call for call in OWN if not call.startswith("likelihood")]
    assert record.analysis is not None
    assert (record.analysis.likelier.tuned, record.placebo) == (None, None)
    assert "names no other writers" in studio.logbook()


@pytest.mark.parametrize(("placebo", "message"), [("", "none"), ("essays", "the author's own essays")])
def test_a_control_run_refuses_a_placebo_that_is_none(studio: Studio, placebo: str, message: str) -> None:
    config = with_placebo(studio, str(studio.folder / placebo) if placebo else "")
    with pytest.raises(PairsError, match=message):
        studio.run_with(config.model_copy(update={"control": True}))
    assert studio.calls() == []


def with_placebo(studio: Studio, folder: str) -> ExperimentConfig:
    config = studio.config()
    return config.model_copy(update={"data": config.data.model_copy(update={"placebo": folder})})
