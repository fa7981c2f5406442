"""Small random GPT-2, Llama and Gemma models with real tokenizers, saved as a hub or a person would save them."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

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


def save_tiny_gemma(folder: Path) -> Path:
    """A base model with windowed attention, whose tokenizer has pieces, bytes for what is in none, and a first token."""
    vocabulary = save_pieces(folder)
    torch.manual_seed(3)
    config = Gemma3TextConfig(
        vocab_size=vocabulary,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=1,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=16,
        max_position_embeddings=1024,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
    )
    Gemma3ForCausalLM(config).save_pretrained(folder)
    return folder


def save_pieces(folder: Path) -> int:
    """As Gemma's: every way to make a piece of two others is a merge, the pieces that were found first come first."""
    special, byte_pieces = ["<pad>", "<eos>", "<bos>", "<unk>"], [f"<0x{byte:02X}>" for byte in range(256)]
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.Replace(" ", "▁")
    trained.train(
        [str(f) for f in sorted((ROOT / "data/sample_author/pairs").glob("*.md"))[:3]],
        trainers.BpeTrainer(vocab_size=600, special_tokens=[*special, *byte_pieces], show_progress=False),
    )
    content = json.loads(trained.to_str())
    pieces = content["model"]["vocab"]
    merges = [
        (piece[:cut], piece[cut:])
        for piece in sorted(pieces, key=pieces.__getitem__)
        for cut in range(1, len(piece))
        if piece not in byte_pieces and piece[:cut] in pieces and piece[cut:] in pieces
    ]
    tokenizer = Tokenizer(models.BPE(pieces, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(special)
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", special_tokens=[("<bos>", 2)])
    names = {"pad_token": "<pad>", "eos_token": "<eos>", "bos_token": "<bos>", "unk_token": "<unk>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    return len(pieces)
