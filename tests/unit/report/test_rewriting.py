"""A stored record that changed takes its entry along, and nothing that a person wrote is lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ownvoice.errors import LogbookError
from ownvoice.paths import ROOT
from ownvoice.records.run import RunRecord
from ownvoice.report.entry.entry import render_entry
from ownvoice.report.kept.runs import allocate_and_write, read_record, rewrite_run
from ownvoice.report.log.blocks import LogEntry, with_notes
from ownvoice.report.log.logbook import add_entry, renew_entry
from tests.unit.records_for_tests import failed_record_for_tests, record_for_tests

DIE_BEFORE_THE_ENTRY = """
import os, pathlib, signal, sys
sys.path.insert(0, sys.argv[2])
from tests.unit.records_for_tests import failed_record_for_tests, record_for_tests
from ownvoice.report.kept import runs
from ownvoice.report.kept import shelf
shelf.renew_entry = lambda *arguments: os.kill(os.getpid(), signal.SIGKILL)
runs.rewrite_run(pathlib.Path(sys.argv[1]), record_for_tests(1, started_at="2026-12-24T18:00:00+00:00"))
"""
LATER = {"started_at": "2026-12-24T18:00:00+00:00"}
LATEST = {"started_at": "2026-12-31T23:59:00+00:00"}


@pytest.fixture
def artifacts(tmp_path: Path) -> Path:
    """With Runs 1 and 2."""
    for _ in range(2):
        allocate_and_write(tmp_path, record_for_tests)
    return tmp_path


def log_of(artifacts: Path) -> str:
    return (artifacts / "EXPERIMENT_LOG.md").read_text()


def edit(artifacts: Path, old: str, new: str) -> None:
    assert old in log_of(artifacts)
    (artifacts / "EXPERIMENT_LOG.md").write_text(log_of(artifacts).replace(old, new, 1))


def rewritten(number: int, changes: dict[str, str]) -> RunRecord:
    return record_for_tests(number, **changes)


def test_record_files_and_entry_are_those_of_the_new_record_and_all_else_stays(artifacts: Path) -> None:
    before = log_of(artifacts)
    change = rewrite_run(artifacts, rewritten(1, LATER))
    folder = artifacts / "runs" / "1-smoke-test-smollm2-135m"
    assert read_record(folder).started_at == LATER["started_at"]
    assert "2026-12-24 18:00 UTC" in (folder / "entry.md").read_text()
    assert sorted(file.name for file in folder.iterdir()) == [
        "baseline.jsonl",
        "entry.md",
        "record.json",
        "tuned.jsonl",
    ]
    assert (change.added, change.renewed, change.below_edited) == (False, True, False)
    assert log_of(artifacts).splitlines()[change.line - 1] == "## Run 1: smoke-test, smollm2-135m"
    as_before = log_of(artifacts).replace("2026-12-24 18:00 UTC", "2026-11-23 00:41 UTC")
    assert re.sub(" text=.* ", "", as_before) == re.sub(" text=.* ", "", before)
    assert not rewrite_run(artifacts, rewritten(1, LATER)).renewed


def test_an_entry_that_was_edited_stays_to_the_letter_and_the_new_one_below_it_is_renewed(artifacts: Path) -> None:
    edit(artifacts, "### Loss\n", "### Loss\n\nShe says: too steep.\n")
    start, end = "<!-- ownvoice:run 1 key", "<!-- ownvoice:run 1 end -->\n"
    hers = log_of(artifacts).partition(start)[2].partition(end)[0]
    for changes, date in ((LATER, "2026-12-24 18:00 UTC"), (LATEST, "2026-12-31 23:59 UTC")):
        change = rewrite_run(artifacts, rewritten(1, changes))
        assert change.below_edited
        assert hers in log_of(artifacts)
        assert log_of(artifacts).count("\n## Run 1: smoke-test") == 2
        assert log_of(artifacts).count("The entry above was edited by hand, and stays as it is.") == 1
        assert log_of(artifacts).count(date) == 1
        assert date in "".join(log_of(artifacts).splitlines()[change.line - 1 : change.line + 3])
    assert "2026-12-24 18:00" not in log_of(artifacts)
    assert log_of(artifacts).index("2026-12-31 23:59 UTC") < log_of(artifacts).index("## Run 2: smoke-test")
    edit(artifacts, "2026-12-31 23:59 UTC", "New Year's Eve")
    rewrite_run(artifacts, rewritten(1, LATER))
    assert log_of(artifacts).count("\n## Run 1: smoke-test") == 3
    assert "New Year's Eve" in log_of(artifacts)


NOTES = "<!-- ownvoice:notes -->\n\n<!-- ownvoice:notes end -->\n"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_notes_by_hand_are_no_edit_and_go_with_the_entry(tmp_path: Path, line_end: str) -> None:
    log = tmp_path / "EXPERIMENT_LOG.md"
    add_entry(
        log, LogEntry(of="run", number=1, key="k", text=f"## Run 1: first\n\n### Notes by hand\n\n{NOTES}\nend\n")
    )
    notes = "It is me.  \n\n## A heading of hers\n\n- and `a list`\n".replace("\n", line_end)
    text = log.read_text().replace("\n", line_end)
    marker = f"<!-- ownvoice:notes -->{line_end}"
    log.write_bytes(text.replace(marker, marker + notes).encode())
    newer = LogEntry(of="run", number=1, key="k", text=f"## Run 1: second\n\n{NOTES}\nnew end\n")
    change = renew_entry(log, newer)
    written = log.read_bytes().decode()
    assert not change.below_edited
    assert marker + notes in written
    assert "first" not in written
    assert "## Run 1: second" in written
    assert written.count("\n") == written.count(line_end)
    without = newer.model_copy(update={"text": "## Run 1: third, without a place for notes\n"})
    assert renew_entry(log, without).below_edited
    assert marker + notes in log.read_bytes().decode()
    assert "## Run 1: second" in log.read_text()


def test_an_entry_that_a_person_took_out_stays_out(artifacts: Path) -> None:
    text = log_of(artifacts)
    start, end = text.index("<!-- ownvoice:run 1 key"), text.index("<!-- ownvoice:run 2 key")
    (artifacts / "EXPERIMENT_LOG.md").write_text(text[:start] + text[end:])
    change = rewrite_run(artifacts, rewritten(1, LATER))
    assert not change.renewed
    assert log_of(artifacts) == text[:start] + text[end:]


def test_an_entry_of_before_there_were_hashes_is_renewed_where_it_was_not_edited(artifacts: Path) -> None:
    edit(artifacts, "### Loss\n", "### Loss (hm)\n")
    log = artifacts / "EXPERIMENT_LOG.md"
    log.write_text(re.sub(r" status=\w+ text=\w+ -->", " -->", log_of(artifacts)))
    assert rewrite_run(artifacts, rewritten(1, LATER)).below_edited
    change = rewrite_run(artifacts, rewritten(2, LATER))
    assert (change.renewed, change.below_edited) == (True, False)


def test_an_entry_without_its_end_is_left_alone(artifacts: Path) -> None:
    edit(artifacts, "<!-- ownvoice:run 1 end -->\n", "")
    damaged = log_of(artifacts)
    assert not rewrite_run(artifacts, rewritten(1, LATER)).renewed
    assert log_of(artifacts) == damaged


def test_an_edited_file_in_the_runs_folder_is_kept_beside_the_new_one(artifacts: Path) -> None:
    entry = artifacts / "runs" / "1-smoke-test-smollm2-135m" / "entry.md"
    for changes, name in ((LATER, "entry-edited-by-hand.md"), (LATEST, "entry-edited-by-hand-2.md")):
        edited = entry.read_text() + "\nMine.\n"
        entry.write_text(edited)
        rewrite_run(artifacts, rewritten(1, changes))
        assert entry.with_name(name).read_text() == edited
        assert "Mine." not in entry.read_text()


def test_an_edited_file_that_was_kept_is_never_written_over(artifacts: Path) -> None:
    entry = artifacts / "runs" / "1-smoke-test-smollm2-135m" / "entry.md"
    kept = entry.with_name("entry-edited-by-hand-2.md")
    kept.write_text("Her second edit; the first she threw away.")
    for changes in (LATER, LATEST):
        entry.write_text(entry.read_text() + "\nMine.\n")
        rewrite_run(artifacts, rewritten(1, changes))
    assert kept.read_text() == "Her second edit; the first she threw away."
    assert len([*entry.parent.glob("entry-edited-by-hand*")]) == 3


def test_notes_may_hold_a_marker_line_of_another_entry(tmp_path: Path) -> None:
    log = tmp_path / "EXPERIMENT_LOG.md"
    for number in (1, 2):
        add_entry(log, LogEntry(of="run", number=number, key="k", text=f"## Run {number}: first\n\n{NOTES}\nend\n"))
    pasted = "<!-- ownvoice:run 2 key=k -->\nas in Run 2\n<!-- ownvoice:run 1 end -->\n"
    log.write_text(log.read_text().replace("<!-- ownvoice:notes -->\n", f"<!-- ownvoice:notes -->\n{pasted}", 1))
    assert renew_entry(log, LogEntry(of="run", number=1, key="k", text=f"## Run 1: second\n\n{NOTES}\nend\n")).renewed
    assert pasted in log.read_text()
    assert "## Run 1: first" not in log.read_text()
    assert "## Run 2: first" in log.read_text()


def test_what_can_not_be_done_changes_nothing(artifacts: Path) -> None:
    log = artifacts / "EXPERIMENT_LOG.md"
    with pytest.raises(LogbookError, match="there is no Run 3"):
        rewrite_run(artifacts, rewritten(3, LATER))
    with pytest.raises(LogbookError, match="is of the experiment key1"):
        rewrite_run(artifacts, record_for_tests(1, key="another"))
    log.write_bytes(log.read_bytes() + b"\xe9")
    with pytest.raises(LogbookError, match="UTF-8"):
        rewrite_run(artifacts, rewritten(1, LATER))
    assert read_record(artifacts / "runs" / "1-smoke-test-smollm2-135m") == record_for_tests(1)


def test_a_kill_before_the_entry_is_made_good_by_the_next_run(artifacts: Path) -> None:
    command = [sys.executable, "-c", DIE_BEFORE_THE_ENTRY, str(artifacts), str(ROOT)]
    assert subprocess.run(command, check=False, env=os.environ).returncode == -signal.SIGKILL
    folder = artifacts / "runs" / "1-smoke-test-smollm2-135m"
    assert read_record(folder).started_at == LATER["started_at"]
    assert "2026-12-24" not in log_of(artifacts)
    allocate_and_write(artifacts, record_for_tests)
    assert log_of(artifacts).count("2026-12-24 18:00 UTC") == 1
    assert log_of(artifacts).count("\n## Run 1: smoke-test") == 1
    assert "2026-12-24" in (folder / "entry.md").read_text()
    assert not (folder / ".entry-before.md").exists()


def test_notes_in_a_runs_own_entry_are_no_edit_of_it(artifacts: Path) -> None:
    edit(artifacts, "<!-- ownvoice:notes -->\n", "<!-- ownvoice:notes -->\n\nIt is me.\n")
    change = rewrite_run(artifacts, rewritten(1, LATER))
    assert (change.renewed, change.below_edited) == (True, False)
    assert log_of(artifacts).count("It is me.") == 1
    assert log_of(artifacts).index("It is me.") < log_of(artifacts).index("## Run 2: smoke-test")
    assert "2026-12-24" in log_of(artifacts)


def test_every_entry_of_a_run_has_a_place_for_notes() -> None:
    for record in (record_for_tests(), failed_record_for_tests()):
        entry = render_entry(record)
        assert entry.count("<!-- ownvoice:notes -->") == 1
        assert with_notes(entry, "Mine.\n") == entry.replace("notes -->\n\n<!--", "notes -->\nMine.\n<!--")
