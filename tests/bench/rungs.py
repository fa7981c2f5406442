"""`python tests/bench/rungs.py`: every rung on smollm2-135m, full fine-tuning, three steps of 600 tokens.

For each rung, in a real worker: peak resident memory, peak data memory (VmData, what RLIMIT_DATA
limits), seconds a step, and the validation loss beside the first rung's. Then the least RLIMIT_DATA at
which the last rung finishes, and whether it finishes at 2.0 and 1.5 GiB. `--gpt2-xl` adds one step of
GPT-2-XL's shape (random weights, 1,024 tokens): 3 GiB on the disk and about ten minutes on 2 cores.
Writes tests/bench/results/rungs.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from ownvoice.config import Frozen, MemoryConfig, TrainingConfig
from ownvoice.errors import OwnvoiceError
from ownvoice.ladder import AS_CONFIGURED, Hardware, Rung, rungs_for
from ownvoice.machine import GIBIBYTE, describe_machine
from ownvoice.models import prepare_model
from ownvoice.records import TrainingResult
from ownvoice.requests import Example, TrainRequest
from ownvoice.worker import Worker
from ownvoice.workspace import ROOT

RESULTS = ROOT / "tests" / "bench" / "results" / "rungs.json"
TOKENS = 600
WANTED = (2.0, 1.5)  # GiB of data memory
PROGRAM = (
    "import resource, runpy, sys\n"
    "limit = int(sys.argv[1])\n"
    "resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))\n"
    "runpy.run_module('ownvoice.worker_process', run_name='__main__')\n"
)
IDLE_SECONDS = 1.0


class Measured(Frozen):
    """One training in a worker of its own; bytes."""

    rung: str
    limit: int | None
    failure: str | None
    idle_resident: int
    """With everything imported and nothing loaded."""
    idle_data: int
    peak_resident: int
    peak_data: int
    seconds_per_step: float | None
    validation_loss: float | None


class Watch:
    """Samples a process's memory every five milliseconds: the kernel keeps no peak of VmData."""

    def __init__(self, pid: int) -> None:
        self._path, self._running = Path(f"/proc/{pid}/status"), True
        self.peak_data = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> int:
        self._running = False
        self._thread.join()
        return self.peak_data

    def _run(self) -> None:
        while self._running:
            self.peak_data = max(self.peak_data, memory_of(self._path).get("VmData", 0))
            time.sleep(0.005)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gpt2-xl", action="store_true")
    parser.add_argument("--skip-rungs", action="store_true", help="the limits (and GPT-2-XL) alone")
    options = parser.parse_args()
    with Worker() as worker:
        folder = prepare_model("smollm2-135m", None, worker, lambda _: None).folder
    rungs = rungs_for(MemoryConfig(allow="method"), "full", Hardware())
    table = [] if options.skip_rungs else [show(measure(folder, rung, 3)) for rung in rungs]
    last = next(rung for rung in reversed(rungs) if rung.method == "full")
    limits = [show(measure(folder, AS_CONFIGURED, 1, 2.5)), *(show(measure(folder, last, 3, gib)) for gib in WANTED)]
    limits += least_limit(folder, last)
    if options.gpt2_xl:
        with tempfile.TemporaryDirectory() as scratch:
            table.append(show(measure(save_gpt2_xl(Path(folder), Path(scratch)), last, 1, tokens=1024)))
    write(table, limits)


def least_limit(folder: str, rung: Rung) -> list[Measured]:
    """Down from the least wanted figure in sixteenths of a GiB, one step each, until it fails."""
    tried = []
    for sixteenths in range(int(min(WANTED) * 16) - 1, 0, -1):
        tried.append(show(measure(folder, rung, 1, sixteenths / 16)))
        if tried[-1].failure:
            break
    return tried


def measure(folder: str, rung: Rung, steps: int, limit_gib: float | None = None, tokens: int = TOKENS) -> Measured:
    limit = int(limit_gib * GIBIBYTE) if limit_gib else -1
    with tempfile.TemporaryDirectory() as scratch, Worker((sys.executable, "-c", PROGRAM, str(limit))) as worker:
        worker.start()
        assert worker.pid
        idle = wait_until_idle(worker.pid)
        watch, peak, result, failure = Watch(worker.pid), 0, None, None
        try:
            result = worker.call(request(folder, rung, steps, tokens, Path(scratch)), lambda _: None)
            peak = memory_of(Path(f"/proc/{worker.pid}/status"))["VmHWM"]
        except OwnvoiceError as error:
            failure = error.found.splitlines()[0]
        peak_data = watch.stop()
    assert result is None or isinstance(result, TrainingResult)
    return Measured(
        rung=rung.name,
        limit=limit if limit_gib else None,
        failure=failure,
        idle_resident=idle["VmRSS"],
        idle_data=idle["VmData"],
        peak_resident=peak,
        peak_data=peak_data,
        seconds_per_step=result.seconds / result.steps if result else None,
        validation_loss=result.losses[-1].validation if result else None,
    )


def request(folder: str, rung: Rung, steps: int, tokens: int, scratch: Path) -> TrainRequest:
    """`steps` texts to train on and one held out, each of exactly `tokens` tokens, from the sample essays."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    essays = sorted((ROOT / "data/sample_author/pairs").glob("*.md"))
    ids = tokenizer("\n\n".join(essay.read_text() for essay in essays), add_special_tokens=False).input_ids
    ids *= 1 + tokens * (steps + 1) // len(ids)
    prompt = "Write a personal essay.\n---\n"
    size = tokens - 1 - len(tokenizer(prompt, add_special_tokens=False).input_ids)
    texts = [tokenizer.decode(ids[first : first + size]) for first in range(0, size * (steps + 1), size)]
    examples = [Example(id=str(i), prompt=prompt, completion=text) for i, text in enumerate(texts)]
    return TrainRequest(
        model_folder=folder,
        method="full",
        train=tuple(examples[:steps]),
        validation=tuple(examples[steps:]),
        training=TrainingConfig(epochs=1),
        weights=str(scratch / "weights" / "model.safetensors"),
        rung=rung,
    )


def wait_until_idle(pid: int) -> dict[str, int]:
    """Memory once nothing was added for a second: torch and transformers are imported."""
    path, since = Path(f"/proc/{pid}/status"), time.monotonic()
    memory = memory_of(path)
    while time.monotonic() - since < IDLE_SECONDS:
        time.sleep(0.05)
        now = memory_of(path)
        if now["VmRSS"] != memory["VmRSS"]:
            memory, since = now, time.monotonic()
    return memory


def memory_of(status: Path) -> dict[str, int]:
    """The Vm rows of /proc/PID/status in bytes; empty once the process has ended."""
    try:
        rows = [row.split() for row in status.read_text().splitlines() if row.startswith("Vm")]
    except (OSError, ProcessLookupError):
        return {}
    return {row[0].rstrip(":"): int(row[1]) * 1024 for row in rows}


def save_gpt2_xl(tokenizer_of: Path, folder: Path) -> str:
    """Random weights of GPT-2-XL's shape in bf16, with a tokenizer that fits in its vocabulary."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    for file in tokenizer_of.glob("*token*"):
        (folder / file.name).write_bytes(file.read_bytes())
    torch.set_default_dtype(torch.bfloat16)
    config = GPT2Config(n_embd=1600, n_layer=48, n_head=25, bos_token_id=0, eos_token_id=0)
    GPT2LMHeadModel(config).save_pretrained(folder)
    torch.set_default_dtype(torch.float32)
    return str(folder)


def show(measured: Measured) -> Measured:
    m = measured
    limit = f"at {m.limit / GIBIBYTE:.4g} GiB" if m.limit else ""
    end = m.failure or f"{m.seconds_per_step:6.1f} s/step  validation {m.validation_loss:.4f}"
    print(
        f"{m.rung:28} {limit:12} resident {m.peak_resident / GIBIBYTE:5.2f} (idle {m.idle_resident / GIBIBYTE:.2f})"
        f"  data {m.peak_data / GIBIBYTE:5.2f} (idle {m.idle_data / GIBIBYTE:.2f})  {end}",
        flush=True,
    )
    return measured


def write(table: list[Measured], limits: list[Measured]) -> None:
    content: dict[str, Any] = {
        "machine": describe_machine().model_dump(),
        "rungs": [m.model_dump() for m in table],
        "limits": [m.model_dump() for m in limits],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
