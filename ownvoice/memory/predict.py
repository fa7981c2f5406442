"""Predicts what a rung needs, and what answers need, before anything is loaded.

The prediction is a sum of named tensors from the model's config (ownvoice.memory.activations counts what the
layers keep); only what is no tensor is a measured constant, which stands with its measurement.
"""

from __future__ import annotations

from typing import NamedTuple, assert_never

from ownvoice.frozen import Frozen
from ownvoice.ladder import Rung
from ownvoice.memory.activations import FP32, Pass, boundary_bytes, gradient_bytes, layer_bytes
from ownvoice.memory.demand import Answering
from ownvoice.memory.free import Device
from ownvoice.models.shape import ModelShape
from ownvoice.units import gib

# Answers at once, attempt by attempt: a decoding step reads the weights once however many they are (docs/speed.md). Past
# 32 the cache of keys and values costs more memory than the batch saves time.
ANSWERS_AT_ONCE = (32, 8, 1)
# Scores of the next token over the vocabulary: the model's, their fp32 copy, and what is being made from them.
SCORES = 4


class AnswersPeak(Frozen):
    """Predicted bytes while answers are generated."""

    at_once: int
    weights: int
    cache: int
    """Keys and values of every token."""
    scores: int
    runtime: int

    @property
    def total(self) -> int:
        return self.weights + self.cache + self.scores + self.runtime

    def in_words(self) -> str:
        """'27 at once need 1.5 GiB (weights 0.5 GiB, keys and values 0.3 GiB)'."""
        number = "one at a time needs" if self.at_once == 1 else f"{self.at_once} at once need"
        return f"{number} {gib(self.total)} (weights {gib(self.weights)}, keys and values {gib(self.cache)})"


def predict_answers(shape: ModelShape, asked: Answering, at_once: int, workload: Workload) -> AnswersPeak:
    """At so many answers at once, or at all of them where there are fewer.

    On a processor the weights are packed: in fp32 in the place of the plain ones, but for the output layer's, which the
    embedding may share; in bf16 beside them.
    """
    at_once, on_cpu = min(at_once, asked.answers), workload.device == "cpu"
    size = HALF if on_cpu and workload.autocast else FP32
    packed = shape.matrices * HALF if size == HALF else shape.embedding * FP32
    return AnswersPeak(
        at_once=at_once,
        weights=shape.parameters * FP32 + (packed if on_cpu else 0),
        cache=at_once * asked.tokens * shape.layers * 2 * shape.key_width * size,
        scores=at_once * shape.vocabulary * SCORES * FP32,
        runtime=RUNTIME_BYTES[workload.device],
    )


HALF = 2
# Blocks of logits, their gradient and the weights they are made of, that the output layer works on at once, 8 MiB each
# (ownvoice.engine.head); on the lowest rungs, where nothing hides them, 8 bring the prediction nearest.
BLOCKS_BYTES = 8 * 2**23
# An update's block on a GPU (ownvoice.engine.optimizer, 64 MiB in fp32): weights, gradient, the estimate of its variance,
# and random bits twice. On a processor a block is 4 MiB and not counted.
GPU_BLOCKS_BYTES = 5 * 2**26
# NF4 with blocks of 64 and quantised scales, bytes of a weight (QLoRA paper, section 3: 4.127 bits).
NF4_BYTES = 0.516


class Workload(Frozen):
    """What is trained on what: the longest essay decides the peak."""

    tokens: int
    """Tokens of the longest essay with its prompt."""
    batch: int
    device: Device
    autocast: bool
    """Matrix products in bf16 or fp16 over fp32 weights, where the device has it."""
    lora_rank: int = 16
    keeps_best: bool = False
    """A copy of what is trained, in the machine's own memory."""


class Peak(Frozen):
    """Predicted bytes at the worst moment of a step, by what holds them."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    runtime: int
    """Python, torch and the device's context."""

    @property
    def total(self) -> int:
        return self.weights + self.gradients + self.optimizer + self.activations + self.logits + self.runtime

    def in_words(self) -> str:
        parts = {name: getattr(self, name) for name in type(self).model_fields}
        return ", ".join(f"{name} {gib(size)}" for name, size in parts.items() if size)


# Python, torch and what they allocate for themselves. cpu: 0.25 GiB resident while idle, and 0.49 to 0.52 GiB beyond
# the counted tensors on each of the five lower rungs measured (docs/memory.md). cuda and mps were not measured.
RUNTIME_BYTES: dict[Device, int] = {"cpu": 512 * 2**20, "cuda": 500 * 2**20, "mps": 450 * 2**20}
# A rung fits if its prediction with this margin does: the prediction's measured error (docs/memory.md), and
# what other programs take meanwhile.
MARGIN = 0.10


def needed_bytes(peak: Peak | AnswersPeak) -> int:
    """What must be free for a rung to be started: its prediction and the margin."""
    return round(peak.total * (1 + MARGIN))


def training_flops(shape: ModelShape, rung: Rung, tokens: int, essay_tokens: int) -> float:
    """Floating-point operations of training on so many tokens in essays of a length.

    Two for each weight and token forward, four backward; two less where the weights are frozen, two more
    where checkpointing repeats the forward pass (Kaplan et al. 2020, section 2.1).
    """
    passes = (6 if rung.method == "full" else 4) + (2 if rung.gradient_checkpointing else 0)
    attention = shape.layers * shape.query_width * essay_tokens  # causal: half of the keys, twice (scores, values)
    return float(passes * tokens * (shape.matrices + attention))


def predict_peak(shape: ModelShape, rung: Rung, workload: Workload) -> Peak:
    """The worst of a step's moments, from the forward pass to the update."""
    held = _Held.of(shape, rung, workload)
    moments = (_at_loss(held), _at_output_layer(held), _at_first_layer(held), _at_update(held))
    return max(moments, key=lambda peak: peak.total)


class _Held(NamedTuple):
    """What a prediction is made of, worked out once. Sizes in bytes, `stored` and `copied` of one weight."""

    shape: ModelShape
    rung: Rung
    work: Pass
    stored: int
    copied: int
    """Bytes of the copy that a product reads: under autocast of fp32 weights, and without it of 16-bit weights."""
    weights: int
    gradients: int
    states: int
    runtime: int
    unused: int
    """Freed gradients that the heap keeps and the next forward pass can't use: their blocks lie between others."""

    @classmethod
    def of(cls, shape: ModelShape, rung: Rung, workload: Workload) -> _Held:
        full = rung.method == "full"
        stored = FP32 if rung.weights == "fp32" else HALF
        compute = HALF if workload.autocast or rung.method == "qlora" else FP32
        adapter = 0 if full else shape.adapter(workload.lora_rank)
        trained = shape.parameters if full else adapter
        essays = min(rung.micro_batch or workload.batch, workload.batch)
        best = trained * (stored if full else FP32) if workload.keeps_best and workload.device != "cuda" else 0
        gradients = trained * (stored if full else FP32)
        # As configured, the worker's heap keeps what it freed, which is faster (ownvoice.worker.client); the other rungs
        # give it back (ownvoice.engine.engine). SmolLM2 at 600 tokens took 3.41 GiB resident; 3.0 would do if the next
        # step's activations could lie where the last step's gradients did.
        keeps_freed = workload.device == "cpu" and rung.keeps_freed_memory
        steps_alone = rung.step_in_backward and essays == workload.batch
        return cls(
            shape=shape,
            rung=rung,
            work=Pass(workload.tokens, essays, compute, workload.device == "cuda", 0 if full else workload.lora_rank),
            stored=stored,
            copied=compute if compute != stored else 0,
            weights=_base_weights(shape, rung, stored) + FP32 * adapter + best,
            gradients=0 if steps_alone else gradients,
            states=_states(shape, rung, trained),
            runtime=RUNTIME_BYTES[workload.device],
            unused=gradients if keeps_freed else 0,
        )

    @property
    def embedding_gradient(self) -> int:
        """One gradient of the embedding, the largest tensor; an adapter has none."""
        return self.shape.embedding * self.stored if self.rung.method == "full" else 0

    def peak(self, *, gradients: int = 0, activations: int = 0, logits: int = 0, update: int = 0) -> Peak:
        return Peak(
            weights=self.weights,
            gradients=gradients,
            optimizer=self.states + update,
            activations=activations,
            logits=logits,
            runtime=self.runtime,
        )


def _at_loss(held: _Held) -> Peak:
    """Every activation is held, and the logits on top; the heap may still keep what the last step freed."""
    return held.peak(activations=_kept(held), logits=_logits(held), gradients=held.unused)


def _at_output_layer(held: _Held) -> Peak:
    """The output layer's gradient is there beside the logits: the worst for a short essay and a large vocabulary."""
    return held.peak(activations=_kept(held), logits=_logits(held), gradients=held.embedding_gradient)


def _logits(held: _Held) -> int:
    """As they were multiplied, unless they are made again; the rest is done a block at a time."""
    kept = 0 if held.rung.recomputes_logits else held.work.positions * held.shape.vocabulary * held.work.compute
    return kept + BLOCKS_BYTES


def _at_first_layer(held: _Held) -> Peak:
    """The end of the backward pass: all gradients are there."""
    layer = layer_bytes(held.shape, held.work) + gradient_bytes(held.shape, held.work)
    waiting = held.embedding_gradient if held.rung.step_in_backward else 0
    copies = held.shape.layer_matrices * held.copied
    return held.peak(gradients=held.gradients + waiting, activations=layer + copies)


def _at_update(held: _Held) -> Peak:
    """Done in place; within the backward pass the largest gradient is there, and a GPU's large blocks."""
    if not held.rung.step_in_backward:
        return held.peak(gradients=held.gradients)
    blocks = GPU_BLOCKS_BYTES if held.work.on_gpu else 0
    return held.peak(gradients=held.gradients + held.embedding_gradient, update=blocks)


def _kept(held: _Held) -> int:
    """Activations at the end of the forward pass, with the copies of the weights that belong to them."""
    shape, work = held.shape, held.work
    if held.rung.gradient_checkpointing:  # copies go with each layer
        return shape.layers * boundary_bytes(shape, work)
    return shape.layers * (layer_bytes(shape, work) + shape.layer_matrices * held.copied)


def _base_weights(shape: ModelShape, rung: Rung, size: int) -> int:
    if rung.method != "qlora":
        return shape.parameters * size
    quantised = shape.layers * shape.layer_matrices
    return round(quantised * NF4_BYTES) + (shape.parameters - quantised) * HALF


def _states(shape: ModelShape, rung: Rung, trained: int) -> int:
    """AdamW keeps two averages of each weight, in fp32; Adafactor a row and a column of each matrix."""
    match rung.optimizer:
        case "adamw":
            return 2 * trained * FP32
        case "adafactor":
            return 2 * trained // shape.hidden * FP32
        case _:
            assert_never(rung.optimizer)
