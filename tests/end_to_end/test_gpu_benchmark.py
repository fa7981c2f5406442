"""The benchmark for a GPU, as far as a processor can show it: the same code on tiny models, and the refusal."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from ownvoice.paths import ROOT

SCRIPT = (sys.executable, str(ROOT / "tests" / "bench" / "gpu.py"))


def test_every_case_of_the_gpu_benchmark_finishes_on_tiny_models(tmp_path: Path) -> None:
    out = tmp_path / "gpu.json"
    command = (*SCRIPT, "--tiny", "--device", "cpu", "--out", str(out))
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    cases = json.loads(out.read_text())["cases"]
    assert [case["who"] for case in cases] == [
        "ownvoice",
        "Trainer, fp32 weights",
        "Trainer, fp16 weights",
        "ownvoice",
    ]
    full, trainer, _, lora = cases
    assert (full["rung"], lora["rung"]) == ("as configured", "LoRA over bf16 weights")
    assert full["failure"] is lora["failure"] is trainer["failure"] is None
    assert full["losses"][-1] < full["losses"][0]
    assert trainer["losses"][-1] < trainer["losses"][0]
    assert all(case["tokens_per_second"] > 0 for case in cases)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_benchmark_refuses_politely() -> None:
    done = subprocess.run(SCRIPT, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 2
    assert "no GPU" in done.stderr
    assert "Traceback" not in done.stderr
