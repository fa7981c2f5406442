"""How time grows with the essays and the probes: `python tests/bench/scaling.py [--model smollm2-135m]`.

One epoch over 3, 13 and 52 texts of 600 tokens, and the answers to 12 and 48 probes with their canaries, each in a worker of
its own that trained one text before: what a first step costs more is no part of the growth. Results: docs/speed.md.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from measuring import request_to_train

from ownvoice.config import DecodingConfig
from ownvoice.ladder import AS_CONFIGURED
from ownvoice.models.prepare import find_prepared
from ownvoice.records.answers import Outputs
from ownvoice.records.training import TrainingResult
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import GenerateRequest, PromptText

ESSAYS, PROBES, CANARIES, SAMPLES, TOKENS = (3, 13, 52), (12, 48), 3, 2, 600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="smollm2-135m")
    info = find_prepared(parser.parse_args().model, None)
    assert info is not None, "run a smoke test with the model first"
    for essays in ESSAYS:
        with Worker() as worker, tempfile.TemporaryDirectory() as folder:
            train(worker, info.folder, 1, Path(folder))
            result = train(worker, info.folder, essays, Path(folder))
        told = f"{result.train_tokens:6} tokens, {result.seconds:6.1f} s, {result.tokens_per_second:4.0f} tokens/s"
        print(f"{essays:3} essays: {told}", flush=True)
    for probes in PROBES:
        with Worker() as worker:
            ask(worker, info.folder, 1)
            answers = ask(worker, info.folder, probes)
        tokens = sum(output.tokens for output in answers.outputs)
        told = f"{tokens:6} tokens, {answers.seconds:6.1f} s, {answers.tokens_per_second:4.0f} tokens/s"
        print(f"{probes:3} probes: {len(answers.outputs)} answers, {told}", flush=True)


def train(worker: Worker, model: str, essays: int, folder: Path) -> TrainingResult:
    result = worker.call(request_to_train(model, AS_CONFIGURED, essays, TOKENS, folder), lambda _: None)
    assert isinstance(result, TrainingResult)
    return result


def ask(worker: Worker, model: str, probes: int) -> Outputs:
    asked = [(f"c{number}", 0) for number in range(CANARIES)]
    asked += [(f"p{number}", sample) for number in range(probes) for sample in range(SAMPLES)]
    prompts = tuple(
        PromptText(prompt_id=name, sample=sample, text=f"An essay about drawer {name}.\n\n") for name, sample in asked
    )
    answers = worker.call(
        GenerateRequest(model_folder=model, prompts=prompts, decoding=DecodingConfig()), lambda _: None
    )
    assert isinstance(answers, Outputs)
    return answers


if __name__ == "__main__":
    main()
