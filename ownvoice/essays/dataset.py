"""Makes a `datasets.DatasetDict` of the checked essays: typed, tokenised, with a fingerprint that its content decides.

A row holds a pair, its prompt as the model is shown it, and the ids of both. `datasets` is imported here
alone, inside a function, by those who train or save: 0.5 to 1 s that a cached rerun doesn't pay.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any

from ownvoice.models.prompt_format import TEXTS_AT_ONCE, PromptFormat, Reading, format_prompt
from ownvoice.records.essays import Pair

QUIET = {"HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "DO_NOT_TRACK": "1"}
"""For `datasets`, which is only ever given local files."""
COLUMNS = ("id", "topic", "essay", "tier")
MADE_COLUMNS = ("formatted_prompt", "input_ids", "prompt_tokens")
"""What tokenising adds; passed over where a saved set is read again."""


def datasets_library() -> ModuleType:
    """`datasets`, without network, telemetry and progress bars."""
    os.environ |= QUIET
    library = importlib.import_module("datasets")
    library.disable_progress_bars()
    return library


def as_dataset(splits: Mapping[str, Sequence[Pair]], instruction: str, reading: Reading) -> Any:
    """A `DatasetDict` of the splits that hold a pair; each `Dataset` has our fingerprint, which its content alone decides."""
    library = datasets_library()
    features = examples_features(library)
    pair_features = library.Features({name: features[name] for name in COLUMNS})

    def made_of(pairs: Sequence[Pair]) -> Any:
        columns = {name: [getattr(pair, name) for pair in pairs] for name in COLUMNS}
        return library.Dataset.from_dict(columns, features=pair_features).map(
            lambda batch: _tokenised(batch, instruction, reading),
            batched=True,
            batch_size=TEXTS_AT_ONCE,
            features=features,
            new_fingerprint=examples_fingerprint(reading.prompt_format, instruction, pairs),
        )

    return library.DatasetDict({split: made_of(pairs) for split, pairs in splits.items() if pairs})


def _tokenised(batch: dict[str, list[str]], instruction: str, reading: Reading) -> dict[str, Any]:
    prompts = [format_prompt(reading.prompt_format, instruction, topic) for topic in batch["topic"]]
    prompt_ids, essay_ids = (list(reading.counter.encode_all(texts)) for texts in (prompts, batch["essay"]))
    return {
        "formatted_prompt": prompts,
        "input_ids": [prompt + essay for prompt, essay in zip(prompt_ids, essay_ids, strict=True)],
        "prompt_tokens": list(map(len, prompt_ids)),
    }


def examples_fingerprint(prompt_format: PromptFormat, instruction: str, pairs: Iterable[Pair]) -> str:
    """32 hex digits of what a model is shown of the pairs, in their order; their tokens are its tokenizer's affair."""
    return digest_of([pair.id, format_prompt(prompt_format, instruction, pair.topic), pair.essay] for pair in pairs)


def pairs_fingerprint(pairs: Iterable[Pair]) -> str:
    """32 hex digits of the pairs in their order, in whatever format they were read."""
    return digest_of([pair.id, pair.topic, pair.essay, pair.tier, pair.split] for pair in pairs)


def examples_features(library: ModuleType) -> Any:
    text, number = library.Value("string"), library.Value("int32")
    return library.Features(
        {
            "id": text,
            "topic": text,
            "essay": text,
            "tier": number,
            "formatted_prompt": text,
            "input_ids": library.List(number),
            "prompt_tokens": number,
        }
    )


def digest_of(rows: Iterable[Sequence[str | int]]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps(row).encode())
    return digest.hexdigest()[:32]
