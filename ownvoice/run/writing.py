"""Makes the requests for an essay on a topic of the writer's own, and tells whether what came repeats one of hers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from ownvoice.errors import ConfigError, PairsError, UserMistake
from ownvoice.essays.check import read_pairs
from ownvoice.essays.place import essays_place
from ownvoice.frozen import Frozen
from ownvoice.memory.demand import TOKENS_PER_WORD
from ownvoice.models.prompt_format import control_tokens_in, format_prompt
from ownvoice.records.answers import Output
from ownvoice.records.essays import Canary, Probe
from ownvoice.records.run import RunRecord
from ownvoice.run.rejudge import as_trained
from ownvoice.run.tuned_model import TunedModel, untuned_folder
from ownvoice.text import words_of
from ownvoice.voice.repeats import Repeat
from ownvoice.voice.results import Essay
from ownvoice.worker.messages import PromptText, WriteRequest

NEW_TOPIC = "write"
"""The id of a topic that the run didn't ask; its seed follows from it."""
MOST_TOKENS = 4096
ROOM_TO_END = 1.25  # beyond the words asked for, to end the sentence: few are longer than a quarter of an essay


class Written(Frozen):
    """One text with what it cost."""

    text: str
    words: int
    tokens: int
    cut_off: bool
    seconds: float


class Writing(Frozen):
    """What `ownvoice write --json` prints."""

    run: int
    model: str
    topic: str
    decoding: dict[str, Any]
    tuned: Written
    baseline: Written | None = None
    repeats: Repeat | None = None
    """Of the tuned model's text; None also where the essays could not be compared: see `notes`."""
    notes: tuple[str, ...] = ()


class Asked(NamedTuple):
    """As it was typed; what is None is the run's own."""

    topic: str
    words: int | None = None
    settings: Mapping[str, Any] = MappingProxyType({})
    """Of the decoding, by their names there."""


def writing_request(tuned: TunedModel, asked: Asked) -> WriteRequest:
    """A topic that the run asked gets that answer again, word by word, where nothing else is changed.

    Raises:
        ConfigError: the topic is empty, holds a control token, or leaves no room in the model's context.
    """
    record, (prompt_format, counter, context_tokens) = tuned.record, tuned.reading
    limit = _tokens_for(record, asked.words) if asked.words else record.config.decoding.max_new_tokens
    decoding = record.config.decoding.model_copy(update={**asked.settings, "max_new_tokens": limit})
    text = format_prompt(prompt_format, record.config.prompt.instruction, asked.topic)
    problems = [
        f"the topic holds {token}, which the model takes for a control token: write it another way"
        for token in control_tokens_in(prompt_format, (asked.topic,))
    ]
    if not words_of(asked.topic):
        problems.append("the topic has no words")
    if (needed := counter.count(text) + limit) > context_tokens:
        problems.append(f"topic and answer need {needed:,} tokens, more than the model's {context_tokens:,}")
    if problems:
        raise ConfigError("\n".join(problems), "a topic such as 'The bus that never came'; --words for its length")
    prompt = PromptText(prompt_id=_prompt_id(record, asked.topic), sample=0, text=text)
    folder = untuned_folder(tuned) if tuned.is_adapter else str(tuned.folder)
    weights = str(tuned.weights)
    return WriteRequest(model_folder=folder, weights=weights, prompt=prompt, decoding=decoding, words=asked.words)


def beside(tuned: TunedModel, request: WriteRequest) -> WriteRequest:
    """The untuned model's answer: only the weights differ.

    Raises:
        ModelUnavailable: it is not on this disk.
    """
    return request.model_copy(update={"model_folder": untuned_folder(tuned), "weights": None})


def written(output: Output, seconds: float) -> Written:
    return Written(
        text=output.text,
        words=len(words_of(output.text)),
        tokens=output.tokens,
        cut_off=output.cut_off,
        seconds=round(seconds, 1),
    )


class Trained(NamedTuple):
    """The training essays as they can be read now."""

    essays: tuple[Essay, ...]
    note: str
    """What it means that they are gone or others; empty where they are the same."""


def read_trained(record: RunRecord) -> Trained:
    """Read again from where the config names them; nothing is fetched."""
    data = record.config.data
    if record.data is None:
        return Trained((), "The run has no essays: it stopped before.")
    try:
        place = essays_place(data.pairs)
        if not place.exists():
            return Trained((), GONE.format(where=place))
        author = read_pairs(place, data.columns)
    except (PairsError, OSError) as error:
        found = error.found if isinstance(error, UserMistake) else str(error)
        return Trained((), UNREADABLE.format(where=data.pairs, why=found.splitlines()[0]))
    pairs, problems = as_trained(record.data, author, data.over_length)
    essays = tuple(Essay(id=pair.id, text=pair.essay) for pair in pairs if pair.split == "train")
    return Trained(essays, CHANGED.format(run=record.number, why="; ".join(problems[:3])) if problems else "")


GONE = "Your essays are not at {where} any more: whether this text repeats one of them can't be told."
UNREADABLE = "Your essays at {where} can't be read ({why}): whether this text repeats one of them can't be told."
CHANGED = (
    "Your essays have changed since Run {run} ({why}). The text was compared with them as they are now: "
    "what the model learned and you have since taken out or rewritten would not be found."
)


def _prompt_id(record: RunRecord, topic: str) -> str:
    data = record.data
    asked: tuple[Canary | Probe, ...] = (*data.canaries, *data.probes) if data else ()
    return next((each.id for each in asked if each.topic == topic), NEW_TOPIC)


def _tokens_for(record: RunRecord, words: int) -> int:
    """By what the tuned model's answers took.

    Raises:
        ConfigError: more than can be asked for at once.
    """
    limit = math.ceil(words * _tokens_per_word(record.tuned.outputs.outputs if record.tuned.outputs else ()))
    limit = max(8, math.ceil(limit * ROOM_TO_END))
    if limit > MOST_TOKENS:
        most = int(words * MOST_TOKENS / limit)
        raise ConfigError(f"--words {words:,}: about {limit:,} tokens", f"at most {most:,} words of this model at once")
    return limit


def _tokens_per_word(outputs: Sequence[Output]) -> float:
    words = sum(len(words_of(output.text)) for output in outputs)
    return sum(output.tokens for output in outputs) / words if words else TOKENS_PER_WORD
