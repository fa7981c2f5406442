"""The second peer in `make bench`: llama.cpp answers the same prompts, all at once, with the same weights.

python tests/bench/llama_answers.py SPEC.json RESULT.json. SPEC is `compare.py`'s, with the GGUF file and the number of
threads. Every answer has all its tokens, so that both peers are timed on as many.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import xllamacpp


def serve(spec: dict[str, Any]) -> Any:
    at_once, longest = len(spec["prompts"]), spec["decoding"]["max_new_tokens"] + 200
    settings = xllamacpp.CommonParams()
    settings.model.path = spec["gguf"]
    settings.n_parallel, settings.n_ctx, settings.warmup, settings.verbosity = at_once, at_once * longest, True, 0
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = spec["threads"]
    return xllamacpp.Server(settings)


def asked(spec: dict[str, Any], text: str, seed: int) -> dict[str, Any]:
    decoding = spec["decoding"]
    return {
        "prompt": text,
        "max_tokens": decoding["max_new_tokens"],
        "temperature": decoding["temperature"],
        "top_k": decoding["top_k"],
        "top_p": decoding["top_p"],
        "seed": seed,
        "repeat_penalty": 1.0,
        "ignore_eos": True,
    }


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    started = time.perf_counter()
    server = serve(spec)
    loaded = time.perf_counter()
    requests = [asked(spec, prompt["text"], number) for number, prompt in enumerate(spec["prompts"])]
    with ThreadPoolExecutor(len(requests)) as threads:
        answers = list(threads.map(server.handle_completions, requests))
    done = time.perf_counter()
    tokens = sum(answer["usage"]["completion_tokens"] for answer in answers)
    result = {"load": loaded - started, "answers": done - loaded, "tokens": tokens}
    Path(sys.argv[2]).write_text(json.dumps(result))


if __name__ == "__main__":
    main()
