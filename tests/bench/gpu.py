"""`python tests/bench/gpu.py` (or `make bench-gpu`): the memory ladder on a real GPU, beside plain Trainer.

| case | who | what |
| --- | --- | --- |
| GPT-2-XL, full, 1,024 tokens, 15 and 8 GiB | ownvoice | the plan's rung, and the next after an out-of-memory |
| the same | Trainer, fp32 | the notebook: 23 GiB of weights, gradients and states, so out of memory is expected |
| the same, 15 GiB | Trainer, fp16 weights | the trap: it may fit, but AdamW's states in fp16 underflow |
| Llama-3.2-1B, LoRA, 512 tokens | ownvoice | peak memory (litgpt: 4.49 GiB) |

Random weights, nothing is fetched. A limit is set in each case's own process by
`torch.cuda.set_per_process_memory_fraction`; it counts what torch reserves and not the CUDA context (0.3 to 0.5 GiB).
`--tiny --device cpu` runs the same code on tiny models, once and without a limit: a test does. Writes
tests/bench/results/gpu.json, about 10 GiB on the disk meanwhile. Exits with 2 where there is no GPU.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Literal, NamedTuple

from measuring import GPT2_XL, LLAMA_1B, in_gib, request_to_train, save_random

from ownvoice.errors import OutOfMemory, OwnvoiceError, WorkerDied
from ownvoice.frozen import Frozen
from ownvoice.ladder import Rung, rungs_for
from ownvoice.memory.free import Device, FreeMemory, find_hardware, free_memory
from ownvoice.memory.machine import GIBIBYTE, describe_machine
from ownvoice.memory.plan import PlannedRung, choose_rung
from ownvoice.memory.predict import Workload
from ownvoice.models.prepare import find_shape
from ownvoice.paths import ROOT
from ownvoice.records.training import Attempt, TrainingResult
from ownvoice.worker.client import Worker
from ownvoice.worker.examples import MappedExamples
from ownvoice.worker.messages import TrainRequest

BENCH = ROOT / "tests" / "bench"
STEPS = 5  # fp16 weights under AdamW were NaN within five
CAPS_GIB = (15.0, 8.0)
WHOLE_GIB = 15.0  # what Llama is planned for: a T4's 15 GiB
TINY_GPT2 = {"model_type": "gpt2", "n_embd": 64, "n_layer": 2, "n_head": 2, "vocab_size": 600, "n_positions": 128}
TINY_LLAMA = {**LLAMA_1B, "num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 128, "vocab_size": 600}
TINY_LLAMA |= {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 1024}
CAPPED_WORKER = (
    "import runpy, sys, torch\n"
    "if torch.cuda.is_available() and int(sys.argv[1]):\n"
    "    share = int(sys.argv[1]) / torch.cuda.mem_get_info()[1]\n"
    "    torch.cuda.set_per_process_memory_fraction(min(share, 1.0))\n"  # a T4's 15 GiB are 14.7
    "runpy.run_module('ownvoice.engine.process', run_name='__main__')\n"
)


class Job(NamedTuple):
    """One model, saved, with how long its essays are."""

    name: str
    folder: str
    tokens: int
    method: Literal["full", "lora"]
    device: Device


class Case(Frozen):
    """What came of one case; bytes. `peak_bytes` is what torch reserved, on a CPU what was resident."""

    model: str
    who: str
    tokens: int
    cap_bytes: int | None
    rung: str | None
    attempts: tuple[Attempt, ...]
    failure: str | None
    peak_bytes: int | None
    tokens_per_second: float | None
    losses: tuple[float | None, ...]
    """Ours: validation before and after. Trainer's: of each step; None is not a number."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tiny", action="store_true", help="tiny models, to test this script")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--out", type=Path, default=BENCH / "results" / "gpu.json")
    options = parser.parse_args()
    device: Device = options.device
    if device == "cuda":
        require_gpu()
    else:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    with tempfile.TemporaryDirectory() as scratch:
        caps = CAPS_GIB[:1] if options.tiny else CAPS_GIB
        cases = run_cases(make_jobs(Path(scratch), device, options.tiny), caps, Path(scratch))
    machine = describe_machine().model_dump(include={"processor", "cores", "gpu", "versions"})
    content = {"machine": machine, "tiny": options.tiny, "cases": [case.model_dump() for case in cases]}
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps(content, indent=1) + "\n")
    print(f"written: {options.out}")


def require_gpu() -> None:
    import torch

    if not torch.cuda.is_available():
        print(
            "There is no GPU that torch can use here, so there is nothing to measure.\n"
            "With one: `ownvoice doctor` says what is found; README.md, 'With a GPU', names the build of torch.\n"
            "To see that this script works: python tests/bench/gpu.py --tiny --device cpu --out /tmp/gpu.json",
            file=sys.stderr,
        )
        raise SystemExit(2)


def make_jobs(scratch: Path, device: Device, tiny: bool) -> list[Job]:
    print("making models with random weights", flush=True)
    (scratch / "gpt2").mkdir()
    (scratch / "llama").mkdir()
    gpt2, llama = (TINY_GPT2, TINY_LLAMA) if tiny else ({**GPT2_XL, "vocab_size": 50_257}, LLAMA_1B)
    names = ("tiny GPT-2", "tiny Llama") if tiny else ("GPT-2-XL", "Llama-3.2-1B")
    return [
        Job(names[0], save_random(gpt2, scratch / "gpt2"), 100 if tiny else 1024, "full", device),
        Job(names[1], save_random(llama, scratch / "llama"), 60 if tiny else 512, "lora", device),
    ]


def run_cases(jobs: list[Job], caps: tuple[float, ...], scratch: Path) -> list[Case]:
    full, lora = jobs
    cases = []
    for cap in caps:
        cases.append(show(run_ours(full, cap, scratch)))
        cases.append(show(run_trainer(full, cap, "fp32", scratch)))
    cases.append(show(run_trainer(full, caps[0], "fp16", scratch)))
    return [*cases, show(run_ours(lora, None, scratch))]


def run_ours(job: Job, cap_gib: float | None, scratch: Path) -> Case:
    """As the flow does it: the first rung that is predicted to fit, and the next after an out-of-memory."""
    cap = int((cap_gib or 0) * GIBIBYTE)
    attempts: list[Attempt] = []
    result = None
    for planned in descent(job, cap or int(WHOLE_GIB * GIBIBYTE)):
        result = attempt(job, planned, cap, scratch, attempts)
        if result:
            break
    return Case(
        model=job.name,
        who="ownvoice",
        tokens=job.tokens,
        cap_bytes=cap or None,
        rung=result.rung if result else None,
        attempts=tuple(attempts),
        failure=None if result else attempts[-1].ended,
        peak_bytes=result.peak_bytes if result else None,
        tokens_per_second=result.tokens_per_second if result else None,
        losses=tuple(loss.validation for loss in result.losses) if result else (),
    )


def descent(job: Job, memory: int) -> tuple[PlannedRung, ...]:
    """The rungs from the first that fits; for LoRA the last alone, whose peak is what is asked for."""
    hardware = find_hardware(job.device)
    rungs: tuple[Rung, ...] = rungs_for("rounding", job.method, hardware)
    if job.method == "lora":
        rungs = tuple(rung for rung in rungs if rung.weights != "fp32")
    workload = Workload(tokens=job.tokens, batch=1, device=job.device, autocast=job.device == "cuda")
    room = FreeMemory(bytes=min(memory, free_memory(job.device).bytes), source="given")
    planned = choose_rung(find_shape(job.folder), rungs, workload, room)
    return planned.rungs[-1 if planned.start is None else planned.start :]


def attempt(job: Job, planned: PlannedRung, cap: int, scratch: Path, attempts: list[Attempt]) -> TrainingResult | None:
    from tests.example_files import Text, examples_of

    request: TrainRequest = request_to_train(job.folder, planned.rung, STEPS, job.tokens, scratch / "weights")
    # Trainer validates nothing: a short text keeps the speeds comparable.
    held_out = MappedExamples(request.validation)[0]
    short = examples_of(Path(job.folder), Text(held_out.id, held_out.formatted_prompt, held_out.essay[:100]))
    request = request.model_copy(update={"method": job.method, "validation": short})
    result, ended = None, "completed"
    with Worker((sys.executable, "-c", CAPPED_WORKER, str(cap))) as worker:
        try:
            answer = worker.call(request, lambda _: None)
            assert isinstance(answer, TrainingResult)
            result = answer
        except (OutOfMemory, WorkerDied) as error:
            ended = f"{type(error).__name__}: {error.found.splitlines()[0]}"
        except OwnvoiceError as error:
            raise SystemExit(f"{job.name}, {planned.rung.name}: {error}") from error
    reached = result.peak_bytes if result else None
    row = Attempt(rung=planned.rung.name, predicted_bytes=planned.peak.total, reached_bytes=reached, ended=ended)
    attempts.append(row)
    return result


def run_trainer(job: Job, cap_gib: float, dtype: Literal["fp32", "fp16"], scratch: Path) -> Case:
    spec, answer = scratch / "spec.json", scratch / "answer.json"
    cap = int(cap_gib * GIBIBYTE)
    content = {
        "model_folder": job.folder,
        "device": job.device,
        "dtype": dtype,
        "cap_bytes": cap,
        "scratch": str(scratch / "trainer"),
        "train": token_ids(job),
    }
    spec.write_text(json.dumps(content))
    answer.unlink(missing_ok=True)
    command = [sys.executable, str(BENCH / "plain_trainer.py"), str(spec), str(answer)]
    process = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}
    )
    said: dict[str, Any] = json.loads(answer.read_text()) if answer.exists() else {}
    died = f"ended with {process.returncode}: {(process.stderr.strip().splitlines() or ['nothing said'])[-1][:300]}"
    return Case(
        model=job.name,
        who=f"Trainer, {dtype} weights",
        tokens=job.tokens,
        cap_bytes=cap,
        rung=None,
        attempts=(),
        failure=said.get("failure") if said else died,
        peak_bytes=said.get("peak_bytes"),
        tokens_per_second=said.get("tokens_per_second"),
        losses=tuple(said.get("losses", ())),
    )


def token_ids(job: Job) -> list[list[int]]:
    """Of the same texts that ours trains on."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(job.folder, local_files_only=True)
    rung = rungs_for("rounding", "full", find_hardware(job.device))[0]
    request = request_to_train(job.folder, rung, STEPS, job.tokens, Path(job.folder))
    texts = [example.formatted_prompt + example.essay for example in MappedExamples(request.train)]
    return [ids[: job.tokens] for ids in tokenizer(texts, add_special_tokens=False).input_ids]


def show(case: Case) -> Case:
    limit = f"{case.cap_bytes / GIBIBYTE:.0f} GiB" if case.cap_bytes else "no limit"
    peak = f"peak {in_gib(case.peak_bytes)} GiB" if case.peak_bytes else ""
    speed = f"{case.tokens_per_second:.0f} tokens/s" if case.tokens_per_second else ""
    how = case.rung or case.failure or "completed"
    print("  ".join(part for part in (case.model, case.who, limit, how, peak, speed) if part), flush=True)
    for tried in case.attempts:
        print(f"    {tried.rung}: predicted {in_gib(tried.predicted_bytes)} GiB, {tried.ended}", flush=True)
    return case


if __name__ == "__main__":
    main()
