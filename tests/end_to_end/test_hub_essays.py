"""Essays from a data set of the hub, a hub that runs here: fetched once, tables alone, read as any other set."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ownvoice.paths import ROOT, models_folder
from tests.end_to_end.hub_here import HubHere, served

COMMIT = "d" * 40


def essay(word: str) -> str:
    return " ".join(f"{word}{n} I kept what they said of it." for n in range(8))


def parquet() -> bytes:
    rows = [{"text": essay(f"w{n}x"), "name": f"Subject number {n}", "url": "http://x"} for n in range(6)]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer)
    return buffer.getvalue()


FILES = {"data/train-00000-of-00001.parquet": parquet(), "README.md": b"# Essays", "essays.py": b"open('ran', 'w')"}


class Hub(HubHere):
    """One data set, with a script; it notes what it is asked."""

    asked: list[str] = []  # noqa: RUF012 - shared on purpose

    def answer(self) -> None:
        path = self.path.split("?")[0]
        self.asked.append(path)
        of_set = "/datasets/anna/essays/"
        if path.startswith("/api/datasets/anna/essays/revision/"):
            siblings = [{"rfilename": name} for name in FILES]
            self.send(200, json.dumps({"id": "anna/essays", "sha": COMMIT, "siblings": siblings}).encode(), {})
        elif path.startswith("/api/datasets/anna/essays/tree/"):
            tree = [{"type": "file", "path": n, "size": len(c), "oid": "0" * 40} for n, c in FILES.items()]
            self.send(200, json.dumps(tree).encode(), {})
        elif path.startswith(of_set) and (name := path.partition(f"{COMMIT}/")[2]) in FILES:
            self.send(200, FILES[name], {"ETag": f'"{len(name)}"', "X-Repo-Commit": COMMIT})
        else:
            self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"})


@pytest.fixture
def hub() -> Iterator[str]:
    Hub.asked.clear()
    with served(Hub) as address:
        yield address


def checks(hub: str, home: Path, *typed: str) -> subprocess.CompletedProcess[str]:
    return types(hub, home, "check", *typed)


def types(hub: str, home: Path, *typed: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub,
        "HF_HOME": str(home / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "OWNVOICE_ARTIFACTS": str(home / "artifacts"),
        "OWNVOICE_MODELS": str(models_folder()),
    }
    environment.pop("HF_HUB_OFFLINE", None)
    command = [sys.executable, "-m", "flows.cli.app", *typed]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)


MAPPED = ("--set", "data.columns.essay=text", "--set", "data.columns.topic=name")


def test_a_data_set_of_the_hub_is_fetched_once_and_its_script_never(hub: str, tmp_path: Path) -> None:
    first = checks(hub, tmp_path, "hub:anna/essays", *MAPPED)
    assert first.returncode == 0, first.stderr
    assert f"from the hub at commit {COMMIT}" in first.stdout.replace("\n", " ")
    assert not any("essays.py" in path or "README" in path for path in Hub.asked)
    assert not list((tmp_path / "hf").rglob("*.py"))
    Hub.asked.clear()
    again = checks(hub, tmp_path, "hub:anna/essays", *MAPPED)
    assert Hub.asked == []
    assert first.stdout.endswith(again.stdout)  # the first may have fetched the model


def test_a_set_of_the_hub_is_read_at_once_by_whatever_names_it_first(hub: str, tmp_path: Path) -> None:
    refused = types(hub, tmp_path, "score", "--author", "hub:anna/essays", "hub:anna/essays")
    assert "no such field 'text'" in refused.stderr  # its columns are not ours: it was fetched and read
    scored = types(hub, tmp_path, "score", "--author", "hub:anna/essays", "hub:anna/essays", *MAPPED)
    assert "no such field" not in scored.stderr
    assert (tmp_path / "artifacts" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("hub:nobody/nothing", "the hub has no data set nobody/nothing"),
        ("hub:anna", "hub:anna: names no data set of the hub"),
        ("hub:anna/essays/../../etc", "names no data set of the hub"),
        ("hub:anna/essays/other", "no table in it at commit dddddddddddd"),
    ],
)
def test_what_is_no_data_set_is_one_clear_mistake(named: str, expected: str, hub: str, tmp_path: Path) -> None:
    answer = checks(hub, tmp_path, named)
    assert answer.returncode == 2
    assert expected in answer.stderr
    assert "Traceback" not in answer.stderr


def test_without_a_network_one_line_says_so(tmp_path: Path) -> None:
    answer = checks("http://127.0.0.1:9", tmp_path, "hub:anna/essays")
    assert answer.returncode == 1
    assert "anna/essays could not be fetched from the hub" in answer.stderr
    assert "Traceback" not in answer.stderr
