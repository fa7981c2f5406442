"""`--json`: one schema a command, told in docs/json.md; and what the shell offers, quickly."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from flows.cli import intake
from flows.cli.app import app
from flows.cli.commands import clean_text, doctor_text, log_text, models_json
from flows.cli.ended import run_as_printed
from flows.cli.intake import init_text
from flows.cli.printed import PRINTED, TakenIn
from flows.cli.runs import open_text
from ownvoice import __version__
from ownvoice.paths import ROOT
from ownvoice.report.kept.runs import allocate_and_write
from ownvoice.report.kept.series import allocate_and_write_series
from tests.unit.intake.writers_folder import BROKEN, GOOD, write_broken, write_good
from tests.unit.records_for_tests import failed_record_for_tests, record_for_tests
from tests.unit.report.test_series import series_for_tests

HEAVY = ("torch", "prefect", "transformers", "datasets", "numpy", "jinja2", "matplotlib")


@pytest.fixture
def artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for build in (record_for_tests, failed_record_for_tests):
        allocate_and_write(tmp_path, build)
    allocate_and_write_series(tmp_path, series_for_tests)
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path))
    monkeypatch.setenv("OWNVOICE_MODELS", str(tmp_path / "models"))
    return tmp_path


def options_by_command() -> dict[str, set[str]]:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return {name: {opt for each in command.params for opt in each.opts} for name, command in group.commands.items()}


def test_every_command_takes_json() -> None:
    assert [name for name, options in options_by_command().items() if "--json" not in options] == []


def test_each_command_with_json_has_its_line_and_every_key_is_in_it() -> None:
    told = (ROOT / "docs" / "json.md").read_text()
    lines = dict(re.findall(r"^\| `([\w-]+)` \| (.*) \|$", told, re.MULTILINE))
    assert set(lines) == options_by_command().keys() == PRINTED.keys()
    for name, schema in PRINTED.items():
        assert set(schema.model_fields) <= set(re.findall(r"`(\w+)`", lines[name])), name


@pytest.mark.usefixtures("artifacts")
def test_what_is_printed_is_json_of_its_schema() -> None:
    printed = {
        "log": log_text(None, json=True),
        "models": models_json(),
        "clean": clean_text(yes=False, json=True),
        "doctor": doctor_text(try_hub=False, json=True),
    }
    for name, text in printed.items():
        assert set(json.loads(text)) == set(PRINTED[name].model_fields)
    entry = json.loads(log_text(None, series=1, json=True))
    assert (entry["of"], entry["number"]) == ("series", 1)
    assert entry["entry"].startswith("## Series 1: scale-up")
    assert json.loads(printed["log"])["number"] == 2


def test_what_is_taken_in_is_told_without_its_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "ROOT", tmp_path)
    texts = tmp_path / "texts"
    write_good(texts)
    write_broken(texts)
    printed = init_text("anna", (texts,), "drop", "split", json=True)
    told = TakenIn.model_validate_json(printed)
    assert (len(told.pairs), told.before) == (GOOD, 0)
    assert {Path(each.source).name for each in told.left_out} >= set(BROKEN)
    assert sum(told.taken_out.values()) > 0
    assert told.taken_out_list is not None
    assert told.taken_out_list.exists()
    assert all((told.folder / each.file).exists() for each in told.pairs)
    assert told.next[0] == f"ownvoice check {told.folder}"
    first = told.pairs[0]
    essay = (told.folder / first.file).read_text().rpartition("---\n")[2].split()
    assert len(essay) == first.words
    assert " ".join(essay[20:40]) not in " ".join(printed.split())
    assert printed.isascii()


def test_what_is_opened_is_told_and_whether_a_browser_was_there(
    artifacts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for there in (True, False):
        monkeypatch.setattr(webbrowser, "open", lambda _, there=there: there)
        told = json.loads(open_text("1", json=True))
        assert told == {"path": str(artifacts / "reports" / "run-1.html"), "opened": there}
        assert Path(told["path"]).read_text().startswith("<!doctype html>")


@pytest.mark.usefixtures("artifacts")
def test_a_mistake_prints_nothing_on_stdout_and_ends_with_its_exit_code(tmp_path: Path) -> None:
    typed = {
        "open": (["9"], 2),
        "init": (["anna", str(tmp_path / "nowhere")], 2),
        "background": ([str(tmp_path / "nowhere"), str(tmp_path / "out.npz")], 2),
        "deploy": ([], 1),
    }
    for name, (words, code) in typed.items():
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli.app", name, *words, "--json"],
            cwd=ROOT,
            env=os.environ | {"PREFECT_API_URL": "", "PREFECT_HOME": str(tmp_path / "prefect")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (code, ""), (name, done.stderr)
        assert "expected" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_run_that_is_done_tells_its_number_its_verdict_and_whether_it_is_new(artifacts: Path) -> None:
    again = run_as_printed(allocate_and_write(artifacts, record_for_tests))
    assert (again.of, again.number, again.new, again.verdict) == ("run", 3, True, "insufficient evidence")
    assert not run_as_printed(allocate_and_write(artifacts, lambda n: record_for_tests(n, key="key3"))).new
    series = run_as_printed(allocate_and_write_series(artifacts, series_for_tests))
    assert (series.of, series.runs, series.new, series.verdict) == ("series", (1, 2), False, "It is open.")


def completed(words: str, artifacts: Path) -> list[str]:
    """What bash would offer behind these words, the last of which is being typed."""
    program = "import sys; sys.argv[0] = 'ownvoice'; from flows.cli.app import main; main()"
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "_OWNVOICE_COMPLETE": "complete_bash"}
    environment = os.environ | asked | {"OWNVOICE_ARTIFACTS": str(artifacts)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout.split()


def test_the_shell_offers_runs_series_phases_and_models(artifacts: Path) -> None:
    assert completed("ownvoice show ", artifacts) == ["2", "1", "series-1"]
    assert completed("ownvoice diff 1 ", artifacts) == ["2", "1"]
    assert completed("ownvoice run sc", artifacts) == ["scale-up"]
    assert "gemma-3-270m" in completed("ownvoice plan gem", artifacts)
    assert completed("ownvoice runs --js", artifacts) == ["--json"]


def test_help_and_version_import_nothing_heavy() -> None:
    program = f"import sys; from flows.cli.app import app; print(sorted({set(HEAVY)} & set(sys.modules))); app()"
    done = subprocess.run(
        [sys.executable, "-c", program, "--version"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"[]\nownvoice {__version__}\n"
