"""Describes what a training and its answers ask of a machine, whichever machine it will be."""

from __future__ import annotations

from collections.abc import Iterable

from ownvoice.backends import Backend
from ownvoice.frozen import Frozen
from ownvoice.ladder import Allowed, Method
from ownvoice.models.shape import ModelShape
from ownvoice.records.essays import PairFigures

# The sample essays under SmolLM2's tokenizer, prompt included: 1,913 tokens for 1,277 words.
TOKENS_PER_WORD = 1.5
TOKENS_OF_A_TEMPLATE = 40  # SmolLM2's chat template with its system message: 34


class EssaySizes(Frozen):
    """What memory and time depend on. Tokens count the prompt as well."""

    longest: int
    train_essays: int
    train_tokens: int
    """Tokens of one epoch."""


class Answering(Frozen):
    """What is asked of the model before and after the training."""

    answers: int
    tokens: int
    """Tokens of the longest prompt with its answer."""


class Demand(Frozen):
    """All that memory, disk and time of one training follow from, apart from the machine."""

    shape: ModelShape
    method: Method
    allow: Allowed
    """What may change in the result where memory or disk is short."""
    batch: int
    """Essays to a step; never more than there are."""
    epochs: int
    lora_rank: int
    drops: bool
    """Activations are dropped at random in training, by the model or by its adapter."""
    essays: EssaySizes
    asked: Answering | None
    """None where no answers are asked for."""
    side_bytes: int = 0
    """Size of the files that are saved beside the weights: the tokenizer, the config."""

    keeps_best: bool = False
    """A copy of what is trained stays in the machine's memory."""
    backend: Backend = "single"
    processes: int = 1
    """How many share the training."""

    @property
    def share(self) -> int:
        """Essays of a batch to one process, at most."""
        return -(-self.batch // self.processes)

    @property
    def tokens(self) -> int:
        """Seen in training, all epochs together."""
        return self.essays.train_tokens * self.epochs


def sizes_of(figures: Iterable[PairFigures]) -> EssaySizes:
    figures = tuple(figures)
    return EssaySizes(
        longest=max(each.tokens for each in figures),
        train_essays=sum(1 for each in figures if each.split == "train"),
        train_tokens=sum(each.tokens for each in figures if each.split == "train"),
    )


def tokens_by_words(text: str) -> int:
    """For a model that isn't on this disk: it has no tokenizer to count with."""
    return round(len(text.split()) * TOKENS_PER_WORD)


def answering(prompts: Iterable[str], max_new_tokens: int) -> Answering | None:
    """From the words of every prompt that is to be answered; None where there are none."""
    tokens = [tokens_by_words(prompt) for prompt in prompts]
    if not tokens:
        return None
    return Answering(answers=len(tokens), tokens=TOKENS_OF_A_TEMPLATE + max(tokens) + max_new_tokens)
