"""What a model is shown, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tokenizers import Tokenizer, processors

from ownvoice.errors import ModelUnavailable
from ownvoice.models.prompt_format import (
    Reading,
    example_tokens,
    format_prompt,
    load_prompt_format,
    load_token_counter,
    prompt_texts,
    that_fit,
)
from ownvoice.records.essays import Canary, Pair, PairSet, Probe
from tests.unit.essays.folders import word_tokenizer

TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|turn|>{{ message['role'] }}\n{{ message['content'] }}<|end|>\n"
    "{% endfor %}\n{% if add_generation_prompt %}\n<|turn|>assistant\n{% endif %}"
)
PAIR = Pair(id="a", topic="Apples", essay="Red ones.", tier=1, split="train", source="a.md:1")


def model_folder(folder: Path, tokenizer: Tokenizer | None = None, **settings: object) -> Path:
    (tokenizer or word_tokenizer()).save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    return folder


def instruct_folder(folder: Path) -> Path:
    tokenizer = word_tokenizer()
    tokenizer.add_tokens(["<|turn|>", "<unused>"])  # not flagged as special, as Gemma's turn tokens are not
    return model_folder(folder, tokenizer, bos_token={"content": "<s>"}, eos_token="<|end|>", chat_template=TEMPLATE)


def test_a_base_prompt_is_instruction_rule_topic_and_a_blank_line(tmp_path: Path) -> None:
    base = load_prompt_format(model_folder(tmp_path), "base")
    assert format_prompt(base, "Write.", "Apples") == "Write.\n---\nApples\n\n"


def test_a_base_prompt_begins_with_what_the_tokenizer_itself_would_put_there(tmp_path: Path) -> None:
    tokenizer = word_tokenizer()
    tokenizer.add_special_tokens(["<s>"])
    begin = ("<s>", tokenizer.token_to_id("<s>"))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[begin])
    base = load_prompt_format(model_folder(tmp_path, tokenizer), "base")
    assert format_prompt(base, "Write.", "Apples").startswith("<s>Write.\n---\n")


def test_an_instruct_prompt_is_the_models_own_template(tmp_path: Path) -> None:
    instruct = load_prompt_format(instruct_folder(tmp_path), "instruct")
    expected = "<s><|turn|>user\nWrite.\n\nTopic: Salt & <pepper><|end|>\n<|turn|>assistant\n"
    assert format_prompt(instruct, "Write.", "Salt & <pepper>") == expected


def test_a_template_file_wins_over_the_one_in_the_config(tmp_path: Path) -> None:
    (instruct_folder(tmp_path) / "chat_template.jinja").write_text("{{ messages[0]['content'] | tojson }}", "utf-8")
    instruct = load_prompt_format(tmp_path, "instruct")
    assert format_prompt(instruct, "Schreib.", "Äpfel & <b>") == '"Schreib.\\n\\nTopic: Äpfel & <b>"'


def test_control_tokens_are_the_special_ones_and_those_that_the_template_writes(tmp_path: Path) -> None:
    assert load_prompt_format(instruct_folder(tmp_path), "instruct").control_tokens == ("<|end|>", "<|turn|>")


def test_a_template_that_refuses_or_asks_for_the_date_is_the_models_fault_not_a_traceback(tmp_path: Path) -> None:
    for template, message in [
        ("{{ raise_exception('no user turns') }}", "no user turns"),
        ("{{ strftime_now('%d %b %Y') }}", "'strftime_now' is undefined"),
        ("{% if %}", "Expected an expression"),
    ]:
        instruct = load_prompt_format(model_folder(tmp_path, chat_template=template), "instruct")
        with pytest.raises(ModelUnavailable, match="the model's chat template failed") as caught:
            format_prompt(instruct, "Write.", "Apples")
        assert message in caught.value.found


def test_a_template_cannot_reach_outside_its_sandbox(tmp_path: Path) -> None:
    template = "{{ messages.__class__.__base__.__subclasses__() }}"
    instruct = load_prompt_format(model_folder(tmp_path, chat_template=template), "instruct")
    with pytest.raises(ModelUnavailable, match="unsafe"):
        format_prompt(instruct, "Write.", "Apples")


def test_a_folder_without_tokenizer_or_template_says_which_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"no tokenizer\.json"):
        load_token_counter(tmp_path)
    with pytest.raises(ModelUnavailable, match="no chat template"):
        load_prompt_format(model_folder(tmp_path), "instruct")


def test_tokens_of_an_example_count_prompt_essay_and_end(tmp_path: Path) -> None:
    folder = model_folder(tmp_path)
    base = load_prompt_format(folder, "base")
    assert example_tokens(base, "Write.", [PAIR], load_token_counter(folder)) == [4 + 3 + 1]


def test_a_limit_in_the_tokenizer_file_does_not_hide_an_essays_length(tmp_path: Path) -> None:
    tokenizer = word_tokenizer()
    tokenizer.enable_truncation(5)
    tokenizer.enable_padding(length=9)
    assert load_token_counter(model_folder(tmp_path, tokenizer)).count("one " * 40) == 40


@pytest.mark.parametrize(("kind", "canaries"), [("base", ["A"]), ("instruct", ["A", "C"])])
def test_canaries_come_first_and_instruct_only_ones_for_instruct_models(
    tmp_path: Path, kind: str, canaries: list[str]
) -> None:
    instruct = load_prompt_format(instruct_folder(tmp_path), "instruct")
    asked = PairSet(
        pairs=(),
        canaries=(Canary(id="A", topic="x"), Canary(id="C", topic="y", instruct_only=True)),
        probes=(Probe(id="p", topic="z"), Probe(id="q", topic="w")),
    )
    texts = prompt_texts(instruct, "Write.", asked, "base" if kind == "base" else "instruct", 2)
    probes = [("p", 0), ("p", 1), ("q", 0), ("q", 1)]
    assert [(text.prompt_id, text.sample) for text in texts] == [(name, 0) for name in canaries] + probes
    assert "Topic: z<|end|>" in texts[-3].text


def test_facts_are_never_shown_to_the_model_so_that_its_cached_answers_stay(tmp_path: Path) -> None:
    shown = load_prompt_format(instruct_folder(tmp_path), "instruct")
    plain = PairSet(pairs=(), canaries=(Canary(id="A", topic="x"),), probes=())
    canary = Canary(id="A", topic="x", facts=("she is ten",), contradictions=("I am forty",))
    with_facts = plain.model_copy(update={"canaries": (canary,)})
    asked = [prompt_texts(shown, "Write.", pair_set, "instruct", 1) for pair_set in (plain, with_facts)]
    assert asked[0] == asked[1]


def test_examples_stand_as_earlier_turns_or_as_text_above(tmp_path: Path) -> None:
    for kind in ("base", "instruct"):
        (tmp_path / kind).mkdir()
    base = load_prompt_format(model_folder(tmp_path / "base"), "base")
    assert format_prompt(base, "Write.", "Salt", (PAIR,)) == (
        "Write.\n---\nApples\n\nRed ones.\n\nWrite.\n---\nSalt\n\n"
    )
    instruct = load_prompt_format(instruct_folder(tmp_path / "instruct"), "instruct")
    assert format_prompt(instruct, "Write.", "Salt", (PAIR,)) == (
        "<s><|turn|>user\nWrite.\n\nTopic: Apples<|end|>\n<|turn|>assistant\nRed ones.<|end|>\n"
        "<|turn|>user\nWrite.\n\nTopic: Salt<|end|>\n<|turn|>assistant\n"
    )


def test_as_many_examples_are_taken_as_the_context_holds_and_the_closest_stands_last(tmp_path: Path) -> None:
    folder = model_folder(tmp_path)
    counter, base = load_token_counter(folder), load_prompt_format(folder, "base")
    pairs = [
        PAIR.model_copy(update={"id": str(number), "essay": "word " * words})
        for number, words in enumerate((20, 200, 20, 20))
    ]
    held = {
        context: [
            pair.id for pair in that_fit(Reading(base, counter, context), "Write.", pairs, ["Salt", "Apples"], 30)
        ]
        for context in (40, 80, 90, 400)
    }
    assert held == {40: [], 80: ["0"], 90: ["2", "0"], 400: ["3", "2", "1", "0"]}
    longest = format_prompt(base, "Write.", "Apples", [pairs[number] for number in (3, 2, 1, 0)])
    assert counter.count(longest) + 30 <= 400
