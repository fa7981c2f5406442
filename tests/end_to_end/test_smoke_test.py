"""The command line with real models: the embedded one fine-tuned, killed and rerun, as a writer runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flows.server.find import ServerAddress
from tests.end_to_end.writer import SHORT, Writer


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory, prefect_home: Path) -> Iterator[Writer]:
    """After a smoke test on the embedded model, with shorter answers than a real one and Prefect's server its own."""
    writer = Writer(tmp_path_factory.mktemp("artifacts"), prefect_home)
    writer.first_output = writer.types("run", "smoke-test", *SHORT)  # type: ignore[attr-defined]
    yield writer
    shutil.rmtree(writer.artifacts)


@pytest.fixture(scope="module")
def long_training(tiny_llama: Path) -> tuple[str, ...]:
    """On a tiny model: long enough to be killed in it."""
    return ("run", "smoke-test", "--model", str(tiny_llama), *SHORT, "--set", "training.epochs=20")


@pytest.fixture(scope="module")
def mended(
    tmp_path_factory: pytest.TempPathFactory,
    prefect_home: Path,
    prefect_server: ServerAddress,
    long_training: tuple[str, ...],
) -> Iterator[Writer]:
    """Her run was killed in its training, its worker ended too, and she typed the same command again."""
    writer = Writer(tmp_path_factory.mktemp("artifacts"), prefect_home, prefect_server)
    killed = writer.start(*long_training)
    results = writer.artifacts / "cache" / "results"
    deadline = time.monotonic() + 120
    while not any(results.glob("generate-*")) and time.monotonic() < deadline:
        time.sleep(0.05)
    killed.kill()
    killed.wait()
    time.sleep(0.5)
    assert not [p for p in psutil.process_iter(["cmdline"]) if _is_worker_of(p, writer)]
    writer.types(*long_training)
    yield writer
    shutil.rmtree(writer.artifacts)


def test_what_a_run_leaves_is_for_its_owner_alone(writer: Writer) -> None:
    left = [writer.artifacts, *(path for path in writer.artifacts.rglob("*") if not path.is_symlink())]
    assert [path for path in left if stat.S_IMODE(path.stat().st_mode) & 0o077 and path != writer.artifacts] == []


def test_the_entry_holds_real_losses_and_both_texts_of_every_canary(writer: Writer) -> None:
    record = writer.record(1)
    assert "Run 1 is in" in writer.first_output  # type: ignore[attr-defined]
    assert record.status == "completed"
    assert record.training is not None
    assert record.training.losses[-1].validation < record.training.losses[0].validation < 6
    assert record.data is not None
    assert [canary.id for canary in record.data.canaries] == ["A", "B", "C"]
    for canary in record.data.canaries:
        for answers in (record.baseline, record.tuned):
            answer = answers.canary(canary.id)
            assert answer is not None
            assert answer.text.splitlines()[0] in writer.logbook
    assert record.baseline != record.tuned
    assert f"{record.training.losses[-1].validation:.4f}" in writer.logbook
    assert not re.search(r"\bNone\b|\bnan\b|Undefined|\{\{", writer.logbook.partition("## Run 2")[0])


@pytest.mark.parametrize(("asked", "needless"), [((), "prefect"), (("--again",), "torch")])
def test_a_second_run_takes_every_step_from_the_cache_and_needs_neither_prefect_nor_torch(
    writer: Writer, tmp_path: Path, asked: tuple[str, ...], needless: str
) -> None:
    before = writer.logbook
    (tmp_path / f"{needless}.py").write_text(f"raise SystemExit('{needless} was imported')")
    path = f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"
    output = writer.types("run", "smoke-test", *SHORT, *asked, PYTHONPATH=path)
    assert "Nothing changed since Run 1" in output
    assert writer.logbook == before


def test_the_same_experiment_in_another_folder_gives_the_same_texts_and_losses(
    writer: Writer, new_writer: Writer
) -> None:
    new_writer.types("run", "smoke-test", *SHORT)
    first, again = writer.record(1), new_writer.record(1)
    assert first.training is not None
    assert again.training is not None
    assert first.training.losses == again.training.losses
    for one, other in ((first.baseline, again.baseline), (first.tuned, again.tuned)):
        assert one.outputs is not None
        assert other.outputs is not None
        assert one.outputs.outputs == other.outputs.outputs


def test_a_flow_killed_in_training_goes_on_where_it_was(mended: Writer) -> None:
    steps = {step.name: step.cached for step in mended.record(1).steps}
    assert steps["Baseline answers to the canaries"]
    assert not steps["Fine-tune"]
    assert mended.logbook.count("\n## Run 1:") == 1


def test_a_new_learning_rate_keeps_the_baseline_answers(mended: Writer, long_training: tuple[str, ...]) -> None:
    mended.types(*long_training, "--set", "training.learning_rate=1e-5")
    steps = {step.name: step.cached for step in mended.record(2).steps}
    assert steps["Baseline answers to the canaries"]
    assert not steps["Fine-tune"]
    assert not steps["Tuned answers to the canaries"]
    assert mended.record(1).baseline == mended.record(2).baseline


def test_a_base_model_with_an_adapter_gets_its_own_format_and_no_instruct_canary(
    new_writer: Writer, tiny_gpt2: Path
) -> None:
    new_writer.types("run", "smoke-test", "--model", str(tiny_gpt2), *SHORT, "--set", "training.method=lora")
    record = new_writer.record(1)
    assert record.training is not None
    assert record.training.method == "lora"
    assert record.training.weights.path.endswith("adapter_model.safetensors")
    assert record.baseline.canary("A") is not None
    assert record.baseline.canary("C") is None
    assert "\n---\n" in new_writer.logbook


def test_the_record_holds_no_essay(writer: Writer) -> None:
    record = json.dumps(json.loads(writer.record(1).model_dump_json()))
    assert "seven. He reached under the counter" not in record


def _is_worker_of(process: psutil.Process, writer: Writer) -> bool:
    try:
        return (
            "ownvoice.engine.process" in (process.info["cmdline"] or [])
            and process.environ().get("OWNVOICE_ARTIFACTS") == str(writer.artifacts)
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except psutil.Error:
        return False
