"""From a writer's folder to a run: `init`, then the two commands that it prints, as printed."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import intake
from flows.cli.app import app
from ownvoice.essays.check import read_pairs
from ownvoice.essays.prompts import read_prompts
from tests.flow.studio import Studio
from tests.flow.test_printed_commands import roomy_model, typed
from tests.unit.intake.documents_for_tests import prose
from tests.unit.intake.writers_folder import BROKEN, GOOD, write_broken, write_good


def test_a_folder_of_mixed_files_runs_and_a_month_later_what_is_new_is_added(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "ROOT", studio.folder)
    texts = studio.folder / "texts"
    write_good(texts)
    write_broken(texts)
    before = hashes_of(texts)

    said = init(texts)
    pairs = studio.folder / "data" / "private" / "anna"
    assert len(read_pairs(pairs)) == GOOD
    assert all(f"texts/{name}:" in said for name in BROKEN)
    assert hashes_of(texts) == before
    check, run = re.findall(r"^  (ownvoice .*)$", said, re.MULTILINE)[-2:]
    assert check == f"ownvoice check {pairs}"
    record = studio.run_with(typed(f"{run} --model {roomy_model(studio)}")).record
    assert record.status == "completed"
    assert record.data is not None
    hers = read_prompts(pairs / "prompts.toml").canaries
    assert [canary.topic for canary in record.data.canaries] == [canary.topic for canary in hers]

    edited = sorted(pairs.glob("*.md"))[:2]
    for file in edited:
        file.write_text(file.read_text() + "\nA line of hers.\n")
    kept = hashes_of(pairs)
    for number in (41, 42, 43):
        (texts / f"new-{number}.txt").write_text("\n\n".join(prose(number)))
    assert init(texts).startswith("3 new pair files")
    after = hashes_of(pairs)
    assert len(read_pairs(pairs)) == GOOD + 3
    assert {name for name in kept if after[name] != kept[name]} == {"_taken.json"}


def test_what_is_not_there_is_told_and_nothing_is_written(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "ROOT", studio.folder)
    result = CliRunner().invoke(app, ["init", "anna", str(studio.folder / "nowhere"), str(studio.folder / "neither")])
    assert result.exit_code != 0
    assert all(name in str(result.exception) for name in ("nowhere", "neither"))
    assert not (studio.folder / "data").exists()


def test_a_folder_that_gives_no_pair_is_told_with_every_reason_and_no_next_command(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "ROOT", studio.folder)
    write_broken(studio.folder / "texts")
    (studio.folder / "texts" / "short.md").write_text("> Quoted.\n\nA line.\n")
    result = CliRunner().invoke(app, ["init", "anna", str(studio.folder / "texts")])
    assert result.exit_code != 0
    assert all(f"texts/{name}:" in str(result.exception) for name in (*BROKEN, "short.md"))
    assert not list(studio.folder.glob("data/private/anna/*.md"))


def init(texts: Path) -> str:
    result = CliRunner().invoke(app, ["init", "anna", str(texts)])
    assert result.exit_code == 0, result.output
    return result.output


def hashes_of(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }
