"""Reckons by arithmetic how long a model takes over what it is asked, on a machine where nothing was timed yet."""

from __future__ import annotations

from ownvoice.frozen import Frozen
from ownvoice.memory.free import Device
from ownvoice.memory.timing import FLOPS
from ownvoice.models.shape import ModelShape

FP32, BF16 = 4, 2
# On 2 cores (AMD EPYC with bf16), SmolLM2: 27 answers of 200 tokens after short prompts took 14 s in bf16 and 22 s in fp32,
# after 1,771 tokens that all of them begin with 25 s, and after 7,800 93 s. So prompts are read at 1.8e11 operations a second
# in fp32 and at 3e11 in bf16, and written a quarter faster (the weights are packed then); weights, keys and values come at
# 13 GB a second, keys and values a fifth more often than once for each token; a layer costs 0.4 ms besides.
FLOPS_PER_CORE, FLOPS_PER_CORE_BF16, BYTES_PER_CORE, WRITING_SPEED, TIMES_MOVED = 9e10, 1.5e11, 6.5e9, 1.25, 1.2
# Guesses: half of a T4's memory speed, an M1's; and a GPU is kept waiting by Python for a millisecond at each layer.
BYTES_A_SECOND = {"cuda": 1.6e11, "mps": 5e10}
LAYER_SECONDS = {"cpu": 4e-4, "cuda": 1e-3, "mps": 1e-3}
# Comparing 54 answers took 4.0 s, 108 took 7.4 s; the model doesn't matter.
COMPARE_SECONDS, COMPARE_SECONDS_AN_ANSWER = 0.6, 0.063


class Asked(Frozen):
    """How much a model is asked."""

    rows: int
    """Answers, or essays."""
    read_tokens: int
    """Of one of them, before the first token is written."""
    shared_tokens: int = 0
    """So many of them are the same for all, and read once."""
    new_tokens: int = 0
    """Of one of them, at most; 0 where it is only read."""
    at_once: int = 1


class Speed(Frozen):
    """What a machine does in a second."""

    flops: float
    bytes: float
    layer_seconds: float
    size: int
    """Bytes of a weight, a key or a value as it is multiplied."""

    @classmethod
    def of(cls, device: Device, cores: int, bf16: bool) -> Speed:
        """`bf16`: whether answers are multiplied in it; on a GPU they are in fp32."""
        in_bf16 = bf16 and device == "cpu"
        return cls(
            flops=FLOPS.get(device, (FLOPS_PER_CORE_BF16 if in_bf16 else FLOPS_PER_CORE) * cores),
            bytes=BYTES_A_SECOND.get(device, BYTES_PER_CORE * cores),
            layer_seconds=LAYER_SECONDS[device],
            size=BF16 if in_bf16 else FP32,
        )


def asking_seconds(asked: Asked, shape: ModelShape, speed: Speed) -> float:
    """To read, and to write token by token: each token moves all weights once and each answer's keys and values."""
    pass_seconds = 2 * shape.matrices / speed.flops
    steps = asked.new_tokens * -(-asked.rows // asked.at_once)
    context = asked.read_tokens + asked.new_tokens / 2
    kept = 2 * shape.layers * shape.key_width * speed.size * context * TIMES_MOVED / speed.bytes
    a_step = shape.parameters * speed.size / speed.bytes + shape.layers * speed.layer_seconds
    writing = steps * a_step + asked.rows * asked.new_tokens * (pass_seconds / WRITING_SPEED + kept)
    reading = asked.shared_tokens + asked.rows * (asked.read_tokens - asked.shared_tokens)
    return reading * pass_seconds + writing


def comparing_seconds(answers: int) -> float:
    return COMPARE_SECONDS + COMPARE_SECONDS_AN_ANSWER * answers
