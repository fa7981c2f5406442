"""How the environment is made: the lock files against pyproject.toml, and what pip is told against what uv is told."""

from __future__ import annotations

import re
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from environment.install import PARTS, pip_settings, run, torch_locks, uv_environment
from environment.lock import EXTRAS, FOR_CUDA
from ownvoice.paths import ROOT

BLOCK = re.compile(
    r"^(?P<name>[\w.-]+)={2,3}(?P<number>[^ ]+).*(?P<hashes>(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)*)$", re.M
)
FILES = ("main", "tests", "spread", "torch", "torch-cpu", "uv")


def locked(file: str) -> dict[str, re.Match[str]]:
    text = (ROOT / "environment" / f"{file}.txt").read_text("utf-8")
    return {canonicalize_name(block["name"]): block for block in BLOCK.finditer(text)}


def test_each_library_stands_in_one_file_with_its_hashes_and_no_address() -> None:
    counted = Counter(name for file in FILES for name in locked(file))
    assert {name for name, count in counted.items() if count > 1} == {"torch"}, "of which there are two builds"
    for file in FILES:
        assert [name for name, block in locked(file).items() if not block["hashes"]] == []
        assert "://" not in (ROOT / "environment" / f"{file}.txt").read_text("utf-8")


@pytest.mark.parametrize("part", PARTS)
def test_the_locks_have_what_the_project_asks_for_in_a_version_that_fits(part: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [*project["build-system"]["requires"], *project["project"]["dependencies"]]
    for extra in EXTRAS[part]:
        asked += project["project"]["optional-dependencies"][extra]
    found = {name: block["number"] for file in (*PARTS[part], "torch") for name, block in locked(file).items()}
    for requirement in map(Requirement, asked):
        if requirement.name != "ownvoice":
            assert requirement.specifier.contains(found[canonicalize_name(requirement.name)]), requirement


def test_the_builds_of_torch_are_of_one_version_and_cuda_comes_with_its_own_alone() -> None:
    assert locked("torch-cpu")["torch"]["number"] == locked("torch")["torch"]["number"] + "+cpu"
    assert "torch===" in locked("torch")["torch"][0], "a build with a label is another one"
    assert not [name for file in PARTS["spread"] for name in locked(file) if FOR_CUDA.match(name)]
    assert set(locked("torch")) > {"torch", "triton"}


def test_a_torch_that_is_there_stays() -> None:
    assert torch_locks() == [()], "as it was installed by the lock, or over it"


def test_pips_variables_stand_above_its_files_and_those_for_installing_above_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.conf").write_text(
        "[install]\nindex-url = https://mirror.test/simple\n"
        "[global]\nindex-url = https://other.test/simple\nextra-index-url =\n  https://a.test\n  https://b.test\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_FIND_LINKS", "/one /two")
    settings = pip_settings()
    assert settings["index-url"] == "https://mirror.test/simple"
    told = uv_environment(settings, {})
    assert (told["UV_DEFAULT_INDEX"], told["UV_INDEX"]) == (
        "https://mirror.test/simple",
        "https://a.test https://b.test",
    )
    assert told["UV_FIND_LINKS"] == "/one,/two"


def test_what_is_said_to_uv_itself_stands_above_what_is_said_to_pip() -> None:
    settings = {"index-url": "https://pip.test", "extra-index-url": "https://more.test", "cert": "/ca.pem", "user": "1"}
    told = uv_environment(settings, {"UV_INDEX_URL": "https://uv.test", "SSL_CERT_FILE": "/own.pem"})
    assert told == {
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_INDEX_URL": "https://uv.test",
        "SSL_CERT_FILE": "/own.pem",
    }


def test_of_a_command_that_fails_all_that_it_said_is_kept_and_of_one_that_does_not_what_is_worth_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    says = "print('Downloading torch (182.9MiB)'); print(' + torch==2.13.0')"
    assert run([sys.executable, "-c", says], {}) == ""
    assert capsys.readouterr().out == "  Downloading torch (182.9MiB)\n"
    assert run([sys.executable, "-c", f"{says}; raise SystemExit(3)"], {}).endswith(" + torch==2.13.0\n")
