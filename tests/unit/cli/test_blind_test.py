"""`ownvoice blind-test` without its page: a file written, answers taken in, the result kept; and what doesn't go together."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from flows.cli.blind_test import ToTest, blind_test_text
from ownvoice.blind.answers_file import checksum
from ownvoice.blind.sheet import Judgement
from ownvoice.blind.store import stored_sheets
from ownvoice.errors import BlindTestError, LogbookError
from ownvoice.paths import ROOT
from ownvoice.report.kept.runs import read_record


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the run that comes with ownvoice, in artifacts of its own."""
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path))
    return Path(shutil.copytree(ROOT / "artifacts" / "example", tmp_path / "runs" / "1-smoke-test-smollm2-135m"))


def says(typed: ToTest) -> str:
    return blind_test_text(typed._replace(number=2), lambda _: pytest.fail("a page was opened"))


def answered(run: Path) -> Path:
    """A file as its page gives answers back: all of hers are taken for hers, and nothing else."""
    sheet = stored_sheets(run)[-1].sheet
    answers = [Judgement(id=each.id, mine=each.source == "own", sure=3) for each in sheet.passages]
    file = run.parents[1] / "answers.json"
    given = {
        "ownvoice": "blind-test",
        "run": 1,
        "sheet": sheet.id,
        "judge": "Jo",
        "answers": [each.model_dump() for each in answers],
        "checksum": checksum(sheet.id, answers),
    }
    file.write_text(json.dumps(given))
    return file


def test_answers_that_are_taken_in_stand_in_record_entry_and_log(run: Path, tmp_path: Path) -> None:
    says(ToTest(1, file=tmp_path / "for-jo.html"))
    told = says(ToTest(1, answers=answered(run)))
    assert "Jo took 0 of 2 passages of the fine-tuned model for yours, and 2 of 2 of your own." in told
    assert [each.judge for each in read_record(run).blind_tests] == ["Jo"]
    for file in (run / "entry.md", tmp_path / "EXPERIMENT_LOG.md"):
        assert "Blind test by Jo" in file.read_text()


def test_what_a_crash_kept_out_of_the_record_is_there_with_the_next_command_and_once(run: Path, tmp_path: Path) -> None:
    before = (run / "record.json").read_text()
    says(ToTest(1, file=tmp_path / "for-jo.html"))
    says(ToTest(1, answers=answered(run)))
    (run / "record.json").write_text(before)
    for _ in range(2):
        says(ToTest(1, result=True))
        assert len(read_record(run).blind_tests) == 1


def test_a_log_that_is_no_text_is_left_and_the_answers_are_kept(run: Path, tmp_path: Path) -> None:
    says(ToTest(1, file=tmp_path / "for-jo.html"))
    log = tmp_path / "EXPERIMENT_LOG.md"
    log.write_bytes(b"\xff\xfe")
    with pytest.raises(LogbookError, match="not UTF-8"):
        says(ToTest(1, answers=answered(run)))
    assert log.read_bytes() == b"\xff\xfe"
    log.unlink()
    assert "Jo took 0 of 2" in says(ToTest(1, result=True))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (ToTest(1, result=True, again=True), "--result and --again together"),
        (ToTest(1, name="Jo"), "--name without --import"),
        (ToTest(1, as_json=True), "--json without --result"),
        (ToTest(1, file=Path("page.txt")), "does not end with .html"),
        (ToTest(1, result=True), "no blind test of Run 1 is finished"),
    ],
)
def test_what_does_not_go_together_is_told(run: Path, typed: ToTest, said: str) -> None:
    with pytest.raises(BlindTestError, match=said):
        says(typed)
    assert not (run / "blind-test").exists()


def test_a_run_that_is_not_there_is_told(run: Path) -> None:
    assert run.exists()
    with pytest.raises(LogbookError, match="there is no Run 7"):
        says(ToTest(7))
