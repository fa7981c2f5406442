"""Looks and the best epoch, on tiny real models: they change nothing of the training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from ownvoice.config import DecodingConfig
from ownvoice.engine.best import BestEpoch
from ownvoice.records.training import EpochLoss, Look, TrainingResult
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import Looks, TrainRequest
from tests.end_to_end.test_worker import silent
from tests.end_to_end.tiny_models import save_tiny_gpt2, save_tiny_llama
from tests.end_to_end.tiny_requests import PROMPTS, answers, request_to_train
from tests.example_files import Text, examples_of

LOOKS = Looks(every=2, prompts=PROMPTS, decoding=DecodingConfig(max_new_tokens=24))


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_tiny_llama(tmp_path_factory.mktemp("llama"))


def watched(worker: Worker, request: TrainRequest, **changes: object) -> tuple[TrainingResult, list[Look]]:
    kept: list[Look] = []
    result = worker.call(request.model_copy(update={"looks": LOOKS, **changes}), silent, kept.append)
    assert isinstance(result, TrainingResult)
    return result, kept


@pytest.mark.parametrize("method", ["full", "lora"])
def test_looks_leave_losses_and_weights_as_they_are(
    llama: Path, tmp_path_factory: pytest.TempPathFactory, method: str
) -> None:
    folder = tmp_path_factory.mktemp("weights")
    requests = [request_to_train(llama, folder / name / "model.safetensors", method, epochs=5) for name in "ab"]
    with Worker() as worker:
        plain = worker.call(requests[0], silent)
        looked, kept = watched(worker, requests[1])
    assert isinstance(plain, TrainingResult)
    assert looked.losses == plain.losses
    assert looked.weights.sha256 == plain.weights.sha256
    assert [look.epoch for look in looked.looks] == [2, 4]
    assert tuple(kept) == looked.looks
    assert plain.looks == ()


def test_dropout_is_the_same_with_looks_and_without(tmp_path: Path) -> None:
    folder = save_tiny_gpt2(tmp_path / "gpt2")
    with Worker() as worker:
        plain = worker.call(request_to_train(folder, tmp_path / "a" / "model.safetensors", epochs=4), silent)
        looked, _ = watched(worker, request_to_train(folder, tmp_path / "b" / "model.safetensors", epochs=4))
    assert isinstance(plain, TrainingResult)
    assert looked.losses == plain.losses


def test_a_look_answers_as_the_model_of_that_epoch_and_one_that_was_taken_is_not_taken_again(
    llama: Path, tmp_path: Path
) -> None:
    request = request_to_train(llama, tmp_path / "a" / "model.safetensors", epochs=4)
    with Worker() as worker:
        result, _ = watched(worker, request)
        last = result.looks[-1].answers.outputs
        assert last is not None
        assert [output.text for output in last.outputs] == answers(worker, llama, result.weights.path)
        assert [match.id for match in result.looks[0].answers.prefixes.matches] == ["0", "1", "2"]  # type: ignore[union-attr]
        again, kept = watched(worker, request, seen=result.looks[:1])
    assert [look.epoch for look in kept] == [4]
    assert [look.epoch for look in again.looks] == [2, 4]


@pytest.mark.parametrize("method", ["full", "lora"])
def test_the_best_epoch_is_kept_and_not_the_last(llama: Path, tmp_path: Path, method: str) -> None:
    """A held-out essay of other words is soon learned worse again."""
    other = Text("v", "Write.\n---\nTopic v\n\n", "Nine boats argued under the furious green museum of March. " * 6)
    asked = {
        keep: request_to_train(
            llama, tmp_path / keep / "model.safetensors", method, epochs=12, learning_rate=2e-2, keep=keep
        ).model_copy(update={"validation": examples_of(llama, other)})
        for keep in ("best", "last")
    }
    with Worker() as worker:
        best, last = (worker.call(request, silent) for request in asked.values())
    assert isinstance(best, TrainingResult)
    assert isinstance(last, TrainingResult)
    lowest = min(best.losses[1:], key=lambda row: row.validation)
    assert lowest.epoch < 12, "the test needs a training that gets worse"
    assert (best.kept_epoch, last.kept_epoch) == (lowest.epoch, None)
    assert best.losses == last.losses
    assert best.weights.sha256 != last.weights.sha256
    assert load_file(best.weights.path).keys() == load_file(last.weights.path).keys()


def test_the_best_weights_are_a_copy_and_come_back_to_the_bit() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    best = BestEpoch([weight])
    assert best.put_back() is None
    for epoch, (value, loss) in enumerate([(3.0, 2.0), (4.0, 1.0), (5.0, 1.5)], start=1):
        weight.data.fill_(value)
        best.consider(EpochLoss(epoch=epoch, training=None, validation=loss))
    assert best.put_back() == 2
    assert weight.tolist() == [4.0, 4.0]
