"""Has a run's model on this disk: fetched, or made of another one first."""

from __future__ import annotations

from flows.resources import device_for_this_run, plan_descents
from ownvoice.errors import ModelUnavailable, RunFailed
from ownvoice.files import exclusive
from ownvoice.models.known import KnownModel, find_known
from ownvoice.models.making import describe_made
from ownvoice.models.prepare import find_prepared, model_identity
from ownvoice.paths import models_folder
from ownvoice.records.model import ModelInfo
from ownvoice.run.cache_keys import fetch_key
from ownvoice.run.making import training_that_makes
from ownvoice.run.session import current_session
from tasks.fetch_model import fetch_model
from tasks.fine_tune import fine_tune
from tasks.steps import Steps


def have_model(name: str, revision: str | None, steps: Steps) -> ModelInfo:
    """The model as it lies on this disk.

    Raises:
        ModelUnavailable, NetworkUnavailable: it can't be had, or can't be made here.
        MemoryRefused, DiskRefused: there is no room for making it.
    """
    known = find_known(name)
    if known is None or known.made is None:
        return steps.run(fetch_model, fetch_key(name, revision), name, revision)
    if info := find_prepared(known.name, None):
        return info
    current_session().give_device_back()  # another project may be making the same one, and need the device
    models_folder().mkdir(parents=True, exist_ok=True)
    with exclusive(models_folder() / f".{known.name}.lock"):
        return find_prepared(known.name, None) or _make(known, steps)


def _make(known: KnownModel, steps: Steps) -> ModelInfo:
    """Down the memory settings as any training; half made, it is made anew."""
    assert known.made is not None, f"{known.name} is not made here"
    base = have_model(known.made.base, None, steps)
    training = training_that_makes(known, base)
    with device_for_this_run():
        current_session().begin_training(plan_descents((training,))[training.id])
        try:
            made = steps.run(fine_tune.with_options(name=training.name), training.key, training, training.request)
        except RunFailed as error:  # there is no run yet that could be logged
            raise ModelUnavailable(
                f"{known.name} can't be made: {error.found}", error.expected, error.remedy
            ) from error
    return describe_made(known, base, model_identity(known.name, None), made.losses)
