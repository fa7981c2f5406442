"""Arrow files of examples for requests that a test makes itself, as the check makes them of essays."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ownvoice.essays.dataset import datasets_library, examples_features
from ownvoice.models.prompt_format import load_token_counter
from ownvoice.worker.messages import Examples


class Text(NamedTuple):
    id: str
    prompt: str
    completion: str


@cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="examples-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def examples_of(model_folder: Path, *texts: Text) -> Examples:
    """Tokenised by the model's tokenizer, in a file that goes when the tests end."""
    encode_all, library = load_token_counter(model_folder).encode_all, datasets_library()
    prompts, essays = encode_all(text.prompt for text in texts), encode_all(text.completion for text in texts)
    rows = [
        {
            "id": text.id,
            "topic": "",
            "essay": text.completion,
            "tier": 1,
            "formatted_prompt": text.prompt,
            "input_ids": prompt + essay,
            "prompt_tokens": len(prompt),
        }
        for text, prompt, essay in zip(texts, prompts, essays, strict=True)
    ]
    if not rows:
        return Examples(path="", fingerprint="", rows=0)
    folder = Path(tempfile.mkdtemp(dir=_folder()))
    library.Dataset.from_list(rows, features=examples_features(library)).save_to_disk(str(folder), num_shards=1)
    (file,) = folder.glob("*.arrow")
    return Examples(path=str(file), fingerprint=folder.name, rows=len(rows))
