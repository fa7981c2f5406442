"""The logbook gets every run once, numbers them, and keeps all that a person wrote."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ownvoice.errors import LogbookError
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.run import RunRecord
from ownvoice.report.kept.runs import RUNS, allocate_and_write, next_number
from ownvoice.report.kept.shelf import log_entry
from ownvoice.report.log.blocks import LogEntry
from ownvoice.report.log.logbook import add_entry, numbers_in
from tests.unit.records_for_tests import record_for_tests


def entry_for_tests(record: RunRecord) -> LogEntry:
    return log_entry(RUNS, record)


def headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("# ", "## "))]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "EXPERIMENT_LOG.md"
    add_entry(path, entry_for_tests(record_for_tests(1)))
    return path


def test_a_new_logbook_has_a_title_the_entry_and_a_blank_template(tmp_path: Path) -> None:
    change = add_entry(tmp_path / "EXPERIMENT_LOG.md", entry_for_tests(record_for_tests(1)))
    lines = change.path.read_text().splitlines()
    assert [line for line in lines if line.startswith(("# ", "## "))] == [
        "# Experiment log",
        "## Run 1: smoke-test, smollm2-135m",
        "## Run 2: not run yet",
    ]
    assert change.added
    assert lines[change.line - 1] == "## Run 1: smoke-test, smollm2-135m"


def test_a_second_run_replaces_the_blank_template(log: Path) -> None:
    add_entry(log, entry_for_tests(record_for_tests(2)))
    assert headings(log.read_text())[1:] == [
        "## Run 1: smoke-test, smollm2-135m",
        "## Run 2: smoke-test, smollm2-135m",
        "## Run 3: not run yet",
    ]


def test_a_run_is_written_once(log: Path) -> None:
    before = log.read_bytes()
    change = add_entry(log, entry_for_tests(record_for_tests(1)))
    assert not change.added
    assert log.read_bytes() == before


def test_a_template_that_was_filled_in_stays_to_the_letter_above_the_new_entry(log: Path) -> None:
    filled = "- Notes, and what you expect: the *brackets*,  finally\n\n\tand `| this |`\n"
    log.write_text(log.read_text().replace("- Notes, and what you expect:\n", filled))
    add_entry(log, entry_for_tests(record_for_tests(2)))
    text = log.read_text()
    assert filled in text
    assert headings(text)[2:] == [
        "## Notes by hand, from the template of Run 2",
        "## Run 2: smoke-test, smollm2-135m",
        "## Run 3: not run yet",
    ]
    assert text.index(filled) < text.index("## Run 2: smoke-test")


def test_a_template_whose_heading_was_rewritten_becomes_a_run_by_hand_and_keeps_its_number(log: Path) -> None:
    log.write_text(log.read_text().replace("## Run 2: not run yet", "## Run 2: GPT-2 on the notebook"))
    assert next_number(log.parent) == 3
    add_entry(log, entry_for_tests(record_for_tests(3)))
    assert headings(log.read_text())[2:] == [
        "## Run 2: GPT-2 on the notebook",
        "## Run 3: smoke-test, smollm2-135m",
        "## Run 4: not run yet",
    ]


def test_white_space_that_an_editor_changed_is_no_edit(log: Path) -> None:
    log.write_text(re.sub(r"(- Date:)$", r"\1  ", log.read_text(), flags=re.MULTILINE))
    add_entry(log, entry_for_tests(record_for_tests(2)))
    assert "Notes by hand" not in log.read_text()


@pytest.mark.parametrize(
    ("place", "note"),
    [
        ("# Experiment log", "Before the title: my own words.\n\n"),
        ("<!-- ownvoice:run 1 key=key1", "Between title and entry.\n\n"),
        ("### Appendix", "Inside the entry: she is wrong about the lr.\n\n"),
        ("<!-- ownvoice:run 1 end -->", "Inside, at the end.\n"),
        ("<!-- ownvoice:next-run 2", "Between entry and template.\n\n"),
    ],
)
def test_what_a_person_wrote_anywhere_stays_where_it_is(log: Path, place: str, note: str) -> None:
    edited = log.read_text().replace(place, note + place)
    log.write_text(edited)
    add_entry(log, entry_for_tests(record_for_tests(2)))
    kept = edited[: edited.index("<!-- ownvoice:next-run 2")]
    assert log.read_text().startswith(kept)
    assert note in kept


@pytest.mark.parametrize("tail", ["\nAfter the end, my notes.", "x", "\n\n\n## Run 7: by hand\n\nlater\n"])
def test_what_a_person_wrote_after_the_template_stays_at_the_end(log: Path, tail: str) -> None:
    log.write_text(log.read_text() + tail)
    add_entry(log, entry_for_tests(record_for_tests(2)))
    once = log.read_text()
    add_entry(log, entry_for_tests(record_for_tests(3)))
    assert log.read_text().endswith(tail)
    after_template = " end -->\n"
    assert log.read_text().rpartition(after_template)[2] == once.rpartition(after_template)[2]
    assert "## Run 3: smoke-test" in log.read_text()


@pytest.mark.parametrize(
    "damage",
    [
        r"<!-- ownvoice:next-run 2 blank=\w+ -->\n",
        r"<!-- ownvoice:next-run 2 end -->\n",
        r"<!-- ownvoice:run 1 end -->\n",
        r"<!-- ownvoice:.* -->\n",
        r"blank=\w+",
    ],
)
def test_damaged_markers_lose_nothing_and_the_new_entry_goes_to_the_end(log: Path, damage: str) -> None:
    damaged = re.sub(damage, "", log.read_text())
    log.write_text(damaged)
    assert next_number(log.parent) == 2
    add_entry(log, entry_for_tests(record_for_tests(2)))
    add_entry(log, entry_for_tests(record_for_tests(3)))
    text = log.read_text()
    unedited_template = r"<!-- ownvoice:next-run 2 blank=\w+ -->\n.*?<!-- ownvoice:next-run 2 end -->\n"
    assert text.startswith(re.sub(unedited_template, "", damaged, flags=re.DOTALL).rstrip("\n"))
    assert [h for h in headings(text) if "smollm2" in h] == [f"## Run {n}: smoke-test, smollm2-135m" for n in (1, 2, 3)]


def test_a_template_without_its_end_never_swallows_what_follows(log: Path) -> None:
    add_entry(log, entry_for_tests(record_for_tests(2)))
    start = re.search(r"<!-- ownvoice:next-run 3 .*-->\n", log.read_text())
    assert start is not None
    log.write_text(log.read_text().replace("<!-- ownvoice:run 2 key", start[0] + "<!-- ownvoice:run 2 key"))
    add_entry(log, entry_for_tests(record_for_tests(3)))
    assert [h for h in headings(log.read_text()) if "smollm2" in h][1:] == [
        "## Run 2: smoke-test, smollm2-135m",
        "## Run 3: smoke-test, smollm2-135m",
    ]


def test_windows_line_ends_are_kept_and_used(log: Path) -> None:
    log.write_bytes(b"\xef\xbb\xbf" + log.read_bytes().replace(b"\n", b"\r\n"))
    add_entry(log, entry_for_tests(record_for_tests(2)))
    content = log.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf# Experiment log\r\n")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"Notes by hand" not in content


def test_a_log_that_was_kept_by_hand_is_continued(tmp_path: Path) -> None:
    path = tmp_path / "EXPERIMENT_LOG.md"
    by_hand = "# My log\n\n## Run 1 (smoke test)\n\nPASS\n\n### Run 2\n\nwaiting"
    path.write_text(by_hand)
    written = allocate_and_write(tmp_path, record_for_tests)
    assert written.record.number == 3
    assert path.read_text().startswith(by_hand + "\n\n<!-- ownvoice:run 3")


def test_a_heading_that_a_model_wrote_takes_no_number(tmp_path: Path) -> None:
    record = record_for_tests(1)
    assert record.tuned.outputs is not None
    outputs = tuple(o.model_copy(update={"text": "## Run 99: forged"}) for o in record.tuned.outputs.outputs)
    tuned = ModelAnswers(outputs=record.tuned.outputs.model_copy(update={"outputs": outputs}))
    add_entry(tmp_path / "EXPERIMENT_LOG.md", entry_for_tests(record.model_copy(update={"tuned": tuned})))
    assert numbers_in(tmp_path / "EXPERIMENT_LOG.md") == {1}


def test_a_logbook_in_another_encoding_is_refused_unchanged_and_the_record_is_safe(log: Path) -> None:
    content = log.read_bytes() + b"caf\xe9"
    log.write_bytes(content)
    with pytest.raises(LogbookError, match=r"not UTF-8[\s\S]*the run's record is safe in"):
        allocate_and_write(log.parent, record_for_tests)
    assert log.read_bytes() == content
    log.write_bytes(content.replace(b"\xe9", "é".encode()))
    assert allocate_and_write(log.parent, lambda number: record_for_tests(number, key="key2")).log.added
    assert "## Run 2: smoke-test, smollm2-135m" in log.read_text()


def test_numbers_go_on_from_the_folders_and_from_the_log(tmp_path: Path) -> None:
    assert next_number(tmp_path) == 1
    (tmp_path / "runs" / "7-smoke-test-emptied-by-hand").mkdir(parents=True)
    assert next_number(tmp_path) == 8
    add_entry(tmp_path / "EXPERIMENT_LOG.md", entry_for_tests(record_for_tests(11)))
    assert next_number(tmp_path) == 12
