"""The analysis says what the figures say: no more, and never without the baseline."""

from __future__ import annotations

import pytest
from records_for_tests import (
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

from ownvoice.analysis.answers import analyse, is_shift_directional
from ownvoice.analysis.loss_curve import read_losses
from ownvoice.analysis.next_steps import suggest
from ownvoice.config import ExperimentConfig, TrainingConfig, load_experiment
from ownvoice.paths import ROOT
from ownvoice.records import Analysis, Canary, Kind, Likelier, Outputs, PairSet, TrainingResult
from ownvoice.text import trigram_overlap, word_similarity
from ownvoice.voice.likelihood import Contrast
from ownvoice.voice.verdict import Direction, Verdict

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
    return analyse(pair_set, baseline, tuned, training, config.decoding.max_new_tokens, found, Likelier(), steps)


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
    assert verdict == "FAIL: the tuned model left canary B unanswered."


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


def test_a_change_within_decoding_noise_is_partly_a_shift() -> None:
    base = baseline_for_tests()
    swapped = tuple(o.model_copy(update={"text": o.text.replace("take", "taken")}) for o in base.outputs)
    varied = tuple(
        o.model_copy(update={"text": o.text + (" and so on" * (i % 3)) + (" but" * (i % 2))})
        for i, o in enumerate(base.outputs)
    )
    analysis = analysis_of(
        baseline=base.model_copy(update={"outputs": varied}), tuned=base.model_copy(update={"outputs": swapped[::-1]})
    )
    assert analysis.answers[1].answer == "partly"
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
    assert answer.answer == "partly"
    assert "decoding noise was not measured" in answer.reason


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("voice moved", "yes"),
        ("moved: format or voice", "partly"),
        ("moved: topic only", "no"),
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


def test_the_likelihood_says_its_interval_its_essays_and_what_was_anybodys() -> None:
    won = Contrast(
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
    assert "By training, your held-out essays gained +0.120 bits a token beyond what another writer's gained" in reason
    assert "(95% interval +0.050 to +0.190; 3 essays against 4 essays); 40% of their gain is anybody's." in reason


def test_signs_quote_the_canaries_the_flaws_and_the_traits() -> None:
    listed = outputs_for_tests({"A": BASELINE_LIST, "B": TUNED_PROSE}, TUNED_PROSE)
    signs = "\n".join(analysis_of(tuned=listed).signs)
    assert "Canary B: the baseline is a list that opens “Here are some tips:”; the tuned answer is prose" in signs
    assert "Tuned answers with the flaw “a list”: 1, baseline 1: “Here are some tips:" in signs
    assert (
        "First person, overdone in the tuned answers: “I was nine when my father took me to see the ice.” (B)" in signs
    )


def test_words_copied_from_an_essay_are_quoted() -> None:
    copied = "Then my mother kept the good scissors there, and the bad ones, as ever."
    signs = "\n".join(analysis_of(tuned=outputs_for_tests({"A": copied, "B": copied}, TUNED_PROSE)).signs)
    assert "11 words in a row of pair-1" in signs
    assert "“my mother kept the good scissors there, and the bad ones" in signs.replace("My", "my")


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        (((None, 3.4), (3.2, 3.3), (2.6, 3.2)), "fell at every epoch: 3.200 in the first, 2.600 in the last"),
        (((None, 3.4), (3.2, 3.3), (2.6, 3.2)), "was lowest at the last epoch"),
        (((None, 3.4), (3.2, 3.1), (1.6, 3.6)), "lowest, 3.100, at epoch 1 and has risen since: overfitting"),
        (((None, 3.4), (3.2, 3.1), (0.2, 3.1)), "near zero (under 0.5): the essays are being memorised"),
        (((None, 3.4), (3.2, 3.39), (3.1, 3.39)), "flat (less than 0.02 apart)"),
        (((None, 3.4), (3.2, 3.3)), "One epoch, with a training loss of 3.200"),
        (((None, 3.4),), "There are no losses to read."),
    ],
)
def test_the_loss_curve_is_read_in_words(losses: Losses, expected: str) -> None:
    assert expected in read_losses(training_for_tests(losses).losses, held_out=1)


def test_next_steps_follow_from_what_was_found_and_carry_the_command() -> None:
    steps = "\n".join(analysis_of(config=SMOKE_TEST).next_steps)
    for command in (
        "`ownvoice run scale-up`",
        "`ownvoice run smoke-test --model gemma-3-270m`",
        "`ownvoice run smoke-test --set decoding.max_new_tokens=400`",
        "`ownvoice run smoke-test --set training.epochs=30`",
    ):
        assert command in steps


def test_a_run_that_overfits_is_told_where_to_stop_and_not_to_train_on() -> None:
    losses = ((None, 3.4), (3.2, 3.1), (0.3, 3.6))
    config = SMOKE_TEST.model_copy(update={"model": "a b/model", "training": TrainingConfig(epochs=2)})
    steps = "\n".join(analysis_of(training=training_for_tests(losses), config=config).next_steps)
    assert "at epoch 1: `ownvoice run smoke-test --model 'a b/model' --set training.epochs=1`" in steps
    assert "diagnostic" not in steps


def test_a_run_that_learned_nothing_is_told_to_learn_first() -> None:
    losses = training_for_tests(((None, 3.4), (3.2, 3.4), (3.2, 3.4)))
    steps = analysis_of(training=losses, config=SMOKE_TEST).next_steps
    assert len(steps) == 1
    assert "`ownvoice run smoke-test --set training.learning_rate=0.0005`" in steps[0]


def test_texts_are_compared_by_their_words() -> None:
    assert trigram_overlap("a b c d", "A, b, c. D") == 1
    assert trigram_overlap("a b c d", "e f g h") == 0
    assert trigram_overlap("", "") == 1
    assert word_similarity("a b", "b a") == pytest.approx(1)
    assert word_similarity("a", "") == 0


@pytest.mark.parametrize(("kind", "other"), [("base", "smollm2-135m"), ("instruct", "gemma-3-270m")])
def test_a_model_is_compared_with_one_of_the_other_kind_whatever_its_name(kind: Kind, other: str) -> None:
    """A folder's name says nothing: a base model from the hub was taken for an instruct model."""
    config = ExperimentConfig(model="/models/some-base")
    (step,) = [step for step in analysis_of(kind=kind, config=config).next_steps if "for comparison" in step]
    assert f"The same pairs on {other}" in step
