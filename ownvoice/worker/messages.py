"""Requests to the worker, its reports on the way and its answers: the seam that a fake stands at.

Requests go down the worker's standard input and messages come up its standard output, one JSON
object a line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ownvoice.config import DecodingConfig, EngineConfig, TrainingConfig
from ownvoice.frozen import Frozen
from ownvoice.ladder import AS_CONFIGURED, Allowed, Method, Rung
from ownvoice.records.answers import Likelihoods, Outputs, PrefixMatches
from ownvoice.records.training import Look, TrainingResult


class PromptText(Frozen):
    """One answer to generate: `text` is the whole prompt, formatted for the model."""

    prompt_id: str
    sample: int
    text: str


class Examples(Frozen):
    """Essays as the model sees them, in an Arrow file that the worker maps: see `ownvoice.worker.examples`."""

    path: str
    """Absolute; empty where there are none, and in a cache key."""
    fingerprint: str
    """The same for the same prompts and essays, wherever they lie: what a cache key knows."""
    rows: int


class GenerateRequest(Frozen):
    call: Literal["generate"] = "generate"
    model_folder: str
    weights: str | None = None
    """Trained weights to put on the model (safetensors, the whole model or an adapter); None is the baseline."""
    prompts: tuple[PromptText, ...]
    decoding: DecodingConfig
    answers_at_once: int = 32
    """Fewer need less memory and take longer; the texts stay the same."""


class Save(Frozen):
    """One way of saving what was trained."""

    name: str
    """What a person reads: 'whole weights in fp32'."""
    changes: Allowed
    """What it changes in the result: nothing, or rounding. An adapter is a change that the rung makes."""
    rounded: bool = False
    """The weights are rounded to bf16, and the rounded ones answer: record and file agree."""
    bytes: int = 0
    """Predicted, with the tokenizer and what else lies beside the weights."""


AS_TRAINED = Save(name="the weights as trained", changes="nothing")


class TurnRequest(Frozen):
    """Wait until no other run uses the device, and keep it until it is given back; see `ownvoice.engine.device_lock`."""

    call: Literal["turn"] = "turn"
    take: bool = True
    """False gives it back, with the model that is loaded."""
    run: str = ""
    """What those that wait are told: 'Run 7 (smoke-test, smollm2-135m)'."""


class LikelihoodRequest(Frozen):
    """How likely essays are under a model: the essay alone, given its prompt."""

    call: Literal["likelihood"] = "likelihood"
    model_folder: str
    weights: str | None = None
    """As in GenerateRequest."""
    own: Examples
    control: Examples


class PrefixRequest(Frozen):
    """Continue essays greedily from their beginnings, as far as they stay in step with the essay."""

    call: Literal["prefixes"] = "prefixes"
    model_folder: str
    weights: str | None = None
    """As in GenerateRequest."""
    examples: Examples
    prefix_tokens: int = 40
    max_new_tokens: int = 64
    """More than the 50 that count as extraction."""
    answers_at_once: int = 32


class Looks(Frozen):
    """What is asked in the midst of a training."""

    every: int
    """So many epochs."""
    prompts: tuple[PromptText, ...]
    decoding: DecodingConfig


class TrainRequest(Frozen):
    call: Literal["train"] = "train"
    model_folder: str
    method: Method
    train: Examples
    validation: Examples
    training: TrainingConfig
    weights: str
    """Where the trained weights go (…/model.safetensors, or …/adapter_model.safetensors for LoRA). A rung that
    changes the method changes the file's name too: the result names the file that was written."""
    rung: Rung = AS_CONFIGURED
    saves: tuple[Save, ...] = (AS_TRAINED,)
    """Ways of saving: where the disk fills at one, the next is tried."""
    looks: Looks | None = None
    seen: tuple[Look, ...] = ()
    """Looks that an attempt before this one took, which was killed: they aren't taken again."""
    engine: EngineConfig = Field(EngineConfig(), exclude_if=lambda engine: engine.is_single)


class WriteRequest(Frozen):
    """One essay, told as it is written: by `Progress.text`, piece by piece, and whole as an Outputs of one."""

    call: Literal["write"] = "write"
    model_folder: str
    weights: str | None = None
    """As in GenerateRequest."""
    prompt: PromptText
    decoding: DecodingConfig
    words: int | None = None
    """The first sentence that ends after so many is the last; None: as far as the model goes."""


class MergeRequest(Frozen):
    """Add an adapter to the model that it was trained on, and save the whole: config, tokenizer, safetensors in fp32."""

    call: Literal["merge"] = "merge"
    model_folder: str
    weights: str
    """The adapter."""
    merged_folder: str
    """Is made, in a folder that is there."""


Request = GenerateRequest | WriteRequest | LikelihoodRequest | PrefixRequest | TrainRequest | MergeRequest | TurnRequest
Result = Outputs | Likelihoods | PrefixMatches | TrainingResult


def placeless(request: Request) -> Request:
    """The request without the places on this disk: what a cache key may know of it."""
    parts = {name: part for name, part in request if isinstance(part, Examples)}
    blank = {name: part.model_copy(update={"path": ""}) for name, part in parts.items()}
    return request.model_copy(update={**blank, "model_folder": ""})


class Progress(Frozen):
    """Sent at most every half second while something long goes on, and with each piece of a text."""

    message: Literal["progress"] = "progress"
    stage: str
    """What a person reads: 'training', 'baseline answers', 'loading the model'."""
    done: int
    total: int
    """0 where nobody knows how long it takes: a wait, told in `stage` alone."""
    unit: str
    rate: float | None = None
    """Units a second."""
    note: str = ""
    peak_bytes: int | None = None
    """The most memory that the training took so far."""
    text: str = ""
    """What a model wrote since the last message: untrusted."""

    def in_words(self) -> str:
        """'training: 4 of 9 steps'; how much time is left is told by `ownvoice.run.countdown`."""
        if not self.total:
            return self.stage
        words = f"{self.stage}: {self.done} of {self.total} {self.unit}"
        return f"{words}, {self.note}" if self.note else words


class Looked(Frozen):
    """A look in the midst of a training: sent at once, so that a kill loses none."""

    message: Literal["looked"] = "looked"
    look: Look


class Done(Frozen):
    message: Literal["done"] = "done"
    result: Result | None


class Failed(Frozen):
    """The request failed; the worker ends after an out-of-memory, so that its memory comes back."""

    message: Literal["failed"] = "failed"
    error: str
    """Name of a class in ownvoice.errors, or WorkerFailed for a bug of ours."""
    found: str
    expected: str = ""
    remedy: str = ""


Message = Progress | Looked | Done | Failed
MESSAGE: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="message")])
REQUEST: TypeAdapter[Request] = TypeAdapter(Annotated[Request, Field(discriminator="call")])


Report = Callable[[Progress], None]
OnLook = Callable[[Look], None]
"""Takes each look of a training as it comes."""


def ignore_look(_look: Look) -> None:
    """Of a training without looks."""
