"""What went wrong in a run and what was done about it; of a run without trouble that there was none."""

from __future__ import annotations

from collections.abc import Iterator

from ownvoice.ladder import LADDER, Changes
from ownvoice.markdown import one_line
from ownvoice.records.run import RunRecord
from ownvoice.records.training import Attempt, TrainingResult
from ownvoice.report.entry.estimate import training_against_estimate
from ownvoice.units import duration

WORTH_TELLING = 0.25
"""An estimate that is off by a quarter is not what a person planned with."""
ENDED_CHARACTERS = 160
CHANGES: dict[Changes, str] = {
    "nothing": "which changes nothing in the result",
    "rounding": "which rounds more coarsely",
    "method": "which trains a small addition to the model in place of the whole",
}


def troubles(record: RunRecord) -> list[str]:
    """A sentence each; messages in them come from libraries: untrusted."""
    return [*_troubles(record)] or [_nothing(record)]


def _troubles(record: RunRecord) -> Iterator[str]:
    if record.failure is not None:
        yield f"The run stopped at the step “{record.failure.step}”, as told above; what was reached is kept."
    yield from _attempts(record.attempts, record.training is not None)
    yield from _not_reached(record)
    if record.waited_seconds >= 1:
        yield f"It waited {duration(record.waited_seconds)} for another run that used the device; no other time counts it."
    training = record.training
    if training and training.estimated_seconds > 0 and abs(_off(training)) > WORTH_TELLING:
        yield f"The training took {duration(training.seconds)}; {training_against_estimate(training)}."
    for note in record.data.notes if record.data else ():
        yield f"{note} (A token is a piece of a word.)" if "token" in note else note


def _attempts(attempts: tuple[Attempt, ...], went_on: bool) -> Iterator[str]:
    """Each that failed, and where it went on."""
    for place, attempt in enumerate(attempts):
        if attempt.ended == "completed":
            continue
        follows = attempts[place + 1].rung if place + 1 < len(attempts) else ""
        then = f"it went on at “{follows}”, {_changes(follows)}" if follows else "that was the last one allowed"
        if not follows and went_on:
            then = "it was tried again"
        yield f"The training failed at the memory setting “{attempt.rung}” ({one_line(attempt.ended, ENDED_CHARACTERS)}): {then}."


def _changes(rung: str) -> str:
    known = next((each for each in LADDER if each.name == rung), None)
    return CHANGES[known.changes] if known else "see docs/memory.md"


def _not_reached(record: RunRecord) -> Iterator[str]:
    for run in record.seeds:
        if run.training is None:
            yield f"The further training (seed {run.seed}, which sets its chances) reached nothing."
    for placebo in record.placebos:
        trainings = (placebo.training, *(run.training for run in placebo.seeds))
        if missing := sum(1 for training in trainings if training is None):
            whom = f"another writer ({placebo.writer})" if placebo.writer else "another writer"
            yield f"On {whom} {missing} of {len(trainings)} trainings reached nothing."


def _nothing(record: RunRecord) -> str:
    training = record.training
    if training is None:
        return "Nothing that was noticed."
    took = f"the training took {duration(training.seconds)} ({training_against_estimate(training)})"
    return f"Nothing: it went through at the first attempt, without a wait, and {took}."


def _off(training: TrainingResult) -> float:
    return training.seconds / training.estimated_seconds - 1
