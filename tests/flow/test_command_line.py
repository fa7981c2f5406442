"""The real command line in processes of its own: exit codes, messages, kills, two at once."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from prefect.client.orchestration import get_client

from tests.flow.studio import Studio

CALLS = ("generate", "likelihood", "prefixes")


def test_a_run_that_was_killed_in_training_goes_on_from_the_cache_and_is_logged_once(studio: Studio) -> None:
    studio.orders.write_text("train sleep")
    killed = studio.command("run", studio.experiment_file())
    wait_until(lambda: studio.log.exists() and "train" in studio.log.read_text())
    killed.kill()
    killed.wait()
    studio.calls()
    studio.orders.unlink()
    run = studio.command("run", studio.experiment_file())
    output, errors = run.communicate(timeout=150)
    assert run.returncode == 0, errors
    assert "Run 1 is in" in output
    assert "3 of 8 steps come from the cache. In all a few seconds." in output
    assert f"Its tuned weights are in {studio.artifacts}/cache/weights/train-" in output
    assert 'ownvoice write 1 "your topic", or ownvoice export 1 FOLDER' in output
    assert studio.calls() == ["train", "generate tuned", "likelihood tuned", "prefixes tuned"]
    assert studio.logbook().count("\n## Run 1:") == 1
    with get_client(sync_client=True) as client:
        states = [run.state_name for run in client.read_flow_runs() if run.labels.get("ownvoice.pid") == killed.pid]
    assert states == ["Crashed"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_one_signal_in_training_ends_the_run_and_its_worker(studio: Studio, how: signal.Signals) -> None:
    """A worker that is busy gives its device back late: it is ended, and not waited for."""
    studio.orders.write_text("train sleep")
    run = studio.command("run", studio.experiment_file())
    wait_until(lambda: studio.log.exists() and "train" in studio.log.read_text())
    started = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(how)
    _, errors = run.communicate(timeout=60)
    assert run.returncode != 0
    assert "Traceback" not in errors
    wait_until(lambda: not any(each.is_running() and each.status() != "zombie" for each in started), seconds=30)
    assert not list((studio.artifacts / "runs").glob("[0-9]*"))


def test_a_proxy_of_the_network_is_not_asked_for_the_server_on_this_machine(studio: Studio) -> None:
    nobody = "http://127.0.0.1:9"
    run = studio.command(
        "run", studio.experiment_file(), NO_PROXY="a.org", HTTP_PROXY=nobody, http_proxy=nobody, ALL_PROXY=nobody
    )
    output, errors = run.communicate(timeout=150)
    assert run.returncode == 0, errors
    assert "Run 1 is in" in output


def test_the_same_experiment_twice_at_once_runs_once(studio: Studio) -> None:
    runs = [studio.command("run", studio.experiment_file()) for _ in range(2)]
    outputs = [run.communicate(timeout=180) for run in runs]  # Prefect's database may be busy for a minute
    assert [run.returncode for run in runs] == [0, 0], outputs
    assert sorted(studio.calls()) == sorted({"train", *(f"{c} {m}" for c in CALLS for m in ("baseline", "tuned"))})
    assert studio.logbook().count("\n## Run ") == 1 + studio.logbook().count("\n## Run 2")
    assert sum("Nothing changed since Run 1" in output for output, _ in outputs) == 1


def test_a_failed_run_exits_with_1_and_no_traceback(studio: Studio) -> None:
    studio.orders.write_text("train fail")
    code, output, errors = finish(studio, "run", studio.experiment_file())
    assert code == 1
    assert "the loss was nan at step 2" in errors
    assert "lower the learning rate" in errors
    assert "Traceback" not in output + errors
    assert studio.record(1).status == "failed"
    kept = [file.read_bytes() for file in (studio.artifacts / "cache").rglob("*") if file.is_file()]
    assert any(b"the loss was nan" in content for content in kept)  # Prefect keeps the error of a flow,
    assert not any(b"pickle" in content for content in kept)  # and not as a pickle


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "smoke-tset"), "smoke-test"),
        (("run", "smoke-test", "--set", "training.learning=1"), "learning_rate"),
        (("run", "smoke-test", "--model", "no-such-model"), "smollm2-135m"),
        (("log", "9"), "there is no Run 9"),
    ],
)
def test_a_mistake_exits_with_2_and_names_what_is_valid(
    studio: Studio, arguments: tuple[str, ...], message: str
) -> None:
    code, output, errors = finish(studio, *arguments)
    assert code == 2
    assert message in errors
    assert "Traceback" not in output + errors


def test_a_mistake_in_the_essays_is_refused_before_prefect_knows_of_a_run(studio: Studio) -> None:
    def runs() -> int:
        with get_client(sync_client=True) as client:
            return len(client.read_flow_runs(limit=200))

    before = runs()
    (studio.essays / "0.md").write_text("nothing in front\n")
    code, output, errors = finish(studio, "run", studio.experiment_file())
    assert (code, runs()) == (2, before)
    assert "0.md" in errors
    assert "Traceback" not in output + errors


def test_check_prints_a_table_or_every_problem(studio: Studio) -> None:
    checked = ("check", "essays", "--model", str(studio.model), "--prompts", "prompts.toml")
    code, output, errors = finish(studio, *checked)
    assert code == 0, errors
    assert "validation" in output
    for number in (0, 1):
        (studio.essays / f"{number}.md").write_text("nothing in front\n")
    code, output, errors = finish(studio, *checked)
    assert code == 2
    assert "0.md" in errors
    assert "1.md" in errors


def test_without_a_server_a_private_one_is_started_and_ends_with_the_command(studio: Studio, tmp_path: Path) -> None:
    home = str(tmp_path / "prefect")
    run = studio.command("run", studio.experiment_file(), "--json", PREFECT_API_URL="", PREFECT_HOME=home)
    output, errors = run.communicate(timeout=150)
    assert run.returncode == 0, errors
    told = json.loads(output)  # and nothing else
    assert (told["of"], told["number"], told["new"]) == ("run", 1, True)
    assert studio.logbook().splitlines()[told["line"] - 1].startswith("## Run 1: ")
    wait_until(lambda: not private_servers(tmp_path))


def finish(studio: Studio, *arguments: str) -> tuple[int, str, str]:
    process = studio.command(*arguments)
    output, errors = process.communicate(timeout=150)
    return process.returncode, output, errors


def private_servers(tmp_path: Path) -> list[int]:
    """Private servers of this test: those whose Prefect home lies in its folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if (
                "flows.server.private_process" in process.cmdline()
                and str(tmp_path) in process.environ()["PREFECT_HOME"]
            ):
                found.append(process.pid)
        except (psutil.Error, KeyError):
            continue
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
