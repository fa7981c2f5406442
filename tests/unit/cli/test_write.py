"""`ownvoice write` as it is typed, with a fake at the worker's seam: what reaches the terminal, and how a key ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from flows.cli.write import ToWrite, write_on_terminal
from ownvoice.files import stamp, write_atomically
from ownvoice.paths import ROOT
from ownvoice.records.run import folder_name
from tests.unit.cli.writing_worker import HOSTILE
from tests.unit.export.test_modelfile import material_in
from tests.unit.records_for_tests import record_for_tests, training_for_tests

SHOWN = "My mother ␛[2J[U+202E]kept it.␍\n<b>Bold</b>"


@pytest.fixture(autouse=True)
def stored_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run 1, whose weights are a file with nothing in it that anybody reads."""
    worker = ROOT / "tests" / "unit" / "cli" / "writing_worker.py"
    monkeypatch.setenv("OWNVOICE_WORKER", f"{sys.executable} {worker}")
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path))
    folder = tmp_path / "cache" / "weights" / "train-1"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    info = material_in(folder, None).tuned.info
    info = info.model_copy(update={"files": (stamp(folder / "model.safetensors"),)})
    training = training_for_tests().model_copy(update={"weights": stamp(folder / "model.safetensors")})
    record = record_for_tests(1, model=info, training=training)
    write_atomically(tmp_path / "runs" / folder_name(record) / "record.json", record.model_dump_json())


def test_a_models_text_can_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    write_on_terminal(ToWrite("1", "Bread"), json=False)
    assert capsys.readouterr().out == SHOWN + "\n"


def test_the_untuned_models_answer_stands_under_a_heading_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    write_on_terminal(ToWrite("1", "Bread", with_baseline=True), json=False)
    assert capsys.readouterr().out == f"\n--- Run 1 ---\n{SHOWN}\n\n--- untuned ---\nAn untuned answer.\n"


def test_json_holds_the_text_as_it_is_and_nothing_that_steers_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    write_on_terminal(ToWrite("1", "Bread", seed=3, temperature=0), json=True)
    printed = capsys.readouterr().out
    writing = json.loads(printed)
    assert writing["tuned"]["text"] == HOSTILE
    assert printed.isascii()
    assert "\x1b" not in printed
    assert (writing["decoding"]["seed"], writing["decoding"]["top_k"]) == (3, 1)


def test_a_key_ends_it_and_its_worker_with_130() -> None:
    command = [sys.executable, "-m", "flows.cli.app", "write", "1", "It goes on forever"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ)
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(9) == b"My mother"
    (worker,) = psutil.Process(process.pid).children()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert b"Stopped." in process.stderr.read()
    deadline = time.monotonic() + 10
    while worker.is_running() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not worker.is_running()
