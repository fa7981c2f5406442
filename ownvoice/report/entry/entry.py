"""Renders a run's entry for the logbook, and the blank template for the next run: the writer's part, then the appendix.

What a writer wants to know stands first, in words that need no statistics; what it rests on stands in the appendix. All of
it is computed anew from the figures in the record, so that an old record is told in the words of today.
"""

from __future__ import annotations

from typing import Any

from ownvoice.analysis.answers import FAIL, PASS, answer_questions
from ownvoice.analysis.loss_curve import read_losses
from ownvoice.analysis.signs import find_signs
from ownvoice.paths import PICTURE_NAME
from ownvoice.records.analysis import Answer, OwnWords
from ownvoice.records.answers import Outputs
from ownvoice.records.run import RunRecord
from ownvoice.records.training import TrainingResult
from ownvoice.report.entry.appendix import (
    canary_rows,
    changed_settings,
    probe_rows,
    tier_rows,
    training_rows,
    trait_rows,
)
from ownvoice.report.entry.blind import shown_tests
from ownvoice.report.entry.estimate import run_against_estimate, training_against_estimate
from ownvoice.report.entry.in_short import in_short
from ownvoice.report.entry.loss import few_epochs, loss_sentence
from ownvoice.report.entry.model_kind import base_or_instruct
from ownvoice.report.entry.points import POINTS, learned, not_learned
from ownvoice.report.entry.side_by_side import side_by_side
from ownvoice.report.entry.training import attempts_table, loss_table
from ownvoice.report.entry.trouble import troubles
from ownvoice.report.entry.voice import voice_notes, voice_rows
from ownvoice.report.entry.weights import weights_in_entry
from ownvoice.report.render import render

NEXT_STEPS = 3
STEPS_IN_WORDS = {
    "data": "the check of the essays",
    "baseline": "the answers before training",
    "training": "the training",
    "tuned": "the answers after training",
    "analysis": "the analysis",
}
PASSED = (
    "it trained, its essays surprise it less than at first, and both models, before and after training, answered every "
    "fixed question"
)
FAILED = (
    "The loss is how much the next piece of a word surprises the model; a canary is a question that every run asks."
)


def view_of(record: RunRecord, picture: str) -> dict[str, Any]:
    """The values that templates/log_entry.md.j2 uses; `picture` is a link of our own making."""
    return _front(record) | _appendix(record, picture)


def _front(record: RunRecord) -> dict[str, Any]:
    analysis, training = record.analysis, record.training
    short = in_short(record)
    steps = analysis.next_steps if analysis else (short.next_move[:1].upper() + short.next_move[1:],)
    return {
        "record": record,
        "short": short,
        "trained_on": _count(record, "train"),
        "held_back": _count(record, "validation"),
        "ran": _did_it_run(record),
        "not_reached": _not_reached(record),
        "canaries": side_by_side(record),
        "learned": learned(record),
        "not_learned": not_learned(record),
        "points": POINTS,
        "blind_tests": shown_tests(record),
        "losses": loss_table(few_epochs(training)) if training else None,
        "loss_sentence": loss_sentence(record),
        "kind": base_or_instruct(record),
        "troubles": troubles(record),
        "next_steps": steps[:NEXT_STEPS],
        "further_steps": steps[NEXT_STEPS:],
    }


def _appendix(record: RunRecord, picture: str) -> dict[str, Any]:
    analysis, training = record.analysis, record.training
    findings = analysis.findings if analysis else None
    changed = changed_settings(record)
    return {
        "changed": changed,
        "unchanged": {name: value for name, value in record.settings.items() if name not in changed},
        "tiers": tier_rows(record.data) if record.data else [],
        "all_losses": loss_table(training) if training else None,
        "loss_reading": _loss_reading(record),
        "trainings": training_rows(record),
        "attempts": attempts_table(record.attempts),
        "in_full": canary_rows(record),
        "probes": probe_rows(record),
        "answers": _answers(record),
        "signs": _signs(record),
        "voice_rows": voice_rows(findings),
        "voice_notes": voice_notes(findings),
        "traits": trait_rows(findings),
        "picture": picture if record.figures else None,
        "estimate": training_against_estimate(training) if training else "",
        "run_estimate": run_against_estimate(record),
        "weights": weights_in_entry(record),
        "peak_bytes": max((part.peak_bytes for part in _measured(record)), default=None),
        "seconds": sum(step.seconds for step in record.steps),
    }


def _count(record: RunRecord, split: str) -> int:
    return sum(1 for each in record.data.figures if each.split == split) if record.data else 0


def _did_it_run(record: RunRecord) -> str:
    if record.failure is not None:
        return f"No: it stopped at the step “{record.failure.step}” with {record.failure.error}."
    if record.analysis is None:
        return "It went through, without an analysis."
    verdict = record.analysis.verdict
    if verdict.startswith(PASS):
        return f"Yes ({PASS}): {PASSED}."
    return f"No ({FAIL}): {verdict.removeprefix(FAIL).lstrip(': ')} {FAILED}"


def _not_reached(record: RunRecord) -> list[str]:
    reached = {
        "data": record.data,
        "baseline": record.baseline.outputs,
        "training": record.training,
        "tuned": record.tuned.outputs,
        "analysis": record.analysis,
    }
    return [STEPS_IN_WORDS[name] for name, part in reached.items() if part is None]


def _measured(record: RunRecord) -> list[Outputs | TrainingResult]:
    return [part for part in (record.baseline.outputs, record.training, record.tuned.outputs) if part is not None]


def _answers(record: RunRecord) -> tuple[Answer, ...]:
    """From the figures; of a record that lacks some of them as they were answered then."""
    analysis, baseline, tuned = record.analysis, record.baseline.outputs, record.tuned.outputs
    if analysis is None:
        return ()
    if analysis.findings is None or baseline is None or tuned is None or record.training is None:
        return analysis.answers
    most = record.config.decoding.max_new_tokens
    return answer_questions(baseline, tuned, record.training, most, analysis.findings, analysis.likelier)


def _signs(record: RunRecord) -> tuple[str, ...]:
    analysis, baseline, tuned = record.analysis, record.baseline.outputs, record.tuned.outputs
    if analysis is None or analysis.findings is None or baseline is None or tuned is None:
        return analysis.signs if analysis else ()
    return find_signs(baseline, tuned, analysis.findings)


def _loss_reading(record: RunRecord) -> str:
    if record.training is None:
        return ""
    findings = record.analysis.findings if record.analysis else None
    by_heart = findings is not None and findings.memorisation.level != "none"
    return read_losses(record.training.losses, _count(record, "validation"), learned_by_heart=by_heart)


def render_entry(record: RunRecord, picture: str = PICTURE_NAME, quotes_her: bool = True) -> str:
    """The run's entry, ending in one line end; a failed run says what it reached.

    `picture` is where the drawing of the VOICE axis is found from where the entry stands, a path or a data URI. Without
    `quotes_her` no passage of hers is set beside the answers: for Prefect, which keeps what it shows. What a model repeats of
    her stays, as its text.
    """
    return render("log_entry.md.j2", view_of(record if quotes_her else without_own_words(record), picture))


def without_own_words(record: RunRecord) -> RunRecord:
    if record.analysis is None:
        return record
    return record.model_copy(update={"analysis": record.analysis.model_copy(update={"own_words": OwnWords()})})


def render_next_run(number: int) -> str:
    """The blank template for the run with this number."""
    return render("next_run.md.j2", {"number": number})


def render_logbook_head() -> str:
    """Title and explanation, written once, when the logbook is created."""
    return render("logbook_head.md.j2", {})
