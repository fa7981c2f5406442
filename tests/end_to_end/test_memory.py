"""Memory runs out for real: under a limit set in the worker, and by kills; and what fits nowhere is refused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ownvoice.ladder import LADDER, ONE_ESSAY
from ownvoice.paths import ROOT
from tests.end_to_end.writer import SHORT, Writer

LIMITED = Path(__file__).with_name("limited_worker.py")
WORDS_OF_600_TOKENS = 420


@pytest.fixture
def essays_of_600_tokens(tmp_path: Path) -> Path:
    """Two of the sample essays, cut to a length: one to train on, one to validate."""
    folder = tmp_path / "essays"
    folder.mkdir()
    for name in ("05-dinner-party.md", "08-airport-wait.md"):
        text = (ROOT / "data/sample_author/pairs" / name).read_text()
        front, _, essay = text.partition("\n---\n")
        (folder / name).write_text(f"{front}\n---\n{' '.join(essay.split()[:WORDS_OF_600_TOKENS])}\n")
    return folder


def test_full_fine_tuning_at_600_tokens_finishes_within_a_gibibyte_and_a_half(
    new_writer: Writer, essays_of_600_tokens: Path
) -> None:
    worker = f"{sys.executable} {LIMITED} {int(1.5 * 2**30)}"
    output = new_writer.types("run", *arguments_for(essays_of_600_tokens), OWNVOICE_WORKER=worker)
    record = new_writer.record(1)
    assert record.data is not None
    assert max(pair.tokens for pair in record.data.figures) >= 580
    assert record.training is not None
    assert record.training.method == "full"
    assert record.training.losses[-1].validation < record.training.losses[0].validation
    assert len(record.attempts) >= 2
    assert record.attempts[0].ended.startswith("OutOfMemory")
    for attempt in record.attempts:
        assert attempt.rung in output
        assert f"| {attempt.rung} |" in new_writer.logbook


def test_a_worker_killed_twice_in_training_finishes_on_a_lower_rung(new_writer: Writer, tiny_llama: Path) -> None:
    command = ("run", "smoke-test", "--model", str(tiny_llama), *SHORT, "--set", "training.epochs=30")
    run = new_writer.start(*command)
    output = kill_in_training(run, times=2)
    assert run.returncode == 0, output
    record = new_writer.record(1)
    assert [attempt.rung for attempt in record.attempts] == [rung.name for rung in LADDER if rung != ONE_ESSAY][:3]
    assert all("SIGKILL" in attempt.ended for attempt in record.attempts[:2])
    assert sum(line.startswith("|") and "SIGKILL" in line for line in new_writer.logbook.splitlines()) == 2


def test_what_the_config_forbids_is_refused_before_loading_with_the_table(new_writer: Writer) -> None:
    output = new_writer.types(
        "run", "smoke-test", *SHORT, "--set", "memory.allow=nothing", expect=2, data_limit=int(1.5 * 2**30)
    )
    assert "gradient checkpointing" in output
    assert "more memory" in output
    assert not (new_writer.artifacts / "EXPERIMENT_LOG.md").exists()


def arguments_for(essays: Path) -> tuple[str, ...]:
    """The training is the point: its answers are short."""
    answers = ("--set", "decoding.max_new_tokens=8")
    data = ("--set", f"data.pairs={essays}", "--set", "data.tiers=[2]", "--set", "data.train_pairs=1")
    return ("smoke-test", *SHORT, *answers, *data)


def kill_in_training(run: subprocess.Popen[str], times: int) -> str:
    """Kill the run's worker each time that it says it is training; returns all that the run printed."""
    assert run.stdout
    lines = []
    for line in run.stdout:
        lines.append(line)
        if line.strip().startswith("training:") and times:
            times -= 1
            for child in psutil.Process(run.pid).children():
                if "ownvoice.engine.process" in child.cmdline():
                    os.kill(child.pid, signal.SIGKILL)
    run.wait()
    return "".join(lines)
