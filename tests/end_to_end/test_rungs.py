"""The ladder on tiny models: what each rung promises about losses, weights and non-finite numbers."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
)

from ownvoice.config import DecodingConfig
from ownvoice.engine.device import Arithmetic, choose_arithmetic
from ownvoice.engine.generate import SeededSampling
from ownvoice.engine.head import Head, summed_loss
from ownvoice.engine.load import LoadedModel, compute_in_float32
from ownvoice.engine.loss import BatchLoss, batch_of
from ownvoice.engine.optimizer import (
    ParameterOptimizer,
    Scratch,
    StepAfterBackward,
    StepInBackward,
    round_stochastically,
)
from ownvoice.engine.tokens import Tokens
from ownvoice.engine.train import StepCounter, TrainingLoop, precision_of
from ownvoice.errors import NonFiniteLoss
from ownvoice.ladder import AS_CONFIGURED, LADDER, ORDER, Allowed, Hardware, Method, Rung, rungs_for
from ownvoice.records.training import TrainingResult
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import GenerateRequest, PromptText
from tests.end_to_end.test_worker import ask, silent, texts
from tests.end_to_end.tiny_requests import HELD_OUT, TRAIN, request_to_train, settings_of_a_training

EXACT = [rung for rung in LADDER if rung.changes == "nothing"][1:]
ROUNDED = [rung for rung in LADDER if rung.changes == "rounding"]
ADAPTED = [rung for rung in LADDER if rung.method == "lora"]


def by_name(rung: Rung) -> str:
    return rung.name.replace(" ", "-")


def train(worker: Worker, folder: Path, weights: Path, rung: Rung, **training: Any) -> TrainingResult:
    request = request_to_train(folder, weights / "model.safetensors", **training).model_copy(update={"rung": rung})
    result = worker.call(request, silent)
    assert isinstance(result, TrainingResult)
    return result


def take_step(
    optimizer: StepAfterBackward | StepInBackward, loss: Callable[[], torch.Tensor], learning_rate: float = 1e-2
) -> None:
    """One step of the training loop on a token whose loss is what `loss` makes it."""
    loop = TrainingLoop(
        model=None,
        loss_of=lambda _: BatchLoss(loss(), 1),
        optimizer=optimizer,
        essays=[],
        held_out=[],
        request=settings_of_a_training(),
        counter=StepCounter(1, torch.device("cpu"), silent),
    )
    loop.take_step([Tokens([1, 2], untaught=1)], learning_rate)


def take_steps(number: int, optimizer: StepAfterBackward | StepInBackward, loss: Callable[[], torch.Tensor]) -> None:
    for _ in range(number):
        take_step(optimizer, loss)


def without_gradient(weights: torch.Tensor) -> torch.Tensor:
    """A loss that is a number, though its gradient is none: the slope of a root at 0."""
    return (weights - weights.detach()).sqrt().sum()


def losses(result: TrainingResult) -> list[float]:
    return [x for loss in result.losses for x in (loss.training, loss.validation) if x is not None]


@pytest.fixture(scope="module")
def tiny_gemma(tiny_llama: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that caps its logits, with a head of its own (not tied)."""
    folder = tmp_path_factory.mktemp("tiny-gemma")
    for file in tiny_llama.glob("*token*"):
        (folder / file.name).write_bytes(file.read_bytes())
    torch.manual_seed(3)
    config = Gemma2Config(
        vocab_size=600,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        final_logit_softcapping=0.5,
        tie_word_embeddings=False,
        eos_token_id=0,
        pad_token_id=0,
    )
    Gemma2ForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("tiny", ["tiny_llama", "tiny_gpt2", "tiny_gemma"])
def test_every_rung_reaches_the_losses_of_the_first(
    tiny: str, worker: Worker, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(tiny)
    reference = losses(train(worker, folder, tmp_path / "reference", AS_CONFIGURED, learning_rate=5e-4))
    for rung in EXACT:
        got = losses(train(worker, folder, tmp_path / by_name(rung), rung, learning_rate=5e-4))
        assert got == pytest.approx(reference, abs=1e-3), rung.name
    for rung in ROUNDED:
        got = losses(train(worker, folder, tmp_path / by_name(rung), rung, learning_rate=5e-4))
        assert got == pytest.approx(reference, rel=0.02), rung.name


@pytest.mark.parametrize("rung", LADDER[:-1], ids=by_name)
def test_a_batch_of_three_in_parts_of_one_reaches_the_same_losses(
    rung: Rung, worker: Worker, tiny_llama: Path, tmp_path: Path
) -> None:
    whole = rung.model_copy(update={"micro_batch": None})
    parts = rung.model_copy(update={"micro_batch": 1})
    at_once = train(worker, tiny_llama, tmp_path / "a", whole, batch_size=3, epochs=3)
    in_parts = train(worker, tiny_llama, tmp_path / "b", parts, batch_size=3, epochs=3)
    assert at_once.steps == in_parts.steps == 3
    tolerance = 1e-3 if rung.weights == "fp32" else 0.02 * at_once.losses[0].validation
    assert losses(in_parts) == pytest.approx(losses(at_once), abs=tolerance)


@pytest.mark.parametrize("rung", [r for r in LADDER if r.weights != "fp32"], ids=by_name)
def test_weights_in_sixteen_bits_stay_finite_and_learn(
    rung: Rung, worker: Worker, tiny_llama: Path, tmp_path: Path
) -> None:
    result = train(worker, tiny_llama, tmp_path / "w", rung, epochs=7)
    assert result.steps == 21
    assert result.rung == rung.name
    assert result.losses[-1].validation < result.losses[0].validation - 0.05


@pytest.mark.parametrize("rung", [r for r in LADDER if r.weights == "bf16"], ids=by_name)
def test_weights_of_a_low_rung_answer_the_same_now_and_in_another_worker(
    rung: Rung, worker: Worker, another_worker: Worker, tiny_llama: Path, tmp_path: Path
) -> None:
    result = train(worker, tiny_llama, tmp_path / "w", rung, learning_rate=1e-2)
    now = texts(ask(worker, tiny_llama, result.weights.path))
    assert texts(ask(another_worker, tiny_llama, result.weights.path)) == now
    assert texts(ask(worker, tiny_llama)) != now
    if rung.method == "full":
        saved = AutoModelForCausalLM.from_pretrained(Path(result.weights.path).parent, dtype="auto")
        assert {p.dtype for p in saved.parameters()} == {torch.bfloat16}


def test_a_training_wants_its_weights_in_the_precision_of_its_rung() -> None:
    request = settings_of_a_training()
    wanted = {rung.name: precision_of(request.model_copy(update={"rung": rung})) for rung in LADDER}
    assert wanted == {rung.name: "4-bit" if rung.name == "QLoRA" else rung.weights for rung in LADDER}


def test_a_rung_that_changes_the_method_says_so_and_writes_an_adapter(
    worker: Worker, tiny_llama: Path, tmp_path: Path
) -> None:
    result = train(worker, tiny_llama, tmp_path / "w", ADAPTED[0])
    assert (result.method, Path(result.weights.path).name) == ("lora", "adapter_model.safetensors")


@pytest.mark.parametrize("rung", [LADDER[0], ROUNDED[0], ROUNDED[-1]], ids=by_name)
def test_a_loss_that_is_no_number_stops_every_rung(
    rung: Rung, worker: Worker, tiny_gemma: Path, tmp_path: Path
) -> None:
    """One token that only the training essays have is broken, so the first validation still passes."""
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in tiny_gemma.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    tokenizer = AutoTokenizer.from_pretrained(tiny_gemma)
    tensors = load_file(broken / "model.safetensors")
    texts_of = (TRAIN[0].completion, TRAIN[1].completion, HELD_OUT[0].prompt + HELD_OUT[0].completion)
    first, second, held_out = (set(tokenizer(text).input_ids) for text in texts_of)
    token = min((first & second) - held_out)
    tensors["model.embed_tokens.weight"][token] = float("nan")
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(NonFiniteLoss, match="the loss became nan at step"):
        train(worker, broken, tmp_path / "w", rung)
    assert not (tmp_path / "w").exists()


def test_a_gradient_that_is_no_number_is_told() -> None:
    cpu = torch.device("cpu")
    one, other = torch.nn.Parameter(torch.ones(4)), torch.nn.Parameter(torch.ones(4))
    with pytest.raises(NonFiniteLoss, match="the gradient became nan at step 1 of 1"):
        take_step(StepInBackward([one], cpu, False, "adamw", 1), lambda: without_gradient(one))
    with pytest.raises(NonFiniteLoss, match="the gradient became nan at step 1 of 1"):
        take_step(StepAfterBackward([other], cpu, False), lambda: without_gradient(other))
    assert torch.equal(one.data, torch.ones(4))
    assert torch.equal(other.data, torch.ones(4))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_value_is_rounded_up_as_often_as_it_is_far_from_below(dtype: torch.dtype) -> None:
    """Eighths of a step, 100,000 times each, in every place that a number has in its draw; 4 standard errors are 0.0063."""
    noise = torch.Generator().manual_seed(5)
    step = 2.0**-7 if dtype == torch.bfloat16 else 2.0**-10
    for eighths in range(8):
        values = torch.full((100_000,), 1.0 + step * eighths / 8)
        up = (round_stochastically(values, dtype, noise) > 1.0).view(-1, 4).float().mean(0)
        assert up.tolist() == pytest.approx([eighths / 8] * 4, abs=0.013)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_stochastic_rounding_is_right_on_average_and_keeps_what_fits(dtype: torch.dtype) -> None:
    noise = torch.Generator().manual_seed(1)
    value = torch.full((200_000,), 1.0 + 2.0**-12)  # between two neighbours in either format
    rounded = round_stochastically(value, dtype, noise)
    assert torch.equal(rounded, rounded.to(dtype).float())
    assert len(set(rounded.tolist())) == 2
    assert rounded.double().mean().item() == pytest.approx(value[0].item(), abs=3e-5)
    fits = torch.tensor([0.0, 1.0, -0.5, 3.0]).to(dtype)
    assert torch.equal(round_stochastically(fits.float(), dtype, noise), fits.float())


def test_small_updates_are_not_lost_in_bf16_weights() -> None:
    """1,000 steps of 1e-5 on weights of 1.0, whose neighbours in bf16 are 4e-3 away."""
    weights = torch.nn.Parameter(torch.ones(64, 64, dtype=torch.bfloat16))
    optimizer = ParameterOptimizer(weights, "adafactor", torch.Generator().manual_seed(1), Scratch())
    for _ in range(1000):
        assert optimizer.step(weights, torch.ones_like(weights), 1e-5, 1.0)
    assert weights.float().mean().item() == pytest.approx(0.99, abs=2e-3)


def test_an_unknown_optimizer_updates_nothing() -> None:
    weights = torch.nn.Parameter(torch.ones(4, 4))
    with pytest.raises(AssertionError, match="'sgd'"):
        ParameterOptimizer(weights, "sgd", torch.Generator(), Scratch())  # type: ignore[arg-type]


def test_a_step_whose_gradient_overflows_fp16_is_taken_again_with_a_smaller_scale() -> None:
    """The loss is scaled by 65,536 at first: 40 times that is past fp16's 65,504. GradScaler alone would skip the step."""
    weights, plain = torch.nn.Parameter(torch.ones(4)), torch.nn.Parameter(torch.ones(4))
    tries: list[None] = []

    def forward() -> torch.Tensor:
        tries.append(None)
        return (weights.half() * 40).sum().float()

    take_step(StepAfterBackward([weights], torch.device("cpu"), scaled=True), forward)
    take_step(StepAfterBackward([plain], torch.device("cpu"), scaled=False), lambda: (plain * 40).sum())
    assert len(tries) > 1
    torch.testing.assert_close(weights.data, plain.data)


def test_a_scaled_gradient_that_is_never_a_number_ends_the_training() -> None:
    weights = torch.nn.Parameter(torch.ones(4))
    with pytest.raises(NonFiniteLoss, match="the gradient became nan"):
        take_step(StepAfterBackward([weights], torch.device("cpu"), scaled=True), lambda: without_gradient(weights))
    assert torch.equal(weights.data, torch.ones(4))


@pytest.mark.parametrize("optimizer", ["adamw", "adafactor"])
def test_weights_that_step_in_the_backward_pass_are_freed_with_their_model(
    optimizer: Literal["adamw", "adafactor"],
) -> None:
    """Else the tuned answers would be made beside the training's weights and states."""

    def one_step() -> weakref.ref[torch.Tensor]:
        weights = torch.nn.Parameter(torch.ones(4, 4))
        take_step(StepInBackward([weights], torch.device("cpu"), False, optimizer, 1), lambda: (weights * 2).sum())
        return weakref.ref(weights)

    left = one_step()
    gc.collect()
    assert left() is None


def test_autocast_leaves_no_copies_of_weights_where_layers_are_recomputed() -> None:
    weights, states = torch.nn.Parameter(torch.ones(4, 4)), torch.ones(2, 4)
    arithmetic = Arithmetic(torch.bfloat16, "")
    for keeps, distinct in ((True, 1), (False, 2)):
        saved: set[int] = set()
        kept: list[torch.Tensor] = []

        def keep(tensor: torch.Tensor, saved: set[int] = saved, kept: list[torch.Tensor] = kept) -> torch.Tensor:
            if tensor.shape == (4, 4):
                saved.add(tensor.data_ptr())
                kept.append(tensor)
            return tensor

        with (
            torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
            arithmetic._replace(keeps_copies=keeps).context(torch.device("cpu")),
        ):
            once = torch.nn.functional.linear(states.requires_grad_(), weights)
            torch.nn.functional.linear(once, weights)
        assert len(saved) == distinct


def test_a_gradient_that_overflows_fp16_lowers_the_scale_and_leaves_the_weights() -> None:
    weights = torch.nn.Parameter(torch.ones(4, 4, dtype=torch.float16))
    optimizer = StepInBackward([weights], torch.device("cpu"), True, "adafactor", 1)
    take_step(optimizer, lambda: (weights.float() * 40).sum())  # 40 x 4,096 is past 65,504
    assert torch.equal(weights.data, torch.ones(4, 4, dtype=torch.float16))
    for _ in range(3):
        take_step(optimizer, lambda: (weights.float() * 40).sum())
    assert weights.max() < 1
    with pytest.raises(NonFiniteLoss, match="the gradient became nan"):
        take_steps(20, optimizer, lambda: without_gradient(weights))


def test_sixteen_bit_weights_compute_as_their_fp32_copies_do() -> None:
    torch.manual_seed(2)
    config = GPT2Config(vocab_size=50, n_positions=32, n_embd=16, n_layer=2, n_head=2)
    low = GPT2LMHeadModel(config).bfloat16().eval()
    wide = GPT2LMHeadModel(config).eval()
    wide.load_state_dict(low.state_dict())
    compute_in_float32(low, None)
    ids = torch.arange(10)[None]
    assert torch.equal(low(ids).logits, wide(ids).logits)
    assert {p.dtype for p in low.parameters()} == {torch.bfloat16}


def test_a_gpu_that_only_emulates_bf16_computes_in_fp16(monkeypatch: pytest.MonkeyPatch) -> None:
    """What torch answers on a T4: it can hold bf16, and multiplies in it many times slower."""
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Tesla T4")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation)
    arithmetic = choose_arithmetic(torch.device("cuda", 0))
    assert arithmetic.autocast is torch.float16
    assert "Tesla T4 has no bf16" in arithmetic.reason


def test_every_tensor_of_batch_loss_and_sampling_is_made_on_the_models_device() -> None:
    """Torch's meta device refuses an operation with a tensor that is elsewhere, as a GPU does."""
    meta = torch.device("meta")
    tokenizer = SimpleNamespace(pad_token_id=0)
    batch = batch_of([Tokens([1, 2, 3], 1), Tokens([1, 2], 1)], LoadedModel(None, tokenizer, meta))
    assert {tensor.device for tensor in (batch.ids, batch.mask, batch.labels)} == {meta}
    hidden, weight = (torch.randn(n, 8, device=meta, requires_grad=True) for n in (4, 30))
    loss = summed_loss(hidden, Head(weight, 0.5, torch.bfloat16, keeps_logits=True), batch.labels[:, 1:].flatten())
    assert {gradient.device for gradient in torch.autograd.grad(loss, (hidden, weight))} == {meta}
    asked = GenerateRequest(
        model_folder="", prompts=(PromptText(prompt_id="a", sample=0, text=""),), decoding=DecodingConfig()
    )
    sampling = SeededSampling(asked, asked.prompts, meta)
    assert sampling(torch.randn(1, 30, device=meta), [0], 0).device == meta


def test_a_rung_with_unsound_updates_is_refused() -> None:
    with pytest.raises(ValidationError, match="step_in_backward"):
        Rung(name="plain AdamW on fp16", changes="rounding", weights="fp16")
    assert [Rung.model_validate(rung.model_dump()) for rung in LADDER] == list(LADDER)


def test_the_ladder_holds_what_the_config_allows_and_the_hardware_has() -> None:
    def offered(allow: Allowed, method: Method = "full", **hardware: bool) -> list[str]:
        return [rung.name for rung in rungs_for(allow, method, Hardware(**hardware))]

    assert offered("nothing") == ["as configured", *(rung.name for rung in EXACT)]
    assert offered("rounding")[-1] == "bf16 weights"
    assert offered("rounding", gpu=True, bf16=False)[-1] == "fp16 weights"
    assert offered("method")[-1] == "LoRA over bf16 weights"
    assert offered("method", gpu=True, four_bit=True)[-1] == "QLoRA"
    assert offered("rounding", "lora")[-1] == "LoRA over bf16 weights"
    changes = [ORDER.index(rung.changes) for rung in LADDER]
    assert changes == sorted(changes)


def test_the_essays_of_these_tests_differ_in_length() -> None:
    """Else a mean over parts would be a mean over tokens by accident."""
    assert len({len(example.completion) for example in (*TRAIN, *HELD_OUT)}) > 1
