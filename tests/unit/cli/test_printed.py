"""`--json`: one schema a command, told in docs/json.md; and what the shell offers, quickly."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from flows.cli.app import app
from flows.cli.commands import clean_text, doctor_text, log_text, models_json
from flows.cli.printed import PRINTED, run_as_printed
from ownvoice import __version__
from ownvoice.paths import ROOT
from ownvoice.report.runs import allocate_and_write
from ownvoice.report.series import allocate_and_write_series
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


def commands_with_json() -> set[str]:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return {name for name, command in group.commands.items() if any("--json" in each.opts for each in command.params)}


def test_each_command_with_json_has_its_line_and_every_key_is_in_it() -> None:
    told = (ROOT / "docs" / "json.md").read_text()
    lines = dict(re.findall(r"^\| `([\w-]+)` \| (.*) \|$", told, re.MULTILINE))
    assert set(lines) == commands_with_json() >= set(PRINTED)
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
