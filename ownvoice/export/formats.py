"""Lists what an export holds beside the model itself. A further format is a module that writes it and a line here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ownvoice.export.adapter import FOLDER, write_adapter
from ownvoice.export.card import model_card
from ownvoice.export.gguf_file import write_gguf
from ownvoice.export.material import Material
from ownvoice.export.modelfile import modelfile, prompt_file

NOTICE, CARD, MODELFILE, PROMPT = "NOTICE", "README.md", "Modelfile", "prompt.txt"


class Format(NamedTuple):
    """One file or folder."""

    of: Callable[[Material], str]
    """Its name; empty where the run has none."""
    write: Callable[[Material], None]
    """Raises ModelUnavailable where this model can't be written so: it is left out, and the reason is told."""
    what: str


def _text(file: str, made: Callable[[Material], str]) -> Callable[[Material], None]:
    def write(material: Material) -> None:
        (material.folder / file).write_text(made(material), "utf-8")

    return write


def _gguf(material: Material) -> None:
    write_gguf(material.folder, material.folder / material.gguf, material.name, material.precision)


def _modelfile_of(material: Material) -> str:
    return MODELFILE if (material.folder / material.gguf).exists() else ""


def _prompt_of(material: Material) -> str:
    return PROMPT if (material.folder / material.gguf).exists() else ""


FORMATS: tuple[Format, ...] = (
    Format(lambda material: FOLDER if material.tuned.is_adapter else "", write_adapter, "the adapter alone, for peft"),
    Format(lambda material: material.gguf, _gguf, "for llama.cpp, Ollama, LM Studio"),
    Format(_modelfile_of, _text(MODELFILE, modelfile), "for Ollama: its first lines say how"),
    Format(_prompt_of, _text(PROMPT, prompt_file), "a prompt as it was taught, for llama.cpp"),
    Format(
        lambda material: NOTICE if material.licence.notice else "",
        _text(NOTICE, lambda material: material.licence.notice),
        "what the base model's licence asks for",
    ),
    Format(lambda _: CARD, _text(CARD, model_card), "the model card, with what the run found"),
)
"""In the order in which they are written: the card tells of those before it."""
