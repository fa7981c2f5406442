"""What a model is made of that is made here of another one (`Making` in the table): texts, turns of a chat, a folder.

An assistant is made of a base model by training it on replies to what people ask, each as a turn of a chat. Beside it stands
the same base trained on as much of ordinary documents: what both do is no assistant's doing. Both texts are one small
instruct model's (`tests/bench/making_texts.py`), so that they differ in kind and not in who wrote them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from ownvoice.files import write_atomically
from ownvoice.frozen import Frozen
from ownvoice.models.folder import INFO_FILE, describe_folder
from ownvoice.models.known import KnownModel, Making
from ownvoice.models.prompt_format import PromptFormat, format_turns, load_prompt_format, load_token_counter
from ownvoice.paths import SHIPPED, models_folder
from ownvoice.records.essays import Split
from ownvoice.records.model import ModelInfo
from ownvoice.records.training import EpochLoss
from ownvoice.worker.examples import Example

TEMPLATE_FILE = "chat_template.jinja"
FOLDER = SHIPPED / "data" / "making"
# Gemma's own turns. Its base never saw them; an assistant that is made here learns them with the replies.
TURNS = (
    "{{ bos_token }}{% for message in messages %}"
    "<start_of_turn>{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n"
    "{{ message['content'] | trim }}<end_of_turn>\n"
    "{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


class MakingText(Frozen):
    """One text of a kind: what was asked, empty for a document, and what was written."""

    id: str
    asked: str
    text: str
    split: Split


def read_texts(kind: str) -> tuple[MakingText, ...]:
    """Those of a kind, 'assistant' or 'documents', in the order of the file."""
    lines = (FOLDER / f"{kind}.jsonl").read_text("utf-8").splitlines()
    return tuple(MakingText.model_validate_json(line) for line in lines)


def made_folder(known: KnownModel) -> Path:
    return models_folder() / known.name


def making_identity(making: Making, base: str) -> str:
    """All that decides what is made: the base's own identity, the texts, how it is trained on them."""
    texts = (FOLDER / f"{making.texts}.jsonl").read_bytes()
    parts = [base, making.model_dump_json(), hashlib.sha256(texts).hexdigest(), TURNS]
    return f"made:{hashlib.sha256(json.dumps(parts).encode()).hexdigest()}"


def making_examples(making: Making, base: ModelInfo) -> dict[Split, tuple[Example, ...]]:
    """The texts as the base model is shown them: after what was asked, as turns, or after nothing."""
    folder = Path(base.folder)
    plain, counter = load_prompt_format(folder, "base"), load_token_counter(folder)
    turns = PromptFormat(kind="instruct", template=TURNS, bos=plain.bos, eos=plain.eos)
    found: dict[Split, list[Example]] = {"train": [], "validation": []}
    for each in read_texts(making.texts):
        prompt = format_turns(turns, [{"role": "user", "content": each.asked}]) if each.asked else plain.bos
        prompt_ids, text_ids = counter.encode_all([prompt, each.text])
        found[each.split].append(Example(each.id, prompt, each.text, prompt_ids + text_ids, len(prompt_ids)))
    return {split: tuple(examples) for split, examples in found.items()}


def describe_made(known: KnownModel, base: ModelInfo, identity: str, losses: Sequence[EpochLoss]) -> ModelInfo:
    """Note what a folder holds whose weights were just trained; from then on the model is there.

    Args:
        identity: As `making_identity`.
        losses: The first is that of the base: whether the making took shows in what texts lost that were kept back.

    Raises:
        ModelUnavailable: the folder can't be loaded.
    """
    making, folder = known.made, made_folder(known)
    assert making is not None, f"{known.name} is not made here"
    if known.kind == "instruct":
        write_atomically(folder / TEMPLATE_FILE, TURNS)
    passes = "one pass" if making.passes == 1 else f"{making.passes} passes"
    before, after = losses[0].validation, losses[-1].validation
    source = (
        f"made here of {base.name} ({base.source}) by {passes} over the texts in data/making/{making.texts}.jsonl; loss on "
        f"texts of the kind that were kept back {before:.3f} before and {after:.3f} after, nats a token"
    )
    info = describe_folder(known.name, folder, source, identity, known)
    write_atomically(folder / INFO_FILE, info.model_dump_json(indent=1))
    return info
