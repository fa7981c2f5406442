"""Remembers the weights of a training's best epoch."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ownvoice.records.training import EpochLoss


class BestEpoch:
    """A copy of what is trained, in the machine's memory, as it was after the epoch with the lowest validation loss."""

    def __init__(self, parameters: Sequence[torch.Tensor]) -> None:
        self._parameters = parameters
        self._copies: list[torch.Tensor] = []
        self._loss: EpochLoss | None = None

    def consider(self, loss: EpochLoss) -> None:
        """Called after every epoch."""
        if self._loss is None or loss.validation < self._loss.validation:
            self._loss = loss
            self._copies = [parameter.detach().to("cpu", copy=True) for parameter in self._parameters]

    def put_back(self) -> int | None:
        """Give the model those weights; returns their epoch. None where no epoch went by."""
        with torch.no_grad():
            for parameter, copy in zip(self._parameters, self._copies, strict=False):
                parameter.copy_(copy)
        return self._loss.epoch if self._loss else None
