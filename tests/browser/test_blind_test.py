"""The blind test as its user has it: the command in a process of its own, its page in a real browser, a run that took place."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from flows.cli.blind_test import ToTest, blind_test_text
from ownvoice.blind.page import file_page
from ownvoice.blind.store import stored_sheets
from ownvoice.errors import BlindTestError
from ownvoice.paths import ROOT
from ownvoice.report.kept.runs import read_record
from tests.browser.watching import SCHEMES, WIDTHS, serious_faults, watched

SIZE = 2
PASSAGES = 5
"""Two of hers, two of the tuned model's, one of the baseline's."""
HOSTILE = (
    '</script><script>alert(1)</script><img src=x onerror="alert(2)">\n\n](javascript:alert(3)) {{ 7*7 }} &lt;b&gt;'
)
PATIENCE_MS = 90_000  # a machine may be busy with other tests
expect.set_options(timeout=PATIENCE_MS)


@dataclass(frozen=True)
class Desk:
    """A folder of artifacts with the run that comes with ownvoice."""

    artifacts: Path

    @property
    def run(self) -> Path:
        return next((self.artifacts / "runs").iterdir())

    def says(self, typed: ToTest) -> str:
        """What the command says that opens no page."""
        return blind_test_text(typed._replace(number=SIZE), lambda _: pytest.fail("a page was opened"))

    @contextlib.contextmanager
    def opened(self) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """The command with its page's address; it is gone in the end, whatever happened."""
        command = [sys.executable, "-m", "flows.cli.app", "blind-test", "1", "--no-open", "--passages", str(SIZE)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        try:
            yield process, next(match[0] for line in process.stdout if (match := re.search(r"http://\S+", line)))
        finally:
            process.kill()
            process.communicate()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    folder = tmp_path / "artifacts"
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(folder))
    shutil.copytree(ROOT / "artifacts" / "example", folder / "runs" / "1-smoke-test-smollm2-135m")
    return Desk(folder)


def everywhere(page: Page) -> list[str]:
    """Serious faults of what is shown, at either width, light and dark; and where it is wider than the window."""
    faults = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            faults += [f"{width}, {scheme}: {fault}" for fault in serious_faults(page)]
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            faults.append(f"{width}: wider than the window")
    return faults


def judge(page: Page, number: int, mine: bool = True, sure: int = 2) -> None:
    """The passage that is shown, by the mouse, and on to the next."""
    page.get_by_role("radio", name="Mine" if mine else "Not mine", exact=False).first.check(force=True)
    page.locator(f"input[name=sure][value='{sure}']").check(force=True)
    expect(page.locator("#count")).to_have_text(f"{number} of {PASSAGES} judged")
    page.locator("#next").click()


def test_answers_survive_a_reload_and_a_killed_command_and_the_result_is_in_record_and_log(
    browser: Browser, desk: Desk
) -> None:
    with desk.opened() as (process, address), watched(browser, address) as seen:
        seen.page.get_by_role("button", name="Begin").click()
        judge(seen.page, 1)
        judge(seen.page, 2, mine=False, sure=3)
        seen.page.reload()
        expect(seen.page.locator("#count")).to_have_text(f"2 of {PASSAGES} judged")
        expect(seen.page.locator("#heading")).to_have_text(f"Passage 3 of {PASSAGES}")
        seen.page.locator("#back").click()
        expect(seen.page.locator("input[name=sure][value='3']")).to_be_checked()
        assert (seen.errors, seen.asked_outside) == ([], [])
        process.kill()
        process.wait()
    with desk.opened() as (process, address), watched(browser, address) as seen:
        expect(seen.page.locator("#count")).to_have_text(f"2 of {PASSAGES} judged")
        for number in (3, 4, 5):
            judge(seen.page, number)
        seen.page.get_by_role("button", name="Show the result").click()
        expect(seen.page.locator("#summary")).to_contain_text("of your own")
        expect(seen.page.locator("#table tr")).to_have_count(4)
        seen.page.get_by_role("button", name="Close the test").click()
        expect(seen.page.locator("#over-heading")).to_have_text("Done")
        assert process.wait(PATIENCE_MS / 1000) == 0
        assert (seen.errors, seen.asked_outside) == ([], [])
    (test,) = read_record(desk.run).blind_tests
    assert sum(each.taken for each in test.taken) == 4
    assert "Blind test by you" in (desk.run / "entry.md").read_text()
    assert "Blind test by you" in (desk.artifacts / "EXPERIMENT_LOG.md").read_text()
    printed = {"run": 1, "tests": [test.model_dump(mode="json")]}
    assert json.loads(desk.says(ToTest(1, result=True, as_json=True))) == printed


def test_every_side_of_the_page_can_be_read_by_everybody_and_goes_by_keys(browser: Browser, desk: Desk) -> None:
    with desk.opened() as (_, address), watched(browser, address) as seen:
        page, faults = seen.page, everywhere(seen.page)
        page.get_by_role("button", name="Begin").press("Enter")
        for number in range(1, PASSAGES + 1):
            expect(page.locator("#heading")).to_be_focused()
            page.keyboard.press("n")
            faults += everywhere(page) if number == 1 else []
            page.keyboard.press("1")
            expect(page.locator("#count")).to_have_text(f"{number} of {PASSAGES} judged")
            page.keyboard.press("Enter")
        expect(page.locator("#end-heading")).to_be_focused()
        faults += everywhere(page)
        page.get_by_role("button", name="Show the result").press("Enter")
        expect(page.locator("#result-heading")).to_be_focused()
        page.locator("summary").click()
        faults += everywhere(page)
        assert (faults, seen.errors, seen.asked_outside) == ([], [], [])


def test_an_answer_that_could_not_be_kept_is_told_and_holds_the_page(browser: Browser, desk: Desk) -> None:
    with desk.opened() as (process, address), watched(browser, address) as seen:
        seen.page.get_by_role("button", name="Begin").click()
        process.kill()
        process.wait()
        seen.page.keyboard.press("m")
        seen.page.keyboard.press("1")
        expect(seen.page.locator("#status")).to_contain_text("Not kept: the command behind this page has ended")
        with seen.page.expect_event("requestfailed"):
            seen.page.keyboard.press("Enter")
        seen.page.wait_for_timeout(500)  # it would have gone on by then
        expect(seen.page.locator("#status")).to_contain_text("Not kept")
        expect(seen.page.locator("#heading")).to_have_text(f"Passage 1 of {PASSAGES}")
        expect(seen.page.locator("input[value='yes']")).to_be_checked()


def test_two_at_once_are_refused_and_half_a_test_has_no_result(desk: Desk) -> None:
    with desk.opened(), pytest.raises(BlindTestError, match="is open in another terminal"):
        desk.says(ToTest(1))
    with pytest.raises(
        BlindTestError, match=rf"no blind test of Run 1 is finished \(0 of {PASSAGES} passages judged\)"
    ):
        desk.says(ToTest(1, result=True))


def test_a_file_for_somebody_else_gives_answers_back_that_are_taken_in(
    browser: Browser, desk: Desk, tmp_path: Path
) -> None:
    file, answers = tmp_path / "for-jo.html", tmp_path / "answers.json"
    assert "5 passages" in desk.says(ToTest(1, file=file))
    with pytest.raises(BlindTestError, match="is there already"):
        desk.says(ToTest(1, file=file))
    with watched(browser, file.as_uri(), 390) as seen:
        page = seen.page
        page.get_by_role("button", name="Begin").click()
        for number in range(1, PASSAGES + 1):
            page.keyboard.press("s" if number < 4 else "n")
            page.keyboard.press("3")
            expect(page.locator("#count")).to_have_text(f"{number} of {PASSAGES} judged")
            page.reload()
            expect(page.locator("#count")).to_have_text(f"{number} of {PASSAGES} judged")
        page.get_by_role("button", name="Save the answers").click()
        expect(page.locator("#end-status")).to_contain_text("Your name first")
        page.get_by_label("Your name").fill('Jo <script>alert("x")</script>')
        assert serious_faults(page) == []
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the answers").click()
        download.value.save_as(answers)
        assert page.locator("#as-text").input_value() == answers.read_text()
        assert (seen.errors, seen.asked_outside) == ([], [])
    told = desk.says(ToTest(1, answers=answers))
    assert 'Jo <script>alert("x")</script> took' in told
    with pytest.raises(BlindTestError, match="are in already: the very same"):
        desk.says(ToTest(1, answers=answers))
    (test,) = read_record(desk.run).blind_tests
    assert sum(each.taken for each in test.taken) == 3
    assert "<script" not in (desk.run / "entry.md").read_text()


def test_hostile_passages_are_text(browser: Browser, desk: Desk, tmp_path: Path) -> None:
    desk.says(ToTest(1, file=tmp_path / "first.html"))
    (stored,) = stored_sheets(desk.run)
    hostile = tuple(each.model_copy(update={"text": HOSTILE}) for each in stored.sheet.passages)
    page = tmp_path / "hostile.html"
    page.write_text(file_page(stored.sheet.model_copy(update={"passages": hostile})))
    with watched(browser, page.as_uri()) as seen:
        seen.page.on("dialog", lambda dialog: seen.errors.append(dialog.message))
        seen.page.get_by_role("button", name="Begin").click()
        assert seen.page.locator("#text p").all_inner_texts() == HOSTILE.split("\n\n")
        assert seen.page.locator("#text *:not(p)").count() == 0
        assert (seen.errors, seen.asked_outside) == ([], [])
