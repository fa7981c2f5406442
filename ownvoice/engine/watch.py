"""Looks at a training from within: asks the model between epochs.

It doesn't change the training: answers draw from generators of their own, and the model is left as it was found.
"""

from __future__ import annotations

from ownvoice.engine.device import Arithmetic
from ownvoice.engine.generate import generate_outputs
from ownvoice.engine.load import LoadedModel
from ownvoice.engine.recall import probe_prefixes
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.training import Look
from ownvoice.worker.messages import GenerateRequest, OnLook, PrefixRequest, Report, TrainRequest

# The optimizer's states are in memory as well, so fewer at once than when a model is asked by itself.
AT_ONCE = 12


class Watcher:
    """Takes a look after every so many epochs; those that an earlier attempt took are not taken again."""

    def __init__(
        self, loaded: LoadedModel, request: TrainRequest, arithmetic: Arithmetic, report: Report, on_look: OnLook
    ) -> None:
        assert request.looks is not None, "a watcher is made for a training with looks"
        self._loaded, self._arithmetic, self._report, self._on_look = loaded, arithmetic, report, on_look
        self._every = request.looks.every
        self._seen = {look.epoch: look for look in request.seen}
        self._answers = GenerateRequest(
            model_folder="", prompts=request.looks.prompts, decoding=request.looks.decoding, answers_at_once=AT_ONCE
        )
        self._prefixes = PrefixRequest(model_folder="", examples=request.train, answers_at_once=AT_ONCE)
        self.looks: list[Look] = []

    def look_after(self, epoch: int) -> None:
        if epoch % self._every:
            return
        look = self._seen.get(epoch)
        if look is None:
            look = self._look(epoch)
            self._on_look(look)
        self.looks.append(look)

    def _look(self, epoch: int) -> Look:
        self._loaded.model.eval()
        stage = f"look after epoch {epoch}"
        outputs = generate_outputs(self._loaded, self._answers, self._arithmetic, stage, self._report)
        matches = probe_prefixes(self._loaded, self._prefixes, self._arithmetic, stage, self._report)
        return Look(epoch=epoch, answers=ModelAnswers(outputs=outputs, prefixes=matches))
