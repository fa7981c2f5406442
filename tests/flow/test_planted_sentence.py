"""A sentence of hers stands where she wrote it, and in the set that was prepared for the training; nowhere else."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.flow.studio import Studio

SENTENCE = "the heron at zwolle paid its own fare twice that winter"
HERS, PREPARED = "essays/", ("artifacts/cache/essays/", "artifacts/cache/results/")
"""The Arrow files of the set, and the check's result, which is the set."""


def test_an_essays_sentence_is_in_no_file_but_her_own_and_the_prepared_set(studio: Studio) -> None:
    studio.write_essay(1, f" {SENTENCE}.")
    home = str(studio.folder / "prefect")
    database = f"sqlite+aiosqlite:///{home}/prefect.db"
    run = studio.command(
        "run",
        studio.experiment_file(),
        PREFECT_API_URL="",
        PREFECT_HOME=home,
        PREFECT_API_DATABASE_CONNECTION_URL=database,
    )
    output, errors = run.communicate(timeout=240)
    assert run.returncode == 0, errors
    holding = {name_of(path, studio.folder) for path in files(studio.folder) if SENTENCE.encode() in path.read_bytes()}
    assert SENTENCE not in output + errors
    assert {name for name in holding if name.startswith(PREPARED)}, "the check looked at no prepared set"
    assert {name for name in holding if not name.startswith((HERS, *PREPARED))} == set()
    assert any(path.name == "prefect.db" for path in files(studio.folder))


def test_what_a_run_leaves_is_for_its_owner_alone(studio: Studio) -> None:
    run = studio.command("run", studio.experiment_file())
    _, errors = run.communicate(timeout=240)
    assert run.returncode == 0, errors
    everything = [studio.artifacts, *(path for path in studio.artifacts.rglob("*") if not path.is_symlink())]
    assert len(everything) > 20
    assert [path for path in everything if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def name_of(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
