"""What an export's formats are made of: the run, its model as a whole folder, and how it is to be written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal, NamedTuple

from ownvoice.export.licences import Licence, licence_of
from ownvoice.models.prompt_format import load_prompt_format
from ownvoice.run.tuned_model import TunedModel

Precision = Literal["f16", "f32"]


class Material(NamedTuple):
    """Paths are of the folder that is being written, which has another name until it is whole."""

    tuned: TunedModel
    folder: Path
    """Holds the whole model already: merged, where the run trained an adapter."""
    name: str
    """Of the folder that comes out."""
    precision: Precision

    @property
    def gguf(self) -> str:
        return f"{self.name}-{self.precision}.gguf"

    @property
    def licence(self) -> Licence:
        return licence_of(self.tuned.info.licence)

    @property
    def adds_bos(self) -> bool:
        """Whether the tokenizer itself begins a text with a token; an instruct model's template may as well."""
        return bool(load_prompt_format(self.folder, "base").bos)

    @property
    def ends(self) -> tuple[str, ...]:
        """The tokens that end an answer, as text."""
        settings = json.loads((self.folder / "tokenizer_config.json").read_text("utf-8"))
        eos = settings.get("eos_token") or ""
        return (eos["content"] if isinstance(eos, dict) else eos,)
