"""The analysis says what the figures say: no more, and never without the baseline."""

from __future__ import annotations

import pytest

from ownvoice.analysis.answers import analyse, is_shift_directional
from ownvoice.analysis.next_steps import suggest
from ownvoice.config import ExperimentConfig
from ownvoice.experiment_files import load_experiment
from ownvoice.paths import ROOT
from ownvoice.records.analysis import Analysis
from ownvoice.records.answers import Outputs
from ownvoice.records.essays import Canary, PairSet
from ownvoice.records.model import Kind
from ownvoice.records.training import TrainingResult
from ownvoice.voice.likelihood import Contrast, Likelier, Unit
from ownvoice.voice.verdict import Direction, Verdict
from tests.unit.records_for_tests import (
    BASELINE_LIST,
    ESSAY,
    TUNED_PROSE,
    baseline_for_tests,
    findings_for_tests,
    outputs_for_tests,
    pair_set_for_tests,
    training_for_tests,
    tuned_for_tests,
)

SMOKE_TEST = load_experiment(ROOT / "data" / "experiments" / "smoke-test.toml")
EXPERIMENT = ExperimentConfig()
Losses = tuple[tuple[float | None, float], ...]


def analysis_of(
    baseline: Outputs | None = None,
    tuned: Outputs | None = None,
    training: TrainingResult | None = None,
    config: ExperimentConfig | None = None,
    pair_set: PairSet | None = None,
    kind: Kind = "instruct",
    **findings: object,
) -> Analysis:
    baseline, tuned = baseline or baseline_for_tests(), tuned or tuned_for_tests()
    pair_set, training, config = (
        pair_set or pair_set_for_tests(),
        training or training_for_tests(),
        config or EXPERIMENT,
    )
    found = findings_for_tests(baseline, tuned, **findings)
    steps = suggest(pair_set, tuned, training, config, kind, found.verdict)
    return analyse(
        pair_set,
        pair_set.pairs,
        baseline,
        tuned,
        training,
        config.decoding.max_new_tokens,
        found,
        Likelier(),
        steps,
    )


def answers_without(outputs: Outputs, prompt_id: str) -> Outputs:
    return outputs.model_copy(update={"outputs": tuple(o for o in outputs.outputs if o.prompt_id != prompt_id)})


def test_a_run_that_learned_and_answered_passes() -> None:
    assert analysis_of().verdict.startswith("PASS: ")


@pytest.mark.parametrize(
    ("losses", "reason"),
    [
        (((None, 3.4), (3.2, float("nan"))), "a loss is not a number"),
        (((None, 3.4), (float("inf"), 3.3), (3.0, 3.2)), "a loss is not a number"),
        (((None, 3.4), (3.2, 3.4), (3.2, 3.4)), "the training loss did not fall"),
        (((None, 3.4), (3.2, 3.5)), "the training loss did not fall"),
        ((), "a loss is not a number"),
    ],
)
def test_losses_that_are_no_numbers_or_did_not_fall_fail(losses: Losses, reason: str) -> None:
    assert analysis_of(training=training_for_tests(losses)).verdict == f"FAIL: {reason}."


def test_an_unanswered_canary_fails_and_names_the_model() -> None:
    verdict = analysis_of(tuned=answers_without(tuned_for_tests(), "B")).verdict
    assert verdict == "FAIL: the model after training left canary B unanswered."


def test_a_canary_for_instruct_models_may_stay_unanswered_by_both() -> None:
    pair_set = pair_set_for_tests()
    canaries = (*pair_set.canaries, Canary(id="C", topic="T", instruct_only=True))
    pair_set = pair_set.model_copy(update={"canaries": canaries})
    assert analysis_of(pair_set=pair_set).verdict.startswith("PASS")


def test_format_works_where_the_tuned_answers_are_prose_and_says_what_the_baseline_did() -> None:
    answer = analysis_of().answers[0]
    assert answer.answer == "yes"
    assert "18 of 18 tuned answers are sound prose (baseline 17 of 18)" in answer.reason
    assert "cut off at the length limit 18 (baseline 0)" in answer.reason


def test_format_fails_where_the_tuned_answers_are_lists() -> None:
    answer = analysis_of(tuned=outputs_for_tests({"A": BASELINE_LIST, "B": ""}, "- a\n- b\n-")).answers[0]
    assert answer.answer == "no"
    assert "empty 1 (baseline 0), a list 17 (baseline 1)" in answer.reason


def test_a_baseline_that_wrote_prose_too_takes_the_credit_from_the_training() -> None:
    prose = tuned_for_tests()
    assert "training did not have to teach that" in analysis_of(baseline=prose, tuned=prose).answers[0].reason


def test_output_that_did_not_change_did_not_shift() -> None:
    analysis = analysis_of(tuned=baseline_for_tests())
    assert analysis.answers[1].answer == "no"
    assert "0 of 18 answers differ" in analysis.answers[1].reason
    assert any(sign.startswith("Unchanged, word for word: 18 of 18") for sign in analysis.signs)


def test_sound_prose_that_fell_is_no_yes_however_much_of_it_is_left() -> None:
    """17 of 18 answers are still sound; before training all of them were."""
    prose, listed = tuned_for_tests(), outputs_for_tests({"A": BASELINE_LIST, "B": TUNED_PROSE}, TUNED_PROSE)
    answer = analysis_of(baseline=prose, tuned=listed).answers[0]
    assert (answer.answer, "Sound prose fell with the training" in answer.reason) == ("partly", True)
    assert "did not have to teach" not in answer.reason
    assert analysis_of(baseline=listed, tuned=prose).answers[0].answer == "yes"


def test_a_change_within_decoding_noise_is_no_evidence_of_a_shift() -> None:
    base = baseline_for_tests()
    swapped = tuple(o.model_copy(update={"text": o.text.replace("take", "taken")}) for o in base.outputs)
    varied = tuple(
        o.model_copy(update={"text": o.text + (" and so on" * (i % 3)) + (" but" * (i % 2))})
        for i, o in enumerate(base.outputs)
    )
    analysis = analysis_of(
        baseline=base.model_copy(update={"outputs": varied}), tuned=base.model_copy(update={"outputs": swapped[::-1]})
    )
    assert analysis.answers[1].answer == "insufficient evidence"
    assert "chance alone can give" in analysis.answers[1].reason


def test_a_change_beyond_decoding_noise_is_a_shift_and_both_figures_are_said() -> None:
    answer = analysis_of().answers[1]
    assert answer.answer == "yes"
    assert "of 3-word sequences" in answer.reason
    assert "(decoding noise)" in answer.reason
    assert "Validation loss: 3.402 before, 3.229 after." in answer.reason


def test_one_sample_a_probe_leaves_the_noise_unmeasured() -> None:
    base, new = (outputs_for_tests({"A": text, "B": text}, text, samples=1) for text in (ESSAY, TUNED_PROSE))
    answer = analysis_of(baseline=base, tuned=new).answers[1]
    assert answer.answer == "not measured yet"
    assert "decoding noise was not measured" in answer.reason


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("voice moved", "yes"),
        ("moved: format or voice", "partly"),
        ("moved: topic only", "no"),
        ("moved away from you", "no"),
        ("not moved", "no"),
        ("memorised", "no"),
        ("insufficient evidence", "insufficient evidence"),
    ],
)
def test_the_verdict_answers_the_third_question_and_says_what_next(direction: Direction, expected: str) -> None:
    verdict = Verdict(direction=direction, reason="So it is.")
    analysis = analysis_of(verdict=verdict)
    assert analysis.answers[2].answer == expected
    assert analysis.answers[2].reason.startswith(f"The verdict is “{direction}”")
    assert analysis.next_steps[0] != analysis_of(verdict=_OTHER[direction == "not moved"]).next_steps[0]


_OTHER = (
    Verdict(direction="not moved", reason="It is not."),
    Verdict(direction="voice moved", reason="It has."),
)


@pytest.mark.parametrize("unit", ["character", "token"])
def test_the_likelihood_says_its_interval_its_unit_its_essays_and_what_was_anybodys(unit: Unit) -> None:
    won = Contrast(
        unit=unit,
        own_gain=0.2,
        control_gain=0.08,
        mean=0.12,
        low=0.05,
        high=0.19,
        generic_share=0.4,
        own_essays=3,
        control_essays=4,
    )
    findings = findings_for_tests(baseline_for_tests(), tuned_for_tests())
    reason = is_shift_directional(findings, won, None).reason
    assert f"your held-out essays gained +0.120 bits a {unit} beyond what other writers' gained" in reason
    assert "(95% interval +0.050 to +0.190; 3 essays against 4 essays); 40% of their gain is anybody's." in reason
