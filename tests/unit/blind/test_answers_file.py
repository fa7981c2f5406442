"""Answers that come in from outside: taken in whole or refused with every reason, and nothing is half kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ownvoice.blind.answers_file import MOST_BYTES, checksum, read_given
from ownvoice.blind.choose import Wanted, choose_passages
from ownvoice.blind.sheet import Judgement, Sheet, Sitting
from ownvoice.blind.store import StoredSheet, add_sheet, stored_sheets, write_sitting
from ownvoice.errors import BlindTestError
from tests.unit.blind.runs_for_tests import author_for_tests, run_for_tests

NOW = "2026-11-30T12:00:00+00:00"


@pytest.fixture
def stored(tmp_path: Path) -> StoredSheet:
    wanted = Wanted(NOW, number=2, for_others=True)
    return add_sheet(tmp_path / "run", choose_passages(run_for_tests(), author_for_tests(), wanted, 1))


def given(of: Sheet, /, **changes: Any) -> dict[str, Any]:
    answers = [{"id": each.id, "mine": each.source == "own", "sure": 2} for each in of.passages]
    judged = [Judgement.model_validate(each) for each in answers]
    values = {"ownvoice": "blind-test", "run": 1, "sheet": of.id, "judge": "Jo", "answers": answers}
    return values | {"checksum": checksum(of.id, judged)} | changes


def taken(folder: Path, values: Any, name: str | None = None) -> str:
    """The judge's name, once the answers are kept as the command keeps them."""
    file = folder / "answers.json"
    file.write_text(values if isinstance(values, str) else json.dumps(values))
    found = read_given(file, name, 1, stored_sheets(folder / "run"), NOW)
    write_sitting(found.of.next_sitting, found.sitting)
    return found.sitting.judge


def refused(folder: Path, values: Any, name: str | None = None) -> str:
    before = {path: path.read_bytes() for path in (folder / "run").rglob("*.json")}
    with pytest.raises(BlindTestError) as error:
        taken(folder, values, name)
    assert {path: path.read_bytes() for path in (folder / "run").rglob("*.json")} == before
    return error.value.found


def test_what_the_page_gave_back_is_taken_in_under_the_judges_name(tmp_path: Path, stored: StoredSheet) -> None:
    assert taken(tmp_path, given(stored.sheet)) == "Jo"
    (sitting,) = stored_sheets(tmp_path / "run")[0].sittings.values()
    assert (sitting.judge, sitting.finished_at, len(sitting.answers)) == ("Jo", NOW, 5)


def test_several_judges_of_one_file_stand_beside_each_other(tmp_path: Path, stored: StoredSheet) -> None:
    other = [{"id": each.id, "mine": True, "sure": 1} for each in stored.sheet.passages]
    sums = checksum(stored.sheet.id, map(Judgement.model_validate, other))
    taken(tmp_path, given(stored.sheet))
    taken(tmp_path, given(stored.sheet, answers=other, checksum=sums), name="Mei")
    assert [each.judge for each in stored_sheets(tmp_path / "run")[0].sittings.values()] == ["Jo", "Mei"]


def test_a_sitting_that_was_taken_away_leaves_the_others_their_names(stored: StoredSheet) -> None:
    for number in (1, 2):
        write_sitting(stored.folder / f"sitting-{number}.json", Sitting(sheet=stored.sheet.id))
    (stored.folder / "sitting-1.json").unlink()
    (again,) = stored_sheets(stored.folder.parent.parent)
    assert again.next_sitting.name == "sitting-3.json"


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path, stored: StoredSheet) -> None:
    answers = given(stored.sheet)["answers"]
    wrong = [*answers[:2], answers[0], {"id": "0" * 16, "mine": True, "sure": 1}]
    found = refused(tmp_path, given(stored.sheet, answers=wrong, judge=""))
    for reason in (
        f"aren't in the file that was sent: {'0' * 16}",
        f"answered more than once: {answers[0]['id']}",
        "3 of 5 passages have no answer",
        "were changed after the page gave them back",
        "no name in it",
    ):
        assert reason in found


def test_the_same_answers_count_once(tmp_path: Path, stored: StoredSheet) -> None:
    taken(tmp_path, given(stored.sheet))
    assert "Jo's answers are in already: the very same" in refused(tmp_path, given(stored.sheet))
    assert "the very same answers are in already, as Jo's" in refused(tmp_path, given(stored.sheet), name="Mei")
    turned = [each | {"mine": not each["mine"]} for each in given(stored.sheet)["answers"]]
    sums = checksum(stored.sheet.id, map(Judgement.model_validate, turned))
    assert "Jo gave other answers" in refused(tmp_path, given(stored.sheet, answers=turned, checksum=sums))


def test_answers_of_another_run_or_another_file_are_refused(tmp_path: Path, stored: StoredSheet) -> None:
    assert "of a file that Run 7 made, not of Run 1's" in refused(tmp_path, given(stored.sheet, run=7, sheet="ab"))
    assert "of no file that this run made" in refused(tmp_path, given(stored.sheet, sheet="ab"))


def test_a_sheet_of_the_authors_own_takes_no_answers_from_a_file(tmp_path: Path) -> None:
    own = add_sheet(tmp_path / "run", choose_passages(run_for_tests(), author_for_tests(), Wanted(NOW, 2), 1))
    assert "of no file that this run made" in refused(tmp_path, given(own.sheet))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answers": [{"id": "a", "mine": "yes", "sure": 1}]}, "answers.0.mine: input should be a valid boolean"),
        ({"answers": [{"id": "a", "mine": True, "sure": 4}]}, "answers.0.sure: input should be less than"),
        ({"answers": None}, "answers: input should be a valid"),
        ({"ownvoice": "something else"}, "ownvoice: input should be 'blind-test'"),
        ({"more": 1}, "more: extra inputs are not permitted"),
    ],
)
def test_another_form_is_refused(tmp_path: Path, stored: StoredSheet, change: dict[str, Any], said: str) -> None:
    assert said in refused(tmp_path, given(stored.sheet, **change))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"run": 1, "run": 2}', "'run' stands twice"),
        ("[]", "input should be"),
        (" " * (MOST_BYTES + 1), "1,000,001 bytes"),
    ],
)
def test_what_is_no_file_of_answers_is_refused(tmp_path: Path, stored: StoredSheet, text: str, said: str) -> None:
    assert stored.sheet.passages
    assert said in refused(tmp_path, text)


def test_a_hostile_name_is_one_short_line_of_plain_text(tmp_path: Path, stored: StoredSheet) -> None:
    name = "\x1b[2J\u202e<script>\n](javascript:alert(1)) " + "x" * 10_000
    judge = taken(tmp_path, given(stored.sheet, judge=name))
    assert len(judge) <= 60
    assert not set(judge) & set("\x1b\u202e\n")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BlindTestError, match=r"nowhere\.json: no file there"):
        read_given(tmp_path / "nowhere.json", None, 1, [], NOW)


def test_a_damaged_file_of_ours_is_told_and_left(tmp_path: Path, stored: StoredSheet) -> None:
    taken(tmp_path, given(stored.sheet))
    sitting = stored.folder / "sitting-1.json"
    for text in ("{", '{"sheet": "other"}', json.dumps({"sheet": stored.sheet.id, "finished_at": NOW})):
        sitting.write_text(text)
        with pytest.raises(BlindTestError, match=r"sitting-1\.json"):
            stored_sheets(tmp_path / "run")
        assert sitting.read_text() == text
