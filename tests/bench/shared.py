"""How far the losses of processes that share a training lie from one process's: `python tests/bench/shared.py [--fp32] [--processes 2]`.

A tiny Llama on seven essays, two epochs. `--fp32` hides bf16 instructions from every process that the bench starts.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from ownvoice.config import EngineConfig
from ownvoice.ladder import AS_CONFIGURED, ONE_ESSAY, Rung
from ownvoice.records.training import TrainingResult
from ownvoice.worker.client import Worker
from tests.end_to_end.test_shared_training import request_of, silent
from tests.end_to_end.tiny_models import save_tiny_llama

WITHOUT_BF16 = "import ownvoice.memory.machine as machine\nmachine.processor_has_bf16 = lambda: False\n"
CASES: tuple[tuple[str, Rung, dict[str, Any]], ...] = (
    ("full", AS_CONFIGURED, {"batch_size": 2}),
    ("full", AS_CONFIGURED, {"batch_size": 4}),
    ("lora", ONE_ESSAY, {"batch_size": 4, "keep": "best"}),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fp32", action="store_true")
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = save_tiny_llama(Path(folder) / "model")
        if chosen.fp32:
            (Path(folder) / "sitecustomize.py").write_text(WITHOUT_BF16)
            os.environ["PYTHONPATH"] = os.pathsep.join((folder, *filter(None, (os.environ.get("PYTHONPATH"),))))
        with Worker() as worker:
            for method, rung, training in CASES:
                alone, together = (
                    _timed(worker, model, Path(folder) / f"{processes}", processes, method, rung, training)
                    for processes in (1, chosen.processes)
                )
                _tell(f"{method}, {rung.name}, {training}", alone, together)


def _timed(
    worker: Worker, model: Path, weights: Path, processes: int, method: str, rung: Rung, training: dict[str, Any]
) -> tuple[TrainingResult, float]:
    engine = EngineConfig(backend="accelerate", processes=processes) if processes > 1 else EngineConfig()
    name = "model.safetensors" if method == "full" else "adapter_model.safetensors"
    request = request_of(model, weights / name, method, **training)
    began = time.perf_counter()
    result = worker.call(request.model_copy(update={"rung": rung, "engine": engine}), silent)
    assert isinstance(result, TrainingResult)
    return result, time.perf_counter() - began


def _tell(what: str, alone: tuple[TrainingResult, float], together: tuple[TrainingResult, float]) -> None:
    pairs = list(zip(alone[0].losses, together[0].losses, strict=True))
    training = max(abs((one.training or 0) - (shared.training or 0)) for one, shared in pairs)
    validation = max(abs(one.validation - shared.validation) for one, shared in pairs)
    print(
        f"{what}: training loss {training:.1e} apart, validation loss {validation:.1e}; "
        f"{alone[1]:.1f} s alone, {together[1]:.1f} s shared; {together[0].arithmetic}",
        flush=True,
    )


if __name__ == "__main__":
    main()
