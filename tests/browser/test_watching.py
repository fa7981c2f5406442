"""The watch itself can fail: a page with a fault of each kind is seen through."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.browser.watching import serious_faults, watched

SOUND = '<!doctype html><html lang="en"><title>Sound</title><body><main><h1>Sound</h1></main></body></html>'
FAULTY = """<!doctype html><html><title>Faulty</title><body><img src="http://127.0.0.1:9/x.png">
<p style="color:#eee;background:#fff">pale</p><script>console.error("said"); throw new Error("thrown")</script></body></html>"""


def test_a_sound_page_has_no_fault(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "sound.html"
    page.write_text(SOUND)
    with watched(browser, page.as_uri()) as seen:
        assert (seen.errors, seen.asked_outside, serious_faults(seen.page)) == ([], [], [])


def test_a_page_that_errs_asks_outside_and_cannot_be_read_is_told(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "faulty.html"
    page.write_text(FAULTY)
    with watched(browser, page.as_uri()) as seen:
        assert seen.asked_outside == ["http://127.0.0.1:9/x.png"]
        assert {"said", "thrown"} <= set(seen.errors)
        rules = {fault.split(":")[0] for fault in serious_faults(seen.page)}
    assert {"color-contrast", "html-has-lang", "image-alt"} <= rules
