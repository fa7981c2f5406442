"""Predict what generation needs: the answers before and after the training, in fp32 whatever the rung."""

from __future__ import annotations

from ownvoice.config import Frozen
from ownvoice.memory.activations import FP32
from ownvoice.models.shape import ModelShape
from ownvoice.units import gib

# Answers at once, attempt by attempt. On 2 cores a decoding step of SmolLM2 takes 75 ms for one answer and
# 220 ms for 27: the weights are read once either way. Past 32 the cache of keys and values costs more memory
# than the batch saves time.
ANSWERS_AT_ONCE = (32, 8, 1)
# Scores of the next token over the vocabulary: the model's, their fp32 copy, those that sampling leaves, and one
# that is being made from another.
SCORES = 4


class Answering(Frozen):
    """What is asked of the model before and after the training."""

    answers: int
    tokens: int
    """Of the longest prompt with its answer."""


class AnswersPeak(Frozen):
    """Predicted bytes while answers are generated."""

    at_once: int
    weights: int
    cache: int
    """Keys and values of every token, allocated at the start; of one layer a second time, for every head."""
    scores: int
    runtime: int

    @property
    def total(self) -> int:
        return self.weights + self.cache + self.scores + self.runtime

    def in_words(self) -> str:
        """'27 at once need 1.5 GiB (weights 0.5 GiB, keys and values 0.3 GiB)'."""
        number = "one at a time needs" if self.at_once == 1 else f"{self.at_once} at once need"
        return f"{number} {gib(self.total)} (weights {gib(self.weights)}, keys and values {gib(self.cache)})"


def predict_answers(shape: ModelShape, asked: Answering, at_once: int, runtime: int) -> AnswersPeak:
    """At so many answers at once, or at all of them where there are fewer."""
    at_once = min(at_once, asked.answers)
    kept = shape.layers * 2 * shape.key_width
    repeated = 2 * shape.query_width if shape.key_value_heads < shape.heads else 0
    return AnswersPeak(
        at_once=at_once,
        weights=shape.parameters * FP32,
        cache=at_once * asked.tokens * (kept + repeated) * FP32,
        scores=at_once * shape.vocabulary * SCORES * FP32,
        runtime=runtime,
    )
