"""What a command does for its project before Prefect starts."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from flows.project import as_it_lies_here, enter_project, set_environment, settings
from ownvoice.errors import ConfigError
from ownvoice.files import keep_from_git, write_atomically
from ownvoice.paths import ROOT


def test_a_home_of_prefect_is_made_with_the_folders_above_it_and_artifacts_are_kept_from_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, artifacts = tmp_path / "a" / "b" / "prefect", tmp_path / "artifacts"
    monkeypatch.setenv("PREFECT_HOME", str(home))
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(artifacts))
    monkeypatch.chdir(tmp_path)
    enter_project()
    assert home.is_dir()
    assert (artifacts / ".gitignore").read_text() == "*\n"
    assert Path.cwd() == ROOT


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/ownvoice"])
def test_artifacts_that_cant_be_written_are_told_in_one_message(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("mine")
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path / place))
    with pytest.raises(ConfigError, match="nothing can be written there") as caught:
        enter_project()
    assert "set OWNVOICE_ARTIFACTS" in str(caught.value)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize(
    ("before", "after"), [(None, "127.0.0.1,localhost,::1"), ("a.org,localhost", "a.org,localhost,127.0.0.1,::1")]
)
def test_beside_a_proxy_this_machine_is_asked_without_it(
    before: str | None, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    monkeypatch.setattr(os, "environ", kept)
    set_environment()
    assert "NO_PROXY" not in os.environ
    os.environ["https_proxy"] = "http://proxy.example:3128"
    if before:
        os.environ["NO_PROXY"] = before
    set_environment()
    assert os.environ["NO_PROXY"] == after


def test_what_is_written_is_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    before = os.umask(0o022)
    try:
        set_environment()
        write_atomically(tmp_path / "a" / "essay.md", "mine")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a" / "essay.md").stat().st_mode) == 0o600


def test_a_folder_that_was_there_stays_as_it_is(tmp_path: Path) -> None:
    keep_from_git(tmp_path)
    assert not list(tmp_path.iterdir())


def test_in_a_clone_prefect_keeps_its_home_and_messages_stay_as_they_are() -> None:
    assert "PREFECT_HOME" not in settings()
    assert as_it_lies_here("see data/experiments/") == "see data/experiments/"


def test_relative_places_are_those_beside_the_person_wherever_we_stand_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    os.environ["OWNVOICE_ARTIFACTS"] = "art"
    monkeypatch.chdir(tmp_path)
    set_environment()
    assert os.environ["OWNVOICE_ARTIFACTS"] == str(tmp_path / "art")


def test_tests_report_nothing_home() -> None:
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert os.environ["DO_NOT_TRACK"] == "1"


def test_a_depot_in_a_folder_is_the_one_beside_the_person_and_a_url_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.chdir(tmp_path)
    for given, expected in (("shared", str(tmp_path / "shared")), ("s3://bucket/prefix", "s3://bucket/prefix")):
        os.environ["OWNVOICE_DEPOT"] = given
        set_environment()
        assert os.environ["OWNVOICE_DEPOT"] == expected
