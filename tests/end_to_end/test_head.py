"""The output layer with its loss by blocks, beside torch's own: the same losses, the same gradients of every weight."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM

from ownvoice.engine import head as output_layer
from ownvoice.engine.device import Arithmetic
from ownvoice.engine.head import Head, summed_loss
from ownvoice.engine.load import LoadedModel
from ownvoice.engine.loss import LossOfBatch
from ownvoice.engine.tokens import Tokens

FP32 = Arithmetic(None, "fp32")
BATCH = (Tokens([5, 9, 2, 7, 7, 3, 8], 2), Tokens([4, 9, 6, 1], 1))


@pytest.mark.parametrize("keeps_logits", [True, False])
@pytest.mark.parametrize("cap", [None, 0.5])
def test_the_loss_by_blocks_has_the_gradients_of_the_whole(
    cap: float | None, keeps_logits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output_layer, "BLOCK_ELEMENTS", 70)  # 7 words at a time, 2 in the last
    torch.manual_seed(0)
    hidden, weight = torch.randn(10, 8, requires_grad=True), torch.randn(30, 8, requires_grad=True)
    labels = torch.randint(0, 30, (10,))
    logits = hidden @ weight.T if cap is None else cap * torch.tanh(hidden @ weight.T / cap)
    each = cross_entropy(logits, labels, reduction="none")
    head = Head(weight, cap, torch.float32, keeps_logits)
    by_blocks = summed_loss(hidden, head, labels) / 3
    torch.testing.assert_close(by_blocks, each.sum() / 3)
    torch.testing.assert_close(output_layer.losses(hidden, head, labels), each)
    for ours, theirs in zip(
        torch.autograd.grad(by_blocks, (hidden, weight)),
        torch.autograd.grad(each.sum() / 3, (hidden, weight)),
        strict=True,
    ):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("examples", [BATCH[:1], BATCH])
@pytest.mark.parametrize("tiny", ["tiny_llama", "tiny_gpt2", "tiny_gemma"])
def test_a_weight_that_is_embedding_and_output_layer_has_the_gradient_of_both(
    tiny: str, examples: tuple[Tokens, ...], request: pytest.FixtureRequest
) -> None:
    """Gemma scales what it looks up; of two essays the shorter is padded, and read twice the gradients add up."""
    loaded = without_dropout(request.getfixturevalue(tiny))
    assert loaded.model.get_input_embeddings().weight is loaded.model.get_output_embeddings().weight
    loss_of = LossOfBatch(loaded, FP32)
    ours = gradients(loaded, lambda: loss_of(examples).total)
    for name, expected in gradients(loaded, lambda: plain_loss(loaded, examples)).items():
        torch.testing.assert_close(ours[name], expected)


def gradients(loaded: LoadedModel, loss: Callable[[], torch.Tensor]) -> dict[str, torch.Tensor]:
    """Of every weight by its name, the loss taken twice."""
    loaded.model.zero_grad()
    for _ in range(2):
        torch.autograd.backward(loss())
    return {name: weight.grad for name, weight in loaded.model.named_parameters()}


def without_dropout(folder: Path) -> LoadedModel:
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    return LoadedModel(model, SimpleNamespace(pad_token_id=0), torch.device("cpu"))


def plain_loss(loaded: LoadedModel, examples: tuple[Tokens, ...]) -> torch.Tensor:
    losses = []
    for example in examples:
        ids = torch.tensor([example.ids])
        logits = loaded.model(ids).logits[0, example.untaught - 1 : -1]
        losses.append(cross_entropy(logits, ids[0, example.untaught :], reduction="sum"))
    return torch.stack(losses).sum()
