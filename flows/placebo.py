"""The placebo within a run: the same base, sizes and seeds on another author, answered and measured the same way."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from flows.resources import only_one, plan_training, weights_in_use
from ownvoice.config import ExperimentConfig
from ownvoice.errors import RunFailed
from ownvoice.memory.plan import Descent, following
from ownvoice.paths import is_stored
from ownvoice.records import CheckedPlacebo, ModelInfo, PlaceboRun, TrainingResult
from ownvoice.run.plan import Plan, Step
from ownvoice.run.session import current_session
from ownvoice.run.state import Reached, between
from ownvoice.worker.messages import TrainRequest
from tasks.ask_model import placebo_answers
from tasks.fine_tune import fine_tune_placebo
from tasks.read_essays import placebo_likelihood
from tasks.steps import Steps


class PlannedPlacebo(NamedTuple):
    essays: CheckedPlacebo
    plan: Plan
    descent: Descent


def plan_placebo(config: ExperimentConfig, info: ModelInfo, essays: CheckedPlacebo | None) -> PlannedPlacebo | None:
    """None where the config trains none. What doesn't fit is refused before the author's own training starts.

    Raises:
        DiskRefused, MemoryRefused: as the author's own training.
    """
    if essays is None or not config.trains_placebo:
        return None
    plan = Plan(config, info, essays.checked)
    return PlannedPlacebo(essays, plan, plan_training(config, info, essays.checked, plan.training().key))


def run_placebo(
    reached: Reached, steps: Steps, own: Plan, own_training: TrainingResult, placebo: PlannedPlacebo
) -> None:
    """Fills in `reached.placebo` step by step; training and answers know nothing of the author's essays."""
    essays, plan, descent = placebo
    reached.placebo = PlaceboRun(figures=essays.checked.figures, notes=essays.checked.notes)
    request = plan.training()
    with weights_in_use(request.key):
        training = train_placebo(reached, steps, request, following(descent, own_training.rung))
        _add(reached, outputs=steps.run(placebo_answers, *plan.generation(training)))
        likelihoods = steps.run(placebo_likelihood, *own.likelihood(essays.control, training))
    _add(reached, likelihoods=likelihoods, contrast=between(likelihoods, reached.tuned_likelihoods))


def train_placebo(reached: Reached, steps: Steps, request: Step[TrainRequest], descent: Descent) -> TrainingResult:
    """A run of another experiment may train the very same placebo on another device, into the very same folder.

    A result that is stored needs no lock, and a run that holds the lock must not wait for a device: it has its
    turn already (`plan_training`).
    """
    session = current_session()
    session.attempts = []
    task = fine_tune_placebo.with_options(retries=len(descent.rungs) - 1)
    lock = f"placebo-{request.key}"
    stored = is_stored(request.key)
    try:
        with contextlib.nullcontext() if stored else only_one(lock, session.display.say, "The same placebo"):
            training = steps.run(task, *request, descent)
    except RunFailed:
        _add(reached, attempts=tuple(session.attempts))
        raise
    _add(reached, training=training, attempts=training.attempts)
    return training


def _add(reached: Reached, **figures: object) -> None:
    assert reached.placebo is not None
    reached.placebo = reached.placebo.model_copy(update=figures)
