"""What a command does for its project before Prefect starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.project import as_it_lies_here, enter_project, set_environment, settings
from ownvoice.files import keep_from_git
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
