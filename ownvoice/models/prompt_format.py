"""Writes what a model is shown: the plain base format, or the model's own chat template. No torch, no transformers.

Every text made here is complete: encode it with `add_special_tokens=False`, in training and in answers alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from jinja2 import Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from tokenizers import Tokenizer

from ownvoice.errors import ModelUnavailable
from ownvoice.frozen import Frozen
from ownvoice.parsing import json_of
from ownvoice.records.essays import Canary, Pair, PairSet, Probe
from ownvoice.records.model import Kind, ModelInfo
from ownvoice.worker.messages import PromptText

TOKENIZER_NAME = "tokenizer.json"
TEXTS_AT_ONCE = 256
"""The encodings of 10,000 essays at once would fill 0.5 GiB."""


class PromptFormat(Frozen):
    """How one model wants its prompts."""

    kind: Kind
    template: str = ""
    """The chat template; empty for a base model."""
    bos: str = ""
    """Base: what the tokenizer itself would put first, often nothing. Instruct: the template places it."""
    eos: str = ""
    control_tokens: tuple[str, ...] = ()
    """Strings that the tokenizer or the template takes for structure: no topic or essay may hold one."""


class TokenCounter:
    """Counts tokens as the worker will see them, without importing it."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        tokenizer.no_truncation()  # a tokenizer.json may carry a limit, which would hide an essay's true length
        tokenizer.no_padding()
        self._tokenizer = tokenizer

    def count(self, text: str) -> int:
        """Tokens of a text that is already complete: none are added."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def count_all(self, texts: Iterable[str]) -> Iterator[int]:
        """The same for many texts, all cores taking part."""
        return map(len, self.encode_all(texts))

    def encode_all(self, texts: Iterable[str]) -> Iterator[list[int]]:
        """The ids of each; the tokens' places in the text aren't worked out."""
        left = iter(texts)
        while batch := list(islice(left, TEXTS_AT_ONCE)):
            yield from (encoding.ids for encoding in self._tokenizer.encode_batch_fast(batch, add_special_tokens=False))


def load_token_counter(model_folder: Path) -> TokenCounter:
    """Raises ModelUnavailable where the folder has no tokenizer.json."""
    return TokenCounter(_load_tokenizer(model_folder))


def load_prompt_format(model_folder: Path, kind: Kind) -> PromptFormat:
    """Read a model folder's format.

    Raises:
        ModelUnavailable: without tokenizer.json, or an instruct model without a chat template.
    """
    tokenizer, settings = _load_tokenizer(model_folder), _tokenizer_settings(model_folder)
    added = tokenizer.get_added_tokens_decoder().values()
    if kind == "base":
        special = tuple(sorted(token.content for token in added if token.special))
        return PromptFormat(kind=kind, bos=_opening(tokenizer), eos=_token(settings, "eos"), control_tokens=special)
    template = _chat_template(model_folder, settings)
    # Gemma's <start_of_turn> is not flagged as special, so a token that the template itself writes counts too.
    control = sorted(t.content for t in added if t.special or (t.content.strip() and t.content in template))
    bos, eos = _token(settings, "bos"), _token(settings, "eos")
    return PromptFormat(kind=kind, template=template, bos=bos, eos=eos, control_tokens=tuple(control))


class Reading(NamedTuple):
    """How a model reads a text, as far as it shows without torch."""

    prompt_format: PromptFormat
    counter: TokenCounter
    context_tokens: int


def reading_of(info: ModelInfo) -> Reading:
    """Raises ModelUnavailable as `load_prompt_format`."""
    folder = Path(info.folder)
    return Reading(load_prompt_format(folder, info.kind), load_token_counter(folder), info.context_tokens)


def format_prompt(prompt_format: PromptFormat, instruction: str, topic: str, examples: Sequence[Pair] = ()) -> str:
    """The whole prompt: what follows it is the essay, then end-of-text.

    Args:
        examples: Topics and essays that stand before it: as earlier turns of a chat, or as text above.
    """
    if prompt_format.kind == "base":
        above = "".join(f"{instruction}\n---\n{pair.topic}\n\n{pair.essay}\n\n" for pair in examples)
        return f"{prompt_format.bos}{above}{instruction}\n---\n{topic}\n\n"
    return format_turns(
        prompt_format, [*(turn for pair in examples for turn in _turns(instruction, pair)), _asked(instruction, topic)]
    )


def format_turns(prompt_format: PromptFormat, messages: Sequence[Mapping[str, str]]) -> str:
    """The turns of a chat by the model's template, ready for the assistant's next one.

    Raises:
        ModelUnavailable: the template fails.
    """
    try:
        return _compiled(prompt_format.template).render(
            messages=messages,
            add_generation_prompt=True,
            bos_token=prompt_format.bos,
            eos_token=prompt_format.eos,
        )
    except TemplateError as error:
        raise ModelUnavailable(
            f"the model's chat template failed: {error}",
            "a template that renders one user message (no strftime_now: a date would make reruns differ)",
            "choose another model, or mend chat_template.jinja in a local copy of it",
        ) from None


def _turns(instruction: str, pair: Pair) -> tuple[dict[str, str], dict[str, str]]:
    return _asked(instruction, pair.topic), {"role": "assistant", "content": pair.essay}


def _asked(instruction: str, topic: str) -> dict[str, str]:
    return {"role": "user", "content": f"{instruction}\n\nTopic: {topic}"}


def example_tokens(
    prompt_format: PromptFormat, instruction: str, pairs: Sequence[Pair], counter: TokenCounter
) -> list[int]:
    """Tokens of prompt, essay and end-of-text; prompt and essay are encoded apart, as the loss mask needs it."""
    prompts = counter.count_all(format_prompt(prompt_format, instruction, pair.topic) for pair in pairs)
    essays = counter.count_all(pair.essay for pair in pairs)
    return [prompt + essay + 1 for prompt, essay in zip(prompts, essays, strict=True)]


class AskedPrompt(NamedTuple):
    """One answer to ask for."""

    prompt_id: str
    topic: str
    sample: int


def asked_prompts(
    canaries: Iterable[Canary], probes: Iterable[Probe], kind: str, samples_per_probe: int
) -> tuple[AskedPrompt, ...]:
    """All answers to ask for: canaries once (instruct-only ones of an instruct model alone), then the probes."""
    once = [AskedPrompt(c.id, c.topic, 0) for c in canaries if kind == "instruct" or not c.instruct_only]
    return (*once, *(AskedPrompt(p.id, p.topic, sample) for p in probes for sample in range(samples_per_probe)))


def that_fit(
    reading: Reading, instruction: str, pairs: Sequence[Pair], topics: Iterable[str], max_new_tokens: int
) -> tuple[Pair, ...]:
    """As many of the pairs as the context holds before the longest topic and its answer: the first ones, the very first last.

    What stands nearest to the topic is what a model leans on most, so the pairs come closest first.
    """
    longest = max(topics, key=lambda topic: reading.counter.count(topic))
    chosen: tuple[Pair, ...] = ()
    for pair in pairs:
        wider = (pair, *chosen)
        text = format_prompt(reading.prompt_format, instruction, longest, wider)
        if reading.counter.count(text) + max_new_tokens <= reading.context_tokens:
            chosen = wider
    return chosen


def prompt_texts(
    prompt_format: PromptFormat,
    instruction: str,
    pair_set: PairSet,
    kind: Kind,
    samples_per_probe: int,
    examples: Sequence[Pair] = (),
) -> tuple[PromptText, ...]:
    """All answers to ask for, each prompt as the model is shown it."""
    return tuple(
        PromptText(prompt_id=prompt_id, sample=sample, text=format_prompt(prompt_format, instruction, topic, examples))
        for prompt_id, topic, sample in asked_prompts(pair_set.canaries, pair_set.probes, kind, samples_per_probe)
    )


def shown_prompt(kind: Kind, instruction: str) -> str:
    """What a model is shown for a topic, for a person to read; of a chat template, the message that goes into it."""
    message_alone = PromptFormat(kind=kind, template="{{ messages[0]['content'] }}")
    return format_prompt(message_alone, instruction, "(the topic)").rstrip("\n")


def control_tokens_in(prompt_format: PromptFormat, texts: Iterable[str]) -> tuple[str, ...]:
    """The control tokens that occur in any of the texts."""
    joined = "\0".join(texts)
    return tuple(token for token in prompt_format.control_tokens if token in joined)


@lru_cache(maxsize=8)
def _compiled(template: str) -> Template:
    """SmolLM2's takes 1.6 ms to compile and 0.01 ms to render, once for each pair."""
    return _environment().from_string(template)


def _environment() -> ImmutableSandboxedEnvironment:
    """Jinja as transformers sets it up (utils/chat_template_utils.py), but without strftime_now."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _raise_exception
    return environment


def _to_json(value: Any, ensure_ascii: bool = False, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent)  # Jinja's own would escape HTML characters


def _raise_exception(message: str) -> NoReturn:
    raise TemplateError(message)


def tokenizer_file(info: ModelInfo) -> Path:
    return Path(info.folder) / TOKENIZER_NAME


def _load_tokenizer(model_folder: Path) -> Tokenizer:
    path = model_folder / TOKENIZER_NAME
    if not path.is_file():
        raise ModelUnavailable(
            f"{model_folder}: no tokenizer.json", "a model folder with a fast tokenizer", "fetch or convert the model"
        )
    return Tokenizer.from_file(str(path))


def _opening(tokenizer: Tokenizer) -> str:
    """What the tokenizer's post-processor puts before any text: <bos> for Gemma and Llama, nothing for GPT-2."""
    bare = len(tokenizer.encode("a", add_special_tokens=False).ids)
    full = tokenizer.encode("a", add_special_tokens=True)
    mask = full.special_tokens_mask
    leading = mask.index(0) if 0 in mask else len(full.ids) - bare
    return "".join(full.tokens[:leading])


def _tokenizer_settings(model_folder: Path) -> dict[str, Any]:
    """tokenizer_config.json over special_tokens_map.json; either may be missing."""
    settings: dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        path = model_folder / name
        if path.is_file():
            found = json_of(path.read_text("utf-8"))
            settings |= {key: value for key, value in found.items() if value is not None}
    return settings


def _token(settings: dict[str, Any], name: str) -> str:
    value = settings.get(f"{name}_token", "")
    return str(value["content"] if isinstance(value, dict) else value)  # older files keep the token's flags beside it


def _chat_template(model_folder: Path, settings: dict[str, Any]) -> str:
    path = model_folder / "chat_template.jinja"
    template = path.read_text("utf-8") if path.is_file() else settings.get("chat_template")
    if isinstance(template, list):  # older models list several, by name
        template = {entry["name"]: entry["template"] for entry in template}.get("default")
    if not template:
        raise ModelUnavailable(
            f"{model_folder}: no chat template",
            "chat_template.jinja, or chat_template in tokenizer_config.json",
            "use the model as a base model, or choose its instruct version",
        )
    return str(template)
