"""What can be said from a run's figures: the verdict, the log's three questions, signs, the loss curve, what next.

Pure: figures in, sentences out. Every figure stands beside its baseline and the number it rests on.
"""

from __future__ import annotations

from math import isfinite
from statistics import mean

from ownvoice.analysis.direction import is_shift_directional
from ownvoice.analysis.inputs import Likelier
from ownvoice.analysis.loss_curve import loss_fell, read_losses
from ownvoice.analysis.next_steps import suggest
from ownvoice.analysis.shift import decoding_noise, shift_beyond_noise
from ownvoice.analysis.signs import find_signs
from ownvoice.config import ExperimentConfig
from ownvoice.records import Analysis, Answer, Output, Outputs, PairSet, TrainingResult
from ownvoice.text import paragraphs_of, trigram_overlap, words_of
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.flaws import Degeneration

# At temperature 0.8 even a sound model now and then writes an odd answer: of 19 (3 canaries, 8 probes twice)
# this lets 3 be odd. Below half, prose is the exception.
FORMAT_WORKS_SHARE = 0.8
FORMAT_PARTLY_SHARE = 0.5


def analyse(
    pair_set: PairSet,
    baseline: Outputs,
    tuned: Outputs,
    training: TrainingResult,
    config: ExperimentConfig,
    findings: VoiceFindings,
    likelier: Likelier,
) -> Analysis:
    """Answer the log's questions; `pair_set` is the set as trained on (canaries are those the model was asked)."""
    return Analysis(
        verdict=_judge_pipeline(pair_set, baseline, tuned, training),
        answers=(
            _does_format_work(baseline, tuned, config, findings.degeneration),
            _does_output_shift(baseline, tuned, training),
            is_shift_directional(findings, likelier.tuned, likelier.against_placebo),
        ),
        findings=findings,
        signs=find_signs(pair_set, baseline, tuned, findings),
        loss_reading=read_losses(training.losses, len(pair_set.of("validation"))),
        next_steps=suggest(pair_set, tuned, training, config, findings.verdict),
    )


def _judge_pipeline(pair_set: PairSet, baseline: Outputs, tuned: Outputs, training: TrainingResult) -> str:
    problems = []
    losses = [loss for row in training.losses for loss in (row.training, row.validation) if loss is not None]
    if not losses or not all(isfinite(loss) for loss in losses):
        problems.append("a loss is not a number")
    elif not loss_fell(training.losses):
        problems.append("the training loss did not fall")
    for name, outputs in (("baseline", baseline), ("tuned", tuned)):
        other = tuned if name == "baseline" else baseline
        missing = [
            canary.id
            for canary in pair_set.canaries
            if outputs.canary(canary.id) is None and (not canary.instruct_only or other.canary(canary.id) is not None)
        ]
        if missing:
            problems.append(f"the {name} model left canary {', '.join(missing)} unanswered")
    if problems:
        return f"FAIL: {'; '.join(problems)}."
    return (
        "PASS: the pipeline works end to end: the losses are finite, the loss fell, both models answered every canary."
    )


def _does_format_work(
    baseline: Outputs, tuned: Outputs, config: ExperimentConfig, degeneration: Degeneration
) -> Answer:
    question = "Does the format work?"
    if not tuned.outputs:
        return Answer(question=question, answer="no", reason="The tuned model gave no answer.")
    share = degeneration.tuned_sound_share
    verdict = "yes" if share >= FORMAT_WORKS_SHARE else "partly" if share >= FORMAT_PARTLY_SHARE else "no"
    reason = f"{degeneration.summary} "
    if share >= FORMAT_PARTLY_SHARE and degeneration.base_sound >= degeneration.tuned_sound > 0:
        reason += "The baseline wrote prose as often, so training did not have to teach that. "
    reason += (
        f"Tuned answers have {_mean_words(tuned):.0f} words on average (baseline {_mean_words(baseline):.0f}) of at "
        f"most {config.decoding.max_new_tokens} tokens; {_with_paragraphs(tuned)} have more than one paragraph "
        f"(baseline {_with_paragraphs(baseline)})."
    )
    return Answer(question=question, answer=verdict, reason=reason)


def _does_output_shift(baseline: Outputs, tuned: Outputs, training: TrainingResult) -> Answer:
    """Changed wording alone proves little: a hair's change of the weights makes sampling take another path.

    So the word counts of the two models' answers (to one prompt, from different random numbers) are compared with
    those of two answers of the same model: only what is beyond that decoding noise counts as a shift.
    """
    question = "Does the output shift?"
    pairs = [(one, other) for one in baseline.outputs for other in tuned.outputs if _same_prompt_and_sample(one, other)]
    changed = sum(1 for one, other in pairs if one.text != other.text)
    losses = _validation_before_and_after(training)
    if not pairs or not changed:
        reason = f"{changed} of {len(pairs)} answers differ from the baseline's, word for word. {losses}"
        return Answer(question=question, answer="no", reason=reason)
    overlap = mean(trigram_overlap(one.text, other.text) for one, other in pairs)
    reason = (
        f"{changed} of {len(pairs)} answers differ; the two models' answers share {overlap:.1%} of 3-word sequences"
    )
    noise, shift = decoding_noise(baseline), shift_beyond_noise(baseline, tuned)
    if shift is None or noise is None:
        reason += f"; decoding noise was not measured (it takes 2 samples to a probe). {losses}"
        return Answer(question=question, answer="partly", reason=reason)
    reason += f", two baseline samples of one probe share {noise:.1%} (decoding noise). "
    reason += f"Beyond that noise the words moved by {shift} (cosine; 0 is no shift), "
    reason += "which is more than chance. " if shift.is_above_zero else "which chance alone can give. "
    return Answer(question=question, answer="yes" if shift.is_above_zero else "partly", reason=reason + losses)


def _same_prompt_and_sample(one: Output, other: Output) -> bool:
    return (one.prompt_id, one.sample) == (other.prompt_id, other.sample)


def _validation_before_and_after(training: TrainingResult) -> str:
    if len(training.losses) < 2:
        return "The validation loss before and after can't be compared."
    before, after = training.losses[0].validation, training.losses[-1].validation
    return f"Validation loss: {before:.3f} before, {after:.3f} after."


def _mean_words(outputs: Outputs) -> float:
    return mean(len(words_of(output.text)) for output in outputs.outputs) if outputs.outputs else 0.0


def _with_paragraphs(outputs: Outputs) -> int:
    return sum(1 for output in outputs.outputs if len(paragraphs_of(output.text)) > 1)
