"""Packed weights multiply as the plain ones do, a row's result doesn't depend on the others, and nothing of it stays."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from ownvoice.engine import products
from ownvoice.engine.device import Arithmetic
from ownvoice.engine.load import LoadedModel, compute_in_float32, load_model
from ownvoice.engine.products import answering_dtype, packed_products
from tests.end_to_end.tiny_models import save_tiny_gpt2, save_tiny_llama

CPU = torch.device("cpu")
BF16 = Arithmetic(torch.bfloat16, "bf16")
DTYPES = [
    torch.float32,
    pytest.param(
        torch.bfloat16,
        marks=pytest.mark.skipif(
            answering_dtype(CPU, BF16) != torch.bfloat16, reason="this processor computes in fp32"
        ),
    ),
]
WIDTHS = [(576, 192), (1536, 576), (640, 2048)]
"""Inputs and outputs of SmolLM2's and Gemma's layers."""


def layer(inputs: int, outputs: int) -> LoadedModel:
    """A model of one layer, which is no output layer."""
    torch.manual_seed(inputs)
    model = torch.nn.Sequential(torch.nn.Linear(inputs, outputs))
    model.get_output_embeddings = lambda: None  # type: ignore[assignment]
    return LoadedModel(model, None, CPU)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("inputs", "outputs"), WIDTHS)
def test_a_rows_result_is_the_same_to_the_bit_beside_any_others(inputs: int, outputs: int, dtype: torch.dtype) -> None:
    loaded, rows = layer(inputs, outputs), torch.randn(64, inputs)
    with packed_products(loaded, dtype, chosen_from=50), torch.inference_mode():
        together = loaded.model(rows)
        for number in (1, 2, 7, 27, 32):
            assert torch.equal(loaded.model(rows[:number]), together[:number]), number
        order = torch.randperm(64)
        assert torch.equal(loaded.model(rows[order]), together[order])
    with torch.inference_mode():
        torch.testing.assert_close(
            together.float(), loaded.model(rows), rtol=0.02, atol=0.02 if dtype != torch.float32 else 1e-5
        )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("save", [save_tiny_llama, save_tiny_gpt2], ids=["llama", "gpt2"])
def test_the_highest_scores_are_those_of_fp32_and_the_model_is_left_as_it_was_and_can_be_trained(
    save: Callable[[Path], Path], dtype: torch.dtype, tmp_path: Path
) -> None:
    loaded = load_model(str(save(tmp_path)), CPU)
    head, states = loaded.model.get_output_embeddings(), torch.randn(5, loaded.model.config.hidden_size)
    ids = torch.tensor([[3, 4, 5, 6]])
    weights = {name: weight.clone() for name, weight in loaded.model.named_parameters()}
    with torch.inference_mode():
        before, scores = loaded.model(ids).logits, head(states)
    with packed_products(loaded, dtype, chosen_from=50), torch.inference_mode():
        packed = head(states)
        assert loaded.model(ids).logits.shape == before.shape
    assert all(torch.equal(weight, weights[name]) for name, weight in loaded.model.named_parameters())
    loaded.model(ids, labels=ids).loss.backward()
    with torch.inference_mode():
        assert torch.equal(loaded.model(ids).logits, before)
    highest = scores.topk(50).indices
    torch.testing.assert_close(packed.gather(1, highest), scores.gather(1, highest), rtol=1e-5, atol=1e-5)
    assert not [name for name, module in loaded.model.named_modules() if "forward" in module.__dict__]


def test_a_processor_without_bf16_answers_in_fp32_and_as_independently() -> None:
    """The instructions are switched off, in a process of its own."""
    off = {"ONEDNN_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
    code = (
        "import torch\n"
        "from tests.end_to_end.test_products import *\n"
        "assert answering_dtype(CPU, BF16) == torch.float32\n"
        "for inputs, outputs in WIDTHS:\n"
        "    test_a_rows_result_is_the_same_to_the_bit_beside_any_others(inputs, outputs, torch.float32)\n"
        "print('the same')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **off},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.stdout == "the same\n", ran.stderr


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("stored", [torch.bfloat16, torch.float16])
def test_weights_that_are_stored_in_16_bits_are_multiplied_without_a_copy(
    stored: torch.dtype, dtype: torch.dtype, tmp_path: Path
) -> None:
    loaded, ids = load_model(str(save_tiny_llama(tmp_path)), CPU), torch.tensor([[3, 4, 5, 6]])
    loaded.model.to(stored)
    weights = {name: weight.data_ptr() for name, weight in loaded.model.named_parameters()}
    wide = copy.deepcopy(loaded.model).float()
    compute_in_float32(loaded.model, torch.bfloat16)
    with packed_products(loaded, dtype, chosen_from=50), torch.inference_mode():
        scores = loaded.model(ids).logits
        assert {name: weight.data_ptr() for name, weight in loaded.model.named_parameters()} == weights
    torch.testing.assert_close(scores.float(), wide(ids).logits, rtol=0.05, atol=0.05)


def test_a_failure_in_the_midst_of_packing_leaves_the_model_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, ids, packed = load_model(str(save_tiny_llama(tmp_path)), CPU), torch.tensor([[3, 4, 5, 6]]), [0]
    before, pack = loaded.model(ids).logits, products._pack

    def fails_at_the_fifth(weight: torch.Tensor) -> torch.Tensor:
        packed[0] += 1
        if packed[0] > 5:  # the first is a trial
            raise ValueError("no room")
        return pack(weight)

    monkeypatch.setattr(products, "_pack", fails_at_the_fifth)
    with pytest.raises(ValueError, match="no room"), packed_products(loaded, torch.float32, chosen_from=50):
        pass
    assert torch.equal(loaded.model(ids).logits, before)
