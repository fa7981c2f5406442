"""Onset of memorising and best epoch, read off one training that was looked at."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ownvoice.errors import ConfigError
from ownvoice.experiment_files import load_experiment, parse_experiment
from ownvoice.paths import EXPERIMENTS
from ownvoice.records.answers import ModelAnswers, PrefixMatches
from ownvoice.records.run import RunRecord
from ownvoice.records.training import Look
from ownvoice.series.inputs import RunOf, SeriesInputs
from ownvoice.series.measure import measure_series
from ownvoice.series.next_steps import suggest_after
from ownvoice.series.overfit import OverfitDiagnostic
from ownvoice.voice.recall import PrefixMatch
from tests.unit.records_for_tests import (
    TUNED_PROSE,
    outputs_for_tests,
    pair_set_for_tests,
    record_for_tests,
    training_for_tests,
)

OVERFITS = ((None, 3.4), (3.2, 3.0), (2.0, 2.8), (0.9, 3.0), (0.2, 3.6), (0.1, 3.9), (0.1, 4.0))
HERS_ALONE = (
    "In the winter of the long strike the lighthouse keeper wrote to my aunt every week, though nobody carried the post, and "
    "when the ferry came again in March there were eleven letters in the sack, each of them about the weather and the bread."
)
UNTUNED = (
    "The key to a good life is balance, and balance comes to those who plan their weeks with care and a pen. It is important "
    "to set goals, and to review them every month, so that progress can be seen and success can be shared with other people."
)
LEARNS = ((None, 3.4), (3.2, 3.2), (3.0, 3.0))


def look(epoch: int, verbatim: int, text: str = TUNED_PROSE) -> Look:
    match = PrefixMatch(
        id="pair-1",
        prefix_tokens=40,
        verbatim_tokens=verbatim,
        compared_tokens=64,
        text="and then",
        tokens_from_start=verbatim,
    )
    answers = outputs_for_tests({}, text, samples=1)
    return Look(
        epoch=epoch,
        answers=ModelAnswers(outputs=answers, prefixes=PrefixMatches(matches=(match,), seconds=1, peak_bytes=1)),
    )


def diagnosed(losses: tuple[tuple[float | None, float], ...], looks: Sequence[Look]) -> OverfitDiagnostic:
    training = training_for_tests(losses).model_copy(update={"looks": tuple(looks), "kept_epoch": 2})
    record: RunRecord = record_for_tests(1).model_copy(
        update={"training": training, "baseline": ModelAnswers(outputs=outputs_for_tests({}, UNTUNED))}
    )
    pairs = pair_set_for_tests()
    first = pairs.pairs[0].model_copy(update={"essay": f"{HERS_ALONE} {pairs.pairs[0].essay}"})
    pairs = pairs.model_copy(update={"pairs": (first, *pairs.pairs[1:])})
    inputs = SeriesInputs(
        phase="overfit-diagnostic", pair_set=pairs, author=pairs.pairs, runs=(RunOf(label="6 epochs", record=record),)
    )
    result = measure_series(inputs)
    assert isinstance(result, OverfitDiagnostic)
    return result


def test_the_onset_lies_between_two_looks_and_the_best_epoch_is_that_of_the_held_out_essays() -> None:
    result = diagnosed(OVERFITS, [look(2, 3), look(4, 64), look(6, 64)])
    assert (result.best_epoch, result.before_onset, result.onset, result.kept_epoch) == (2, 2, 4, 2)
    assert [each.memorised for each in result.looks] == ["none", "fail", "fail"]
    assert [each.verbatim_tokens for each in result.looks] == [3, 64, 64]
    assert result.conclusion.startswith(
        "With 3 pairs this training did best on the held-out essays at epoch 2, so stop there: validation loss 3.400 before"
    )
    assert "(1 held-out essay: another may turn at another epoch)" in result.conclusion
    assert "An essay was first known by heart between epoch 2 and 4." in result.conclusion
    assert "by heart" in result.recited
    assert all(each.voice is not None for each in result.looks)


def test_an_answer_that_recites_is_an_onset_as_well() -> None:
    result = diagnosed(OVERFITS, [look(3, 3), look(6, 3, text=HERS_ALONE)])
    assert result.onset == 6
    assert result.looks[1].longest_run > 12
    assert "the lighthouse keeper wrote" in result.recited


def test_a_training_that_never_overfits_is_said_to_learn_on() -> None:
    result = diagnosed(LEARNS, [look(2, 3)])
    assert (result.onset, result.recited) == (None, "")
    assert "2 epochs did not overfit in this training" in result.conclusion
    assert "No essay was recited up to epoch 2" in result.conclusion


def test_a_training_that_only_hurts_is_told_so() -> None:
    result = diagnosed(((None, 3.0), (2.0, 3.5), (1.0, 4.0)), [look(2, 3)])
    assert "this training only hurt the held-out essays" in result.conclusion


def test_the_next_step_follows_from_the_diagnostic() -> None:
    config = load_experiment(EXPERIMENTS / "overfit-diagnostic.toml")
    stop = suggest_after(diagnosed(OVERFITS, [look(6, 64)]), config)
    assert "`ownvoice run overfit-diagnostic --set training.epochs=2 --set training.look_every=1`" in stop[0]
    more = suggest_after(diagnosed(LEARNS, [look(2, 3)]), config)
    assert "`ownvoice run overfit-diagnostic --set training.epochs=60`" in more[0]
    assert "`ownvoice run scale-up`" in more[-1]


def test_a_diagnostic_without_looks_is_refused() -> None:
    for look_every in (0, 31):
        training = {"epochs": 30, "look_every": look_every}
        with pytest.raises(ConfigError, match="training: look_every must be 1 or more"):
            parse_experiment({"phase": "overfit-diagnostic", "training": training}, "x.toml")


def test_a_loss_that_did_not_move_is_no_harm() -> None:
    for losses in (((None, 3.4), (3.4, 3.4), (3.4, 3.4)), ((None, 3.4), (3.4, 3.401))):
        assert "the validation loss did not move" in diagnosed(losses, [look(1, 3)]).conclusion
