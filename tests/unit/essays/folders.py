"""Small sets of essays on disk, and a tokenizer that is made here: one token a word, so lengths are plain."""

from __future__ import annotations

from pathlib import Path

from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

from ownvoice.config import ExperimentConfig
from ownvoice.experiment_files import parse_experiment
from ownvoice.models.prompt_format import PromptFormat, TokenCounter

PROMPTS = """[[canary]]
id = "A"
topic = "The harbour in winter"

[[probe]]
id = "bread"
topic = "Baking bread badly"
"""


def word_tokenizer() -> Tokenizer:
    """Every word and every mark is one (unknown) token."""
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens([AddedToken("<|end|>", special=True)])
    return tokenizer


def counter() -> TokenCounter:
    return TokenCounter(word_tokenizer())


BASE = PromptFormat(kind="base", control_tokens=("<|end|>",))


def essay(word: str, paragraphs: int = 1) -> str:
    """Paragraphs of two sentences, ten words and two full stops each: 12 tokens. No two words' essays overlap."""
    return "\n\n".join(
        f"{word}a{n} {word}b{n} {word}c{n} {word}d{n} {word}e{n}. {word}f{n} {word}g{n} {word}h{n} {word}i{n} {word}j{n}."
        for n in range(paragraphs)
    )


def write_essay(
    folder: Path, name: str, topic: str, text: str, tier: object = 1, split: str = "train", more: str = ""
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.md"
    path.write_text(f"---\ntopic: {topic}\ntier: {tier}\nsplit: {split}\n{more}---\n\n{text}\n", "utf-8")
    return path


def write_sound_set(folder: Path) -> Path:
    """Three essays, one of them for validation, that pass every check."""
    write_essay(folder, "apples", "Apples", essay("red"))
    write_essay(folder, "boats", "Boats", essay("blue"), tier=2)
    write_essay(folder, "clocks", "Clocks", essay("brass"), split="validation")
    return folder


def experiment(pairs: Path, prompts: Path | None = None, **data: object) -> ExperimentConfig:
    """A config for a set on disk; its prompts are written beside the set unless given."""
    if prompts is None:
        prompts = pairs.parent / "prompts.toml"
        prompts.write_text(PROMPTS, "utf-8")
    values = {
        "data": {"pairs": str(pairs), "prompts": str(prompts), "third_authors": "", **data},
        "prompt": {"instruction": "Write."},
        "decoding": {"max_new_tokens": 8},
    }
    return parse_experiment(values, "test")
