"""Times answers against transformers' `generate` with the same weights, prompts and sampling, interleaved in one run.

    python tests/bench/answers.py [--model smollm2-135m] [--pairs 3] [--tokens 200] [--shared WORDS] [--avx2]

Prints tokens a second of each, the ratio's median and range, and what share of the time the arithmetic alone would take at the
rate of a large product on this machine. `--avx2` switches the processor's newer instructions off. Results: docs/speed.md.
"""

from __future__ import annotations

import argparse
import statistics
from contextlib import nullcontext
from unittest.mock import patch

import torch
from limits import product_rate, timed, without_newer_instructions

from ownvoice.config import DecodingConfig
from ownvoice.engine import generate, rows
from ownvoice.engine.device import Arithmetic, choose_arithmetic
from ownvoice.engine.generate import generate_outputs
from ownvoice.engine.load import LoadedModel, load_model
from ownvoice.engine.products import answering_dtype
from ownvoice.models.prepare import find_prepared
from ownvoice.worker.messages import GenerateRequest, PromptText

CPU = torch.device("cpu")
FP32 = Arithmetic(None, "fp32")
TOPICS = (
    "the kitchen drawer",
    "a road at night",
    "my father's garage",
    "the last bus",
    "rain on a tin roof",
    "old maps",
)
SAID = "My mother kept the spoons in a drawer beneath the kettle, and nobody asked her why. "


def prompts(loaded: LoadedModel, shared_words: int) -> tuple[PromptText, ...]:
    """27, as a smoke test has them: three asked once and twelve asked twice."""
    above = SAID * (shared_words // len(SAID.split()))

    def text(number: int) -> str:
        topic = f"{above}Write a short personal essay on this topic: {TOPICS[number % len(TOPICS)]}, {number}."
        if not loaded.tokenizer.chat_template:
            return f"{topic}\n\n"
        asked = [{"role": "user", "content": topic}]
        return str(loaded.tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True))

    asked = [(number, sample) for number in range(15) for sample in range(1 if number < 3 else 2)]
    return tuple(PromptText(prompt_id=f"p{number}", sample=sample, text=text(number)) for number, sample in asked)


def seconds_of_transformers(loaded: LoadedModel, request: GenerateRequest) -> float:
    """Its `generate` with a static cache, in fp32, choosing tokens as we do."""
    plain = patch.object(generate, "packed_products", lambda *_, **__: nullcontext())
    with patch.object(rows, "MODELS", frozenset()), plain:
        return timed(lambda: generate_outputs(loaded, request, FP32, "answers", lambda _: None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--shared", type=int, default=0)
    parser.add_argument("--avx2", action="store_true")
    chosen = parser.parse_args()
    if chosen.avx2:
        without_newer_instructions()
    info = find_prepared(chosen.model, None)
    assert info is not None, "run a smoke test with the model first"
    loaded, arithmetic = load_model(info.folder, CPU), choose_arithmetic(CPU)
    dtype, asked = answering_dtype(CPU, arithmetic), prompts(loaded, chosen.shared)
    decoding = DecodingConfig(max_new_tokens=chosen.tokens)
    request = GenerateRequest(model_folder="", prompts=asked, decoding=decoding)
    tokens, ratios, reached = len(asked) * chosen.tokens, list[float](), list[float]()
    limit = product_rate(dtype) / (2 * sum(weight.numel() for weight in loaded.model.parameters()))
    for _ in range(chosen.pairs):
        theirs = seconds_of_transformers(loaded, request)
        ours = timed(lambda: generate_outputs(loaded, request, arithmetic, "answers", lambda _: None))
        ratios.append(theirs / ours)
        reached.append(tokens / ours / limit)
        print(f"transformers {tokens / theirs:5.0f} tokens/s, ours {tokens / ours:5.0f} in {dtype}", flush=True)
    print(f"{statistics.median(ratios):.2f} times ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"a large product in {dtype} allows {limit:.0f} tokens/s; {statistics.median(reached):.0%} of it is reached")


if __name__ == "__main__":
    main()
