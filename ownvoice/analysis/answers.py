"""Answers the log's three questions from a run's figures, and says whether the pipeline worked.

Pure: figures in, sentences out. Every figure stands beside its baseline and the number it rests on.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, sqrt
from statistics import mean, stdev
from typing import Literal

from ownvoice.analysis.loss_curve import loss_fell, read_losses
from ownvoice.analysis.own_words import find_own_words
from ownvoice.analysis.signs import find_signs
from ownvoice.frozen import Frozen
from ownvoice.records.analysis import Analysis, Answer
from ownvoice.records.answers import Output, Outputs
from ownvoice.records.essays import Pair, PairSet
from ownvoice.records.training import TrainingResult
from ownvoice.text import paragraphs_of, trigram_overlap, word_similarity, words_of
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.flaws import Degeneration
from ownvoice.voice.likelihood import Contrast, Likelier
from ownvoice.voice.results import VoiceFigures
from ownvoice.voice.verdict import Direction

# Student's t for a 95% interval lies between 2.2 and 2.36 for 8 to 12 probes.
T_95 = 2.3


class Shift(Frozen):
    """A mean over probes with the half-width of its 95% interval; fewer than 3 have no interval."""

    mean: float
    half_width: float | None

    @property
    def is_above_zero(self) -> bool:
        return self.half_width is not None and self.mean > self.half_width

    def __str__(self) -> str:
        if self.half_width is None:
            return f"{self.mean:+.3f} (too few probes for an interval)"
        return f"{self.mean:+.3f} ± {self.half_width:.3f}"


def shift_beyond_noise(baseline: Outputs, tuned: Outputs) -> Shift | None:
    """Mean over probes of (similarity within a model) - (similarity between the models); above 0 is a shift."""
    shifts = []
    for prompt_id in dict.fromkeys(output.prompt_id for output in baseline.outputs):
        base = [output for output in baseline.outputs if output.prompt_id == prompt_id]
        new = [output for output in tuned.outputs if output.prompt_id == prompt_id]
        # Samples with the same number share their random numbers, which would make them alike for no good reason.
        between = [word_similarity(b.text, t.text) for b in base for t in new if b.sample != t.sample]
        if len(base) < 2 or len(new) < 2 or not between:
            continue
        within = [
            mean(word_similarity(one.text, other.text) for one, other in _different(outputs)) for outputs in (base, new)
        ]
        shifts.append(mean(within) - mean(between))
    if not shifts:
        return None
    half_width = T_95 * stdev(shifts) / sqrt(len(shifts)) if len(shifts) >= 3 else None
    return Shift(mean=mean(shifts), half_width=half_width)


def decoding_noise(outputs: Outputs) -> float | None:
    """Mean share of 3-word sequences that two answers of one model to one prompt have in common."""
    twins = [(one, other) for one, other in _different(list(outputs.outputs)) if one.prompt_id == other.prompt_id]
    return mean(trigram_overlap(one.text, other.text) for one, other in twins) if twins else None


def _different(outputs: list[Output]) -> list[tuple[Output, Output]]:
    return [(one, other) for i, one in enumerate(outputs) for other in outputs[:i]]


NO_CONTRAST = (
    "Whether the held-out essays gained more than other writers' was not measured: the config names no other writers "
    "(data.third_authors and data.placebo are empty)."
)
QUESTION = "Is the shift towards the author?"
IN_SHORT: dict[Direction, Literal["yes", "no", "partly", "insufficient evidence"]] = {
    "voice moved": "yes",
    "moved: format or voice": "partly",
    "moved: topic only": "no",
    "moved away from you": "no",
    "not moved": "no",
    "memorised": "no",
    "insufficient evidence": "insufficient evidence",
}


def is_shift_directional(findings: VoiceFindings, contrast: Contrast | None, placebo: Contrast | None) -> Answer:
    """The verdict, whose reason the entry gives first, then every other figure that speaks for or against it.

    `contrast` is the likelihood's from baseline to tuned, `placebo` from placebo-tuned to tuned.
    """
    verdict, figures = findings.verdict, findings.figures
    parts = [
        f"The verdict is “{verdict.direction}”, for the reason above.",
        _index(figures) if figures else findings.not_measured,
        _likelihood("By training", contrast) if contrast else NO_CONTRAST,
        _likelihood("Against the placebo's model", placebo) if placebo else "",
        findings.memorisation.reason if findings.memorisation.level == "warn" else "",
        findings.register_fit.sentence if findings.register_fit else "",
    ]
    return Answer(question=QUESTION, answer=IN_SHORT[verdict.direction], reason=" ".join(filter(None, parts)))


def _index(figures: VoiceFigures) -> str:
    distances = figures.distances
    if distances is None or distances.held_out is None or distances.held_out_minus_baseline is None:
        return ""
    own = (
        f"your own essays lie at {distances.held_out.mean:+.2f} z, the untuned model at {distances.baseline.mean:+.2f}"
    )
    if distances.index is None:
        return f"There is no index V: {own}, too near to each other for a quotient."
    index = distances.index
    return f"V = {index.mean:.2f} ({index.low:.2f} to {index.high:.2f}; 0 is the untuned model, 1 your essays): {own}."


def _likelihood(how: str, contrast: Contrast) -> str:
    essays = f"{_essays(contrast.own_essays)} against {_essays(contrast.control_essays)}"
    if contrast.low is None or contrast.high is None:
        interval = f"{essays}; no interval: {contrast.reason.rstrip('.')}"
    else:
        interval = f"95% interval {contrast.low:+.3f} to {contrast.high:+.3f}; {essays}"
    sentence = (
        f"{how}, your held-out essays gained {contrast.mean:+.3f} bits a {contrast.unit} beyond what other writers' gained "
        f"({interval})"
    )
    if contrast.generic_share is not None and contrast.generic_share > 0:
        return f"{sentence}; {min(1.0, contrast.generic_share):.0%} of their gain is anybody's."
    return f"{sentence}."


def _essays(number: int) -> str:
    return f"{number} essay{'s' * (number != 1)}"


PASS, FAIL = "PASS", "FAIL"
# At temperature 0.8 even a sound model now and then writes an odd answer: of 19 (3 canaries, 8 probes twice)
# this lets 3 be odd. Below half, prose is the exception.
FORMAT_WORKS_SHARE = 0.8
FORMAT_PARTLY_SHARE = 0.5


def analyse(
    pair_set: PairSet,
    author: Sequence[Pair],
    baseline: Outputs,
    tuned: Outputs,
    training: TrainingResult,
    max_new_tokens: int,
    findings: VoiceFindings,
    likelier: Likelier,
    next_steps: tuple[str, ...],
) -> Analysis:
    """Answer the log's questions; `pair_set` is the set as trained on (canaries are those the model was asked)."""
    held_out = len(pair_set.of("validation"))
    return Analysis(
        verdict=_judge_pipeline(pair_set, baseline, tuned, training),
        answers=answer_questions(baseline, tuned, training, max_new_tokens, findings, likelier),
        likelier=likelier,
        findings=findings,
        own_words=find_own_words(pair_set.canaries, author, findings.traits),
        signs=find_signs(baseline, tuned, findings),
        loss_reading=read_losses(training.losses, held_out, learned_by_heart=findings.memorisation.level != "none"),
        next_steps=next_steps,
    )


def answer_questions(
    baseline: Outputs,
    tuned: Outputs,
    training: TrainingResult,
    max_new_tokens: int,
    findings: VoiceFindings,
    likelier: Likelier,
) -> tuple[Answer, ...]:
    """Format, shift, direction; the entry asks again, so that an old record is told in the words of today."""
    return (
        _does_format_work(baseline, tuned, max_new_tokens, findings.degeneration),
        _does_output_shift(baseline, tuned, training),
        is_shift_directional(findings, likelier.tuned, likelier.against_placebo),
    )


def _judge_pipeline(pair_set: PairSet, baseline: Outputs, tuned: Outputs, training: TrainingResult) -> str:
    problems = []
    losses = [loss for row in training.losses for loss in (row.training, row.validation) if loss is not None]
    if not losses or not all(isfinite(loss) for loss in losses):
        problems.append("a loss is not a number")
    elif not loss_fell(training.losses):
        problems.append("the training loss did not fall")
    for when, outputs, other in (("before", baseline, tuned), ("after", tuned, baseline)):
        missing = [
            canary.id
            for canary in pair_set.canaries
            if outputs.canary(canary.id) is None and (not canary.instruct_only or other.canary(canary.id) is not None)
        ]
        if missing:
            problems.append(f"the model {when} training left canary {', '.join(missing)} unanswered")
    if problems:
        return f"{FAIL}: {'; '.join(problems)}."
    return f"{PASS}: every loss is a number, the training loss fell, and both models answered every canary."


def _does_format_work(baseline: Outputs, tuned: Outputs, max_new_tokens: int, degeneration: Degeneration) -> Answer:
    question = "Does the format work?"
    if not tuned.outputs:
        return Answer(question=question, answer="no", reason="The tuned model gave no answer.")
    share = degeneration.tuned_sound_share
    works = share >= FORMAT_WORKS_SHARE and not degeneration.sound_prose_fell
    verdict = "yes" if works else "partly" if share >= FORMAT_PARTLY_SHARE else "no"
    reason = f"{degeneration.summary} "
    if degeneration.sound_prose_fell:
        reason += "Sound prose fell with the training. "
    elif share >= FORMAT_PARTLY_SHARE and degeneration.base_sound >= degeneration.tuned_sound > 0:
        reason += "The baseline wrote prose as often, so training did not have to teach that. "
    reason += (
        f"Tuned answers have {_mean_words(tuned):.0f} words on average (baseline {_mean_words(baseline):.0f}) of at "
        f"most {max_new_tokens} tokens; {_with_paragraphs(tuned)} have more than one paragraph "
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
        return Answer(question=question, answer="not measured yet", reason=reason)
    reason += f", two baseline samples of one probe share {noise:.1%} (decoding noise). "
    reason += f"Beyond that noise the words moved by {shift} (cosine; 0 is no shift), "
    reason += "which is more than chance. " if shift.is_above_zero else "which chance alone can give. "
    return Answer(
        question=question, answer="yes" if shift.is_above_zero else "insufficient evidence", reason=reason + losses
    )


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
