"""From documents to pair files: what is new is added, what she edited stays."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ownvoice.errors import PairsError
from ownvoice.essays.check import read_pairs
from ownvoice.intake.documents import Reading, Skipped
from ownvoice.intake.intake import take_in
from ownvoice.intake.write import MANIFEST
from tests.unit.intake.documents_for_tests import document, essays, prose


def test_pair_files_are_read_as_they_were_proposed(tmp_path: Path) -> None:
    done = take_in(Reading(documents=tuple(essays(9))), tmp_path / "anna")
    pairs = {pair.topic: pair for pair in read_pairs(tmp_path / "anna")}
    assert len(pairs) == len(done.written) == 9
    for each in done.written:
        pair = pairs[each.proposal.topic]
        assert (pair.essay, pair.tier, pair.split) == (each.proposal.essay, each.proposal.tier, each.proposal.split)


@pytest.mark.parametrize(
    "title", ['He said: "no" # really', "Über alles\\n", "- a list?", "'quoted'", "true", "2024-05-03"]
)
def test_any_title_makes_a_file_that_can_be_read(tmp_path: Path, title: str) -> None:
    take_in(Reading(documents=(document("a: b.md", *prose(1), title=title),)), tmp_path)
    (pair,) = read_pairs(tmp_path)
    assert pair.topic == " ".join(title.split())


def test_a_month_later_what_is_new_is_added_and_her_edits_stay(tmp_path: Path) -> None:
    first = take_in(Reading(documents=tuple(essays(9))), tmp_path)
    edited, removed = first.written[0].file, first.written[1].file
    edited.write_text(edited.read_text() + "\nA line of hers.\n")
    removed.unlink()
    before = {file: file.read_bytes() for file in tmp_path.iterdir() if file.name != MANIFEST}
    again = take_in(Reading(documents=tuple(essays(12))), tmp_path)
    assert (len(again.written), again.before) == (3, 9)
    assert all(file.read_bytes() == content for file, content in before.items())
    assert not removed.exists()
    assert take_in(Reading(documents=tuple(essays(12))), tmp_path).written == ()


def test_a_run_that_was_killed_before_its_list_was_written_leaves_no_essay_twice(tmp_path: Path) -> None:
    take_in(Reading(documents=tuple(essays(4))), tmp_path)
    (tmp_path / MANIFEST).unlink()
    take_in(Reading(documents=tuple(essays(4))), tmp_path)
    assert len(read_pairs(tmp_path)) == 4


def test_a_damaged_list_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    take_in(Reading(documents=tuple(essays(4))), tmp_path)
    (tmp_path / MANIFEST).write_text("{")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(PairsError, match=MANIFEST):
        take_in(Reading(documents=tuple(essays(6))), tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_her_texts_are_for_her_alone(tmp_path: Path) -> None:
    take_in(Reading(documents=tuple(essays(4))), tmp_path / "anna")
    assert stat.S_IMODE((tmp_path / "anna").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "anna").iterdir()} == {0o600}


def test_a_text_without_a_title_is_asked_about(tmp_path: Path) -> None:
    titled, untitled = document("a.md", *prose(1), title="T"), document("b.txt", *prose(2))
    done = take_in(Reading(documents=(titled, untitled)), tmp_path, ask=lambda _: " What  the ferry took ")
    assert [each.proposal.topic for each in done.written] == ["T", "What the ferry took"]


def test_what_could_not_be_read_is_passed_on_with_its_reason(tmp_path: Path) -> None:
    skipped = Skipped(source="a.docx", reason="encrypted")
    assert take_in(Reading(skipped=(skipped,)), tmp_path).left_out == (skipped,)
