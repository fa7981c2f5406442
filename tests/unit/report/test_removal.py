"""A run that is removed takes its entry along; numbers are given once, and what a person wrote is never lost."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ownvoice.errors import LogbookError
from ownvoice.files import exclusive, is_held, shared
from ownvoice.report.kept.runs import RUNS, allocate_and_write, next_number, read_record
from ownvoice.report.kept.series import SERIES, allocate_and_write_series
from ownvoice.report.log.blocks import LogEntry
from ownvoice.report.log.logbook import add_entry, lock_of, numbers_in, renew_entry
from ownvoice.report.upkeep.cleanup import weights_lock
from ownvoice.report.upkeep.removal import Removed, remove, resting_on, unless_in_use
from tests.unit.records_for_tests import failed_record_for_tests, record_for_tests
from tests.unit.report.test_series import series_for_tests

ON = "2026-11-30"
FIRST = "1-smoke-test-smollm2-135m"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Runs 1 to 3, and Series 1 of the first two: once, for drawing a series takes longer than to remove it."""
    folder = tmp_path_factory.mktemp("written")
    for _ in range(3):
        allocate_and_write(folder, record_for_tests)
    allocate_and_write_series(folder, series_for_tests)
    return folder


@pytest.fixture
def artifacts(tmp_path: Path, written: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path, dirs_exist_ok=True))


def log_of(artifacts: Path) -> str:
    return (artifacts / "EXPERIMENT_LOG.md").read_text()


def remove_run(artifacts: Path, number: int) -> Removed:
    return remove(RUNS, artifacts, number, ON)


def test_folder_and_entry_go_all_else_stays_and_the_number_is_not_given_again(artifacts: Path) -> None:
    before = log_of(artifacts)
    page = artifacts / "reports" / "run-3.html"
    page.parent.mkdir()
    page.write_text("what the models repeat of her")
    removed = remove_run(artifacts, 3)
    assert not page.exists()
    assert (removed.remains, removed.kept) == ("nothing", ())
    assert [path.name[0] for path in sorted((artifacts / "runs").iterdir())] == ["1", "2"]
    start, end = before.index("<!-- ownvoice:run 3 key"), before.index("<!-- ownvoice:series 1 key")
    assert log_of(artifacts) == before[:start] + before[end:]
    assert next_number(artifacts) == 4
    assert allocate_and_write(artifacts, lambda number: record_for_tests(number, key="key3")).record.number == 4


def test_a_series_is_removed_alike_and_its_runs_stay(artifacts: Path) -> None:
    remove(SERIES, artifacts, 1, ON)
    assert numbers_in(artifacts / "EXPERIMENT_LOG.md", "series") == frozenset()
    assert numbers_in(artifacts / "EXPERIMENT_LOG.md") == {1, 2, 3}
    assert allocate_and_write_series(artifacts, series_for_tests).record.number == 2


def test_an_entry_that_was_edited_stays_and_says_that_its_run_was_removed(artifacts: Path) -> None:
    (artifacts / "EXPERIMENT_LOG.md").write_text(
        log_of(artifacts).replace("### Loss\n", "### Loss, which is mine\n", 1)
    )
    assert remove_run(artifacts, 1).remains == "the entry that was edited"
    text = log_of(artifacts)
    assert "*Run 1 was removed on 2026-11-30. Its entry was edited by hand, and stays.*\n\n## Run 1: smoke-test" in text
    assert "### Loss, which is mine" in text
    assert "<!-- ownvoice:run 1" not in text
    assert not (artifacts / "runs" / FIRST).exists()
    with pytest.raises(LogbookError, match="is by hand now"):
        remove_run(artifacts, 1)


def test_notes_stay_where_they_were(tmp_path: Path) -> None:
    log = tmp_path / "EXPERIMENT_LOG.md"
    place = "<!-- ownvoice:notes -->\n<!-- ownvoice:notes end -->\n"
    add_entry(log, LogEntry(of="run", number=1, key="k", text=f"## Run 1: it\n\n### Notes by hand\n\n{place}\nend\n"))
    log.write_text(log.read_text().replace("<!-- ownvoice:notes end", "\nIt is me!\n\n<!-- ownvoice:notes end"))
    removed = remove(RUNS, tmp_path, 1, ON)
    assert removed.remains == "the notes"
    assert (
        "\n\n## Notes by hand, from Run 1, which was removed on 2026-11-30\n\nIt is me!\n\n<!-- ownvoice:next"
        in log.read_text()
    )
    assert "## Run 1: it" not in log.read_text()
    assert next_number(tmp_path) == 2


def test_files_that_a_person_put_there_are_moved_aside_and_told(artifacts: Path) -> None:
    folder = artifacts / "runs" / FIRST
    (folder / "thoughts.txt").write_text("mine")
    (folder / "entry.md").write_text((folder / "entry.md").read_text() + "and mine")
    (folder / "blind-test" / "1").mkdir(parents=True)
    (folder / "blind-test" / "1" / "sitting-1.json").write_text("her answers")
    kept = artifacts / "kept-by-hand" / FIRST
    assert remove_run(artifacts, 1).kept == (kept / "blind-test", kept / "entry.md", kept / "thoughts.txt")
    assert (kept / "blind-test" / "1" / "sitting-1.json").read_text() == "her answers"
    assert (kept / "thoughts.txt").read_text() == "mine"
    assert (kept / "entry.md").read_text().endswith("and mine")


def test_a_damaged_record_and_an_entry_without_a_folder_can_be_removed(artifacts: Path) -> None:
    (artifacts / "runs" / FIRST / "record.json").write_text("{")
    shutil.rmtree(artifacts / "runs" / "2-smoke-test-smollm2-135m")
    remove_run(artifacts, 1)
    remove_run(artifacts, 2)
    assert numbers_in(artifacts / "EXPERIMENT_LOG.md") == {3}
    with pytest.raises(LogbookError, match="there is no Run 2"):
        remove_run(artifacts, 2)


def test_where_the_log_can_not_be_read_nothing_is_removed(artifacts: Path) -> None:
    log = artifacts / "EXPERIMENT_LOG.md"
    log.write_bytes(log.read_bytes() + b"\xe9")
    with pytest.raises(LogbookError, match="UTF-8"):
        remove_run(artifacts, 1)
    assert (artifacts / "runs" / FIRST / "record.json").exists()


def test_a_run_is_in_use_while_its_experiment_its_weights_or_a_series_is(artifacts: Path) -> None:
    run = read_record(artifacts / "runs" / FIRST)
    assert run.training is not None
    locks = {
        "the same experiment is running": exclusive(artifacts / "locks" / "key1.lock"),
        "its weights are in use": shared(weights_lock(artifacts, Path(run.training.weights.path).parent.name)),
        "a series is running": exclusive(artifacts / "locks" / "series-9.lock"),
        "its blind test is open": exclusive(artifacts / "locks" / "blind-test-1.lock"),
    }
    for why, lock in locks.items():
        with lock, unless_in_use(artifacts, [run]) as busy:
            assert len(busy) == 1
            assert why in busy[0]
    with unless_in_use(artifacts, [run]) as busy:
        assert busy == []
        assert is_held(artifacts / "locks" / "blind-test-1.lock"), "none is opened while a person is asked"


def test_the_series_that_rest_on_a_run_are_found(artifacts: Path) -> None:
    assert [each.record.number for each in resting_on(artifacts, [2])] == [1]
    assert resting_on(artifacts, [3]) == []


def test_a_folder_that_was_removed_by_hand_makes_no_double(artifacts: Path) -> None:
    """The same command does the same experiment again: it is Run 1 again, and its entry stands where it stood."""
    before = log_of(artifacts)
    shutil.rmtree(artifacts / "runs" / FIRST)
    written = allocate_and_write(
        artifacts, lambda number: record_for_tests(number, key="key1", started_at="2026-12-24T18:00:00+00:00")
    )
    assert written.record.number == 1
    assert (written.log.added, written.log.renewed) == (False, True)
    assert log_of(artifacts).count("## Run 1:") == before.count("## Run 1:") == 1
    assert log_of(artifacts).count("## Run 4:") == 1
    assert "2026-12-24 18:00 UTC" in log_of(artifacts)
    assert next_number(artifacts) == 4


def test_another_experiment_takes_no_number_of_a_folder_that_was_removed(artifacts: Path) -> None:
    shutil.rmtree(artifacts / "runs" / "3-smoke-test-smollm2-135m")
    assert allocate_and_write(artifacts, lambda number: failed_record_for_tests(number, key="key3")).record.number == 4
    assert allocate_and_write(artifacts, lambda number: record_for_tests(number, key="new")).record.number == 5


def test_an_entry_that_failed_is_no_double_of_one_that_completed(tmp_path: Path) -> None:
    allocate_and_write(tmp_path, lambda number: failed_record_for_tests(number, key="k"))
    shutil.rmtree(tmp_path / "runs" / FIRST)
    assert allocate_and_write(tmp_path, lambda number: record_for_tests(number, key="k")).record.number == 2


def test_numbers_outlive_folders_and_log(artifacts: Path) -> None:
    shutil.rmtree(artifacts / "runs")
    (artifacts / "EXPERIMENT_LOG.md").unlink()
    assert next_number(artifacts) == 4
    (artifacts / "numbers.json").write_text("[]")
    assert next_number(artifacts) == 1


def test_the_edited_entry_of_a_folder_that_was_removed_by_hand_stays_beside_the_new_one(artifacts: Path) -> None:
    (artifacts / "EXPERIMENT_LOG.md").write_text(log_of(artifacts).replace("### Loss\n", "### My loss\n", 1))
    shutil.rmtree(artifacts / "runs" / FIRST)
    written = allocate_and_write(artifacts, lambda number: record_for_tests(number, key="key1"))
    assert written.record.number == 1
    assert written.log.below_edited
    assert "### My loss" in log_of(artifacts)
    newer = LogEntry(of="run", number=1, key="key1", text="## Run 1: newer\n")
    with exclusive(lock_of(artifacts)):
        assert renew_entry(artifacts / "EXPERIMENT_LOG.md", newer).below_edited
    assert log_of(artifacts).count("## Run 1: smoke-test") == 1
