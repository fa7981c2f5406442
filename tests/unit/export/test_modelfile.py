"""The Modelfile: the prompt of the training with the topic left open, whatever a chat template holds."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors

from ownvoice.export.material import Material
from ownvoice.export.modelfile import modelfile
from ownvoice.run.tuned_model import TunedModel
from tests.unit.records_for_tests import model_for_tests, record_for_tests, training_for_tests

CHAT = "{{ bos_token }}{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}<|assistant|>"


def material_in(folder: Path, template: str | None, licence: str = "Apache-2.0") -> Material:
    """A folder with a tokenizer that begins every text with <bos>; a base model's where there is no template."""
    tokenizer = Tokenizer(models.BPE({"a": 0, "<bos>": 1, "<|end|>": 2}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(["<bos>", "<|end|>"])
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 1)])
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"bos_token": "<bos>", "eos_token": "<|end|>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(names))
    if template is not None:
        (folder / "chat_template.jinja").write_text(template)
    kind = "instruct" if template else "base"
    info = model_for_tests().model_copy(update={"kind": kind, "licence": licence, "folder": str(folder)})
    record = record_for_tests(model=info)
    return Material(
        TunedModel(record, info, training_for_tests(), folder / "model.safetensors"), folder, "my-model", "f16"
    )


def template_of(text: str) -> str:
    return text.partition('TEMPLATE """')[2].partition('"""\nPARAMETER')[0]


def test_a_topic_that_is_typed_stands_where_it_stood_in_training(tmp_path: Path) -> None:
    text = modelfile(material_in(tmp_path, None))
    assert template_of(text) == "Write a personal essay on the topic below.\n---\n{{ .Prompt }}\n\n"
    assert "FROM ./my-model-f16.gguf\n" in text
    assert 'PARAMETER stop "<|end|>"\n' in text
    assert "PARAMETER repeat_penalty 1.0\n" in text


def test_the_first_token_is_left_to_the_file_that_puts_it_in(tmp_path: Path) -> None:
    assert template_of(modelfile(material_in(tmp_path, CHAT))) == (
        "<|user|>Write a personal essay on the topic below.\n\nTopic: {{ .Prompt }}<|end|><|assistant|>"
    )


def test_a_chat_template_stays_text_whatever_it_holds(tmp_path: Path) -> None:
    hostile = CHAT + "{{ '{{ .System }}' }}" + '"""\nPARAMETER temperature 2\nSYSTEM """'
    text = template_of(modelfile(material_in(tmp_path, hostile)))
    assert text.endswith(
        '{{ "{{" }} .System }}' + '{{ "\\x22" }}' * 3 + "\nPARAMETER temperature 2\nSYSTEM " + '{{ "\\x22" }}' * 3
    )


def test_the_terms_of_gemma_go_along(tmp_path: Path) -> None:
    text = modelfile(material_in(tmp_path, None, "Gemma Terms of Use"))
    assert "ai.google.dev/gemma/terms" in text.partition('LICENSE """')[2]
