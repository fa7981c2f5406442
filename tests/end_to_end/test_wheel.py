"""The wheel in an environment of its own, as a writer uses it in a folder of hers that is no clone."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from ownvoice.models.folder import INFO_FILE
from ownvoice.models.prepare import prepare_model
from ownvoice.paths import ROOT
from ownvoice.report.kept.runs import read_record
from tests.end_to_end.writer import SHORT
from tests.unit.intake.documents_for_tests import prose

MODEL = "smollm2-135m"
SHIPPED_DATA = {"experiments", "making", "models", "neutral", "background", "sample_author", "placebos"}
SHORTER = (*SHORT, "--set", "decoding.max_new_tokens=8", "--set", "data.train_pairs=1")
OF_A_CLONE = r"\bmake [a-z]|tests/|CONTRIBUTING"
WHERE = "import ownvoice, ownvoice.paths as p; print(ownvoice.__file__); print(p.user_folder()); print(p.ROOT)"

TOLD = "from flows.project import settings; print(*(f'{n}={v}' for n, v in settings().items()), sep='\\n')"


class Desk:
    """A folder with a space and an umlaut in its name, a home, and an environment with the wheel; nothing of the clone's."""

    def __init__(self, base: Path, wheel: Path) -> None:
        self.folder, self.home, self.temporary = base / "Anna's Aufsätze über", base / "home", base / "tmp"
        for each in (self.folder, self.home, self.temporary):
            each.mkdir()
        self.bin = base / "venv" / "bin"
        venv.create(base / "venv", with_pip=False)
        self.python("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel), pip=True)
        (self.site_packages,) = (base / "venv" / "lib").glob("python*/site-packages")
        # A line of a .pth file gives the libraries of this environment and none of its own .pth lines: not the clone.
        (self.site_packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
        self.code, self.user_folder, self.project = map(Path, self.python("-c", WHERE).splitlines())
        self.before = self.files()
        self.said = ""

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.bin}:{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.home), "TMPDIR": str(self.temporary)}

    def python(self, *arguments: str, pip: bool = False) -> str:
        command = [sys.executable, "-m", "pip", "--python", str(self.bin / "python"), *arguments[2:]]
        return self._output(command if pip else [str(self.bin / "python"), "-P", *arguments])

    def types(self, command: str, expect: int = 0) -> str:
        said = self._output(shlex.split(command), expect)
        self.said += said
        return said

    def _output(self, command: list[str], expect: int = 0) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
        )
        assert done.returncode == expect, done.stdout
        return done.stdout

    def files(self) -> dict[Path, int]:
        """What lies outside the project's folder, and when each was written; compiled Python aside."""
        places = (self.site_packages, self.home, self.temporary)
        found = (file for place in places for file in place.rglob("*") if "__pycache__" not in file.parts)
        return {file: file.stat().st_mtime_ns for file in found if file.is_file()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("ownvoice-*.whl")
    return wheel


@pytest.fixture(scope="module")
def desk(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """After a smoke test with shorter answers than a real one, on the model as it was fetched before."""
    desk = Desk(tmp_path_factory.mktemp("desk"), wheel)
    lend_model(desk.user_folder / "models" / MODEL)
    (desk.folder / "random.py").write_text("raise SystemExit('a file of hers was imported')\n")
    desk.types(f"ownvoice run smoke-test {shlex.join(SHORTER)}")
    return desk


def lend_model(folder: Path) -> None:
    info = prepare_model(MODEL, None, lambda _progress: None)
    folder.mkdir(parents=True)
    for file in Path(info.folder).iterdir():
        (folder / file.name).symlink_to(file)
    (folder / INFO_FILE).unlink()
    (folder / INFO_FILE).write_text(info.model_dump_json().replace(info.folder, str(folder)))


def test_the_wheel_holds_what_is_shipped_and_nothing_of_a_writers(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    places = [ROOT / "templates", *(ROOT / "data" / name for name in SHIPPED_DATA)]
    files = [file for place in places for file in place.rglob("*") if file.is_file()]
    assert {f"ownvoice/shipped/{file.relative_to(ROOT)}" for file in files} <= names
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"ownvoice", "flows", "tasks"}
    assert {name.split("/")[3] for name in names if name.startswith("ownvoice/shipped/data/")} == SHIPPED_DATA


def test_a_smoke_test_runs_in_an_empty_folder_and_its_log_lies_there(desk: Desk) -> None:
    assert desk.site_packages in desk.code.parents
    assert desk.project == desk.folder
    assert "Run 1 is in artifacts/EXPERIMENT_LOG.md" in desk.said
    assert desk.types("ownvoice log").startswith(str(desk.folder / "artifacts" / "EXPERIMENT_LOG.md"))
    (run,) = (desk.folder / "artifacts" / "runs").iterdir()
    record = read_record(run)
    assert record.status == "completed"
    assert record.settings["data.pairs"] == "data/sample_author/pairs"


def test_her_texts_become_pairs_in_her_folder_and_what_is_printed_next_runs_as_printed(desk: Desk) -> None:
    texts = desk.folder / "Entwürfe 2024"
    texts.mkdir()
    for number in range(5):
        (texts / f"draft-{number}.txt").write_text("\n\n".join(prose(number)))
    said = desk.types("ownvoice init anna 'Entwürfe 2024'")
    pairs = desk.folder / "data" / "private" / "anna"
    assert len(list(pairs.glob("*.md"))) == 5
    check, run = re.findall(r"^  (ownvoice .*)$", said, re.MULTILINE)[-2:]
    assert check == "ownvoice check data/private/anna"
    assert f"Next: {run}" in desk.types(check)
    mine = desk.folder / "experiments" / "mine.toml"
    mine.parent.mkdir()
    mine.write_text('[data]\npairs = "data/private/anna"\nprompts = "data/sample_author/prompts.toml"\n')
    assert "Next: ownvoice run experiments/mine.toml" in desk.types("ownvoice check experiments/mine.toml")


def test_git_sees_none_of_her_essays_and_artifacts(desk: Desk) -> None:
    desk.types("git init --quiet")
    desk.types("git add --all")
    seen = desk.types("git ls-files").splitlines()
    assert "random.py" in seen
    assert not [file for file in seen if file.startswith(("data/private", "artifacts"))]


def test_what_a_message_names_is_there(desk: Desk) -> None:
    assert MODEL in desk.types("ownvoice models")
    assert str(desk.folder / "artifacts") in desk.types("ownvoice doctor")
    (desk.folder / "pairs.csv").write_text("topic\nNo essay\n")
    said = desk.types("ownvoice run smoke-test --set training.learning=1", expect=2)
    said += desk.types("ownvoice check pairs.csv", expect=2)
    named = [Path(place) for place in re.findall(r"/\S*shipped\S*(?<![;:,.])", said)]
    assert {place.name for place in named} == {"smoke-test.toml", "experiments", "data-format.md"}
    assert all(place.exists() for place in named)
    assert not re.search(OF_A_CLONE, desk.said)


def test_prefect_is_told_no_place_but_hers(desk: Desk) -> None:
    """Without a place for its UI a server copies it into Prefect's own package."""
    told = dict(line.split("=", 1) for line in desk.python("-c", TOLD).splitlines())
    places = {name: Path(value) for name, value in told.items() if value.startswith("/")}
    assert {"PREFECT_HOME", "PREFECT_SERVER_UI_STATIC_DIRECTORY"} <= places.keys()
    assert all({desk.user_folder, desk.folder} & set(place.parents) for place in places.values())


def test_nothing_is_written_outside_her_folder_and_her_data_folder(desk: Desk) -> None:
    after = desk.files()
    changed = [file for file in desk.before | after if desk.before.get(file) != after.get(file)]
    assert changed
    assert [file for file in changed if desk.user_folder not in file.parents] == []
    assert {file.relative_to(desk.user_folder).parts[0] for file in changed} == {"models", "locks", "prefect"}
