"""`python tests/bench/rungs.py`: every rung on smollm2-135m, predicted beside measured; three steps of 600 tokens.

Each rung in a worker of its own: peak resident memory beside the planner's prediction, peak data memory (VmData,
what RLIMIT_DATA limits), seconds a step, and the validation loss beside the first rung's, whose weights are fp32.

    --rungs            the table above
    --limits           the least RLIMIT_DATA at which the last rung finishes
    --answers          27 answers of 200 tokens, and a training in the same worker after them
    --gpt2-xl          one step of GPT-2-XL's shape, full fine-tuning, 1,024 tokens (3 GiB on the disk, minutes)
    --llama-1b-lora    LoRA of Llama-3.2-1B's shape, three steps of 512 tokens (3 GiB on the disk)
    --without-bf16     any of these as a processor without bf16 instructions computes

With no part named, the rungs and the limits. Writes its parts of tests/bench/results/rungs.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from measuring import GPT2_XL, LLAMA_1B, Watch, in_gib, memory_of, request_to_train, save_random, wait_until_idle

from ownvoice.config import DecodingConfig
from ownvoice.errors import OwnvoiceError
from ownvoice.frozen import Frozen
from ownvoice.ladder import AS_CONFIGURED, ONE_ESSAY, Hardware, Rung, rungs_for
from ownvoice.memory.machine import GIBIBYTE, describe_machine, processor_has_bf16
from ownvoice.memory.predict import Workload, predict_peak
from ownvoice.models.prepare import find_shape, prepare_model
from ownvoice.paths import ROOT
from ownvoice.records.answers import Outputs
from ownvoice.records.training import TrainingResult
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import GenerateRequest, PromptText, Request

RESULTS = ROOT / "tests" / "bench" / "results" / "rungs.json"
TOKENS = 600
WANTED = (2.0, 1.5)  # GiB of data memory
PROGRAM = (
    "import resource, runpy, sys\n"
    "limit, bf16 = int(sys.argv[1]), sys.argv[2] == 'True'\n"
    "resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))\n"
    "import ownvoice.memory.machine\n"
    "ownvoice.memory.machine.processor_has_bf16 = lambda: bf16\n"
    "runpy.run_module('ownvoice.engine.process', run_name='__main__')\n"
)
# A batch of one is one essay at a time already.
RUNGS = tuple(r for r in rungs_for("method", "full", Hardware()) if r != ONE_ESSAY)
LAST_FULL = next(rung for rung in reversed(RUNGS) if rung.method == "full")
LORA = RUNGS[-1]


class Measured(Frozen):
    """One training in a worker of its own; bytes."""

    rung: str
    tokens: int
    bf16: bool
    """Whether matrix products were in bf16."""
    limit: int | None
    failure: str | None
    predicted: int
    idle_resident: int
    """With everything imported and nothing loaded."""
    idle_data: int
    peak_resident: int
    """From the loaded model to the saved weights; the pages of a file that is being loaded are not in it."""
    peak_data: int
    seconds_per_step: float | None
    """Validation before and after included."""
    validation_loss: float | None


class Setting(NamedTuple):
    """What is trained, and how this processor computes."""

    folder: str
    shape: str
    bf16: bool
    tokens: int = TOKENS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts: dict[str, Callable[[Setting], Iterator[Measured]]] = {
        "rungs": measure_rungs,
        "limits": measure_limits,
        "answers": measure_answers,
        "gpt2_xl": measure_gpt2_xl,
        "llama_1b_lora": measure_llama,
    }
    for part in parts:
        parser.add_argument(f"--{part.replace('_', '-')}", action="store_true")
    parser.add_argument("--without-bf16", action="store_true")
    options = vars(parser.parse_args())
    bf16 = processor_has_bf16() and not options.pop("without_bf16")
    folder = prepare_model("smollm2-135m", None, lambda _: None).folder
    for part in [name for name, wanted in options.items() if wanted] or ["rungs", "limits"]:
        rows: list[dict[str, Any]] = []
        for measured in parts[part](Setting(folder, "smollm2-135m", bf16)):
            show(measured)
            rows.append(measured.model_dump())
            write(part if bf16 else f"{part}_without_bf16", rows)


def measure_rungs(setting: Setting) -> Iterator[Measured]:
    return (measure(setting, rung, 3) for rung in RUNGS)


def measure_limits(setting: Setting) -> Iterator[Measured]:
    """As configured fails at 2.5 GiB; the last rung goes down in sixteenths of a GiB, one step each, until it fails."""
    yield measure(setting, AS_CONFIGURED, 1, 2.5)
    yield from (measure(setting, LAST_FULL, 3, gib) for gib in WANTED)
    for sixteenths in range(int(min(WANTED) * 16) - 1, 0, -1):
        tried = measure(setting, LAST_FULL, 1, sixteenths / 16)
        yield tried
        if tried.failure:
            return


def measure_gpt2_xl(setting: Setting) -> Iterator[Measured]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = save_random({**GPT2_XL, "vocab_size": 50_257}, Path(scratch))
        yield measure(Setting(folder, folder, setting.bf16, 1024), LAST_FULL, 1)


def measure_llama(setting: Setting) -> Iterator[Measured]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = save_random(LLAMA_1B, Path(scratch))
        yield measure(Setting(folder, folder, setting.bf16, 512), LORA, 3)


def measure_answers(setting: Setting) -> Iterator[Measured]:
    """A training as configured, alone and in a worker that has answered before."""
    yield measure(setting, AS_CONFIGURED, 3)
    yield measure(setting, AS_CONFIGURED, 3, before=answers_of(setting.folder))


def answers_of(folder: str) -> GenerateRequest:
    """27 answers of 200 tokens, as a smoke test asks for; a prompt of 40 tokens each."""
    text = "<|im_start|>user\nWrite a personal essay on the topic below.\n\nTopic: number {} of many things" + (
        "<|im_end|>\n<|im_start|>assistant\n"
    )
    prompts = tuple(PromptText(prompt_id=str(i), sample=0, text=text.format(i)) for i in range(27))
    return GenerateRequest(model_folder=folder, prompts=prompts, decoding=DecodingConfig())


def measure(
    setting: Setting, rung: Rung, steps: int, limit_gib: float | None = None, before: Request | None = None
) -> Measured:
    limit = int(limit_gib * GIBIBYTE) if limit_gib else -1
    command = (sys.executable, "-c", PROGRAM, str(limit), str(setting.bf16))
    with tempfile.TemporaryDirectory() as scratch, Worker(command) as worker:
        worker.start()
        assert worker.pid
        idle = wait_until_idle(worker.pid)
        if before:
            show_answers(worker.call(before, lambda _: None), memory_of(Path(f"/proc/{worker.pid}/status")))
        watch, result, failure = Watch(worker.pid), None, None
        try:
            weights = Path(scratch) / "weights"
            result = worker.call(request_to_train(setting.folder, rung, steps, setting.tokens, weights), lambda _: None)
        except OwnvoiceError as error:
            failure = error.found.splitlines()[0]
        watch.stop()
    assert result is None or isinstance(result, TrainingResult)
    workload = Workload(tokens=setting.tokens, batch=1, device="cpu", autocast=setting.bf16)
    return Measured(
        rung=rung.name,
        tokens=setting.tokens,
        bf16=setting.bf16,
        limit=limit if limit_gib else None,
        failure=failure,
        predicted=predict_peak(find_shape(setting.shape), rung, workload).total,
        idle_resident=idle["VmRSS"],
        idle_data=idle["VmData"],
        peak_resident=result.peak_bytes if result else watch.peak_resident,
        peak_data=watch.peak_data,
        seconds_per_step=result.seconds / result.steps if result else None,
        validation_loss=result.losses[-1].validation if result else None,
    )


def show_answers(outputs: Any, left: dict[str, int]) -> None:
    assert isinstance(outputs, Outputs)
    print(
        f"answers: peak {in_gib(outputs.peak_bytes)} GiB, {outputs.tokens_per_second:.0f} tokens/s;"
        f" {in_gib(left['VmRSS'])} resident after them"
    )


def show(m: Measured) -> None:
    limit = f"at {m.limit / GIBIBYTE:.4g} GiB" if m.limit else ""
    end = m.failure or f"{m.seconds_per_step:6.1f} s/step  validation {m.validation_loss:.4f}"
    print(
        f"{m.rung:28} {limit:12} predicted {in_gib(m.predicted)} resident {in_gib(m.peak_resident)}"
        f" ({m.predicted / max(m.peak_resident, 1) - 1:+.1%}; idle {in_gib(m.idle_resident)})"
        f"  data {in_gib(m.peak_data)} (idle {in_gib(m.idle_data)})  {end}",
        flush=True,
    )


def write(part: str, rows: list[dict[str, Any]]) -> None:
    """Its own part; the others stay as they were measured."""
    content: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    content |= {"machine": describe_machine().model_dump(include={"processor", "cores", "memory_bytes", "versions"})}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(content | {part: rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
