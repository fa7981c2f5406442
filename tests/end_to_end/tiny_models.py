"""Small random GPT-2 and Llama models with a real tokenizer, saved as a hub or a person would save them."""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from ownvoice.paths import ROOT

CHAT_TEMPLATE = (
    "{% for message in messages %}<|start|>{{ message['role'] }}\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
)


def save_tokenizer(folder: Path, chat: bool) -> int:
    """A byte-level BPE tokenizer trained on the sample essays; returns the size of its vocabulary."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|end|>", "<|start|>"]
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train([str(f) for f in sorted((ROOT / "data/sample_author/pairs").glob("*.md"))], trainer)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>", pad_token="<|end|>")
    if chat:
        wrapped.chat_template = CHAT_TEMPLATE
    wrapped.save_pretrained(folder)
    return len(wrapped)


def save_tiny_llama(folder: Path) -> Path:
    """An instruct model: it has a chat template."""
    vocabulary = save_tokenizer(folder, chat=True)
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def save_tiny_gpt2(folder: Path) -> Path:
    """A base model: no chat template; dropout is on while it trains."""
    vocabulary = save_tokenizer(folder, chat=False)
    torch.manual_seed(2)
    config = GPT2Config(
        vocab_size=vocabulary, n_positions=1024, n_embd=64, n_layer=2, n_head=4, bos_token_id=None, eos_token_id=0
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    return folder
