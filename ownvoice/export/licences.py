"""What a base model's licence asks of whoever hands on a model made of it: the hub's name for it, and the notice."""

from __future__ import annotations

from ownvoice.frozen import Frozen
from ownvoice.models.known import GEMMA_TERMS


class Licence(Frozen):
    """A row of the table."""

    hub_name: str
    """As the hub's model cards name it."""
    notice: str = ""
    """Goes along in a file of its own; empty where a name is enough."""
    asks: str = ""
    """What is left to the person who hands it on, in a sentence."""


def _of_llama(version: str) -> Licence:
    return Licence(
        hub_name=f"llama{version}",
        notice=f"Llama {version} is licensed under the Llama {version} Community License, Copyright © Meta Platforms, Inc. "
        "All Rights Reserved.\n\nBuilt with Llama. This model is Llama, fine-tuned: its weights were changed.\n",
        asks=f"The Llama {version} Community License wants a copy of itself to go along, and a name that begins with Llama.",
    )


LICENCES: dict[str, Licence] = {
    "Apache-2.0": Licence(hub_name="apache-2.0"),
    "MIT": Licence(hub_name="mit"),
    "Gemma Terms of Use": Licence(
        hub_name="gemma",
        notice=f"{GEMMA_TERMS.partition(' The package')[0]}\n\nThis model is Gemma, fine-tuned: its weights were changed.\n",
        asks="The Gemma Terms of Use want a copy of themselves to go along, and bind whoever gets the model to them.",
    ),
    "Llama 3.2 Community License": _of_llama("3.2"),
    "Llama 3.1 Community License": _of_llama("3.1"),
}
"""By their names in the table of known models."""
UNKNOWN = Licence(
    hub_name="other", asks="The licence of the base model isn't known here: see its model card before you hand this on."
)


def licence_of(name: str) -> Licence:
    return LICENCES.get(name, UNKNOWN)
