"""What all prompts begin with is read once, and the answers are those of reading it with each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

from ownvoice.config import DecodingConfig
from ownvoice.engine import generate
from ownvoice.engine.generate import generate_outputs, share_prefix
from ownvoice.engine.load import LoadedModel, load_model
from ownvoice.worker.messages import GenerateRequest, PromptText
from tests.end_to_end.test_worker import silent
from tests.end_to_end.tiny_models import save_tiny_gpt2, save_tiny_llama, save_tokenizer

ABOVE = "My mother kept the spoons in a drawer beneath the kettle. " * 22
NEW_TOKENS = 24


def save_tiny_gemma(folder: Path) -> Path:
    """Most of its layers see no further back than 64 tokens."""
    vocabulary = save_tokenizer(folder, chat=False)
    torch.manual_seed(3)
    config = Gemma3TextConfig(
        vocab_size=vocabulary,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=1,
        head_dim=16,
        max_position_embeddings=2048,
        sliding_window=64,
        eos_token_id=0,
        pad_token_id=0,
        bos_token_id=None,
    )
    Gemma3ForCausalLM(config).save_pretrained(folder)
    return folder


def request(lengths: range) -> GenerateRequest:
    prompts = tuple(
        PromptText(prompt_id=f"p{n}", sample=0, text=f"{ABOVE}Topic {'about the thing ' * n}{n}") for n in lengths
    )
    return GenerateRequest(model_folder="", prompts=prompts, decoding=DecodingConfig(max_new_tokens=NEW_TOKENS))


def answered(loaded: LoadedModel, asked: GenerateRequest, at_once: int = 32) -> list[str]:
    outputs = generate_outputs(loaded, asked.model_copy(update={"answers_at_once": at_once}), "answers", silent)
    return [output.text for output in outputs.outputs]


@pytest.mark.parametrize("save", [save_tiny_llama, save_tiny_gpt2, save_tiny_gemma], ids=["llama", "gpt2", "gemma"])
def test_answers_are_those_of_reading_the_whole_prompt_each_time(
    save: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Gemma padding would take places of the window, so rows of one length alone go together."""
    loaded, asked = load_model(str(save(tmp_path)), torch.device("cpu")), request(range(5))
    rows = [loaded.encode(prompt.text) for prompt in asked.prompts]
    with torch.inference_mode():
        shared = share_prefix(loaded, rows, NEW_TOKENS)
    assert shared is not None
    assert len(shared.ids) > 500
    assert len(shared.batches(rows, 32)) == (5 if save is save_tiny_gemma else 1)
    once = answered(loaded, asked)
    assert once == answered(loaded, asked, at_once=2)
    monkeypatch.setattr(generate, "SHORTEST_SHARED", 10**9)
    assert once == answered(loaded, asked, at_once=1)


def test_what_is_short_or_asked_once_is_not_shared(tmp_path: Path) -> None:
    loaded = load_model(str(save_tiny_llama(tmp_path)), torch.device("cpu"))
    long, short = loaded.encode(f"{ABOVE}a"), loaded.encode("Topic a")
    with torch.inference_mode():
        assert share_prefix(loaded, [], NEW_TOKENS) is None
        assert share_prefix(loaded, [long], NEW_TOKENS) is None
        assert share_prefix(loaded, [short, loaded.encode("Topic b")], NEW_TOKENS) is None
        assert share_prefix(loaded, [long, short], NEW_TOKENS) is None
