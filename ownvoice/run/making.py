"""The training that makes a model of another one, as a row that the same task carries out as a run's own trainings."""

from __future__ import annotations

from ownvoice.config import TrainingConfig
from ownvoice.memory.demand import Demand, EssaySizes
from ownvoice.models.folder import WEIGHTS
from ownvoice.models.known import KnownModel
from ownvoice.models.making import made_folder, making_examples
from ownvoice.models.prepare import shape_of
from ownvoice.paths import essays_folder
from ownvoice.records.model import ModelInfo
from ownvoice.run.cache_keys import making_key
from ownvoice.run.digests import digest
from ownvoice.run.plan import Training
from ownvoice.worker.examples import Example, write_examples
from ownvoice.worker.messages import Examples, TrainRequest


def training_that_makes(known: KnownModel, base: ModelInfo) -> Training:
    """Lays the texts where the worker maps them; the weights go where the model will lie.

    Raises:
        DiskFull: nothing is left of it.
    """
    making = known.made
    assert making is not None, f"{known.name} is not made here"
    laid = making_examples(making, base)
    request = TrainRequest(
        model_folder=base.folder,
        method="full",
        train=_laid(laid["train"]),
        validation=_laid(laid["validation"]),
        training=TrainingConfig(
            learning_rate=making.learning_rate,
            epochs=making.passes,
            batch_size=making.batch_size,
            seed=making.seed,
        ),
        weights=str(made_folder(known) / WEIGHTS),
    )
    return Training(
        name=f"Make {known.name}",
        model=known.name,
        request=request,
        key=making_key(request, base),
        demand=Demand(
            shape=shape_of(base),
            method="full",
            allow="rounding",
            batch=making.batch_size,
            epochs=making.passes,
            lora_rank=1,
            drops=False,
            essays=_sizes(laid["train"]),
            asked=None,
        ),
    )


def _laid(rows: tuple[Example, ...]) -> Examples:
    fingerprint = digest("\0".join(f"{row.id}\0{row.input_ids}" for row in rows).encode())
    file = essays_folder() / f"making-{fingerprint}.arrow"
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_examples(file, rows)
    return Examples(path=str(file), fingerprint=fingerprint, rows=len(rows))


def _sizes(rows: tuple[Example, ...]) -> EssaySizes:
    tokens = [len(row.input_ids) + 1 for row in rows]
    return EssaySizes(longest=max(tokens), train_essays=len(rows), train_tokens=sum(tokens))
