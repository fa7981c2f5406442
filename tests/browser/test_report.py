"""The report in a real browser: on a desk and on a phone, light and dark, and printed; and with answers that want to be more."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from ownvoice.report.page.page import render_report
from tests.browser.watching import SCHEMES, WIDTHS, Scheme, serious_faults, watched
from tests.unit.records_for_tests import record_for_tests
from tests.unit.report.pages_for_tests import HOSTILE, every_result, example, hostile_run, series_of

LEAST_PATHS = 3
DRAWN = """() => [...document.querySelectorAll("svg.plot")].map(svg => {
    const box = svg.getBoundingClientRect(), lines = [...svg.querySelectorAll("path")];
    const inked = lines.filter(line => { const ink = line.getBBox(); return ink.width + ink.height > 20; });
    return {name: svg.querySelector("title")?.textContent, wide: box.width, high: box.height, lines: inked.length,
            words: svg.querySelectorAll("text").length, out: box.right - document.documentElement.clientWidth};
})"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of a run's page, of a comparison with a series of every kind, and of hostile answers."""
    folder = tmp_path_factory.mktemp("reports")
    runs = [example(), record_for_tests(2)]
    series = [series_of(result, number) for number, result in enumerate(every_result(), start=1)]
    hostile = [hostile_run(text, number) for number, text in enumerate(HOSTILE.values(), start=1)]
    texts = {
        "run": render_report([example()]),
        "comparison": render_report(runs, series),
        "hostile": render_report(hostile),
        "broken": render_report([example()])
        .replace("<path ", "<nothing ")
        .replace("</header>", "</header><script>document.title = 1</script>"),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text)
    return {name: Path(folder / f"{name}.html").as_uri() for name in texts}


def undrawn(page: Page) -> list[str]:
    """Plots without lines, words or a size, or that stick out."""
    return [
        str(plot)
        for plot in page.evaluate(DRAWN)
        if plot["wide"] < 150
        or plot["high"] < 60
        or plot["lines"] < LEAST_PATHS
        or plot["words"] < 3
        or plot["out"] > 0
    ]


def sideways(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [*product(["run", "comparison"], WIDTHS, SCHEMES), ("hostile", 390, "light")],
)
def test_a_report_is_drawn_whole_asks_for_nothing_and_can_be_read_by_all(
    browser: Browser, pages: dict[str, str], name: str, width: int, scheme: Scheme
) -> None:
    with watched(browser, pages[name], width, scheme) as seen:
        assert (seen.errors, seen.asked_outside) == ([], [])
        assert seen.page.locator("svg.plot").count() >= 2
        assert (undrawn(seen.page), sideways(seen.page)) == ([], 0)
        assert serious_faults(seen.page) == []


@pytest.mark.parametrize("name", ["run", "comparison"])
def test_it_prints_light_and_with_every_table_open(browser: Browser, pages: dict[str, str], name: str) -> None:
    with watched(browser, pages[name], 794, "dark") as seen:
        seen.page.emulate_media(media="print")
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert undrawn(seen.page) == []
        tables = seen.page.locator("table")
        assert all(tables.nth(place).bounding_box() for place in range(tables.count()))
        assert seen.page.pdf(format="A4", print_background=False).startswith(b"%PDF")
        assert (seen.errors, seen.asked_outside) == ([], [])


def test_what_models_wrote_does_nothing(browser: Browser, pages: dict[str, str]) -> None:
    with watched(browser, pages["hostile"]) as seen:
        assert seen.page.title() != "taken"
        assert seen.page.locator("script, img, iframe, object, form, input, link, base").count() == 0
        assert seen.page.locator("a").evaluate_all("them => them.every(a => a.protocol === 'file:')")
        assert "<script>document.title='taken'</script>" in seen.page.locator("main").inner_text()


def test_every_table_that_is_wide_can_be_reached_and_scrolled_by_keys(browser: Browser, pages: dict[str, str]) -> None:
    with watched(browser, pages["comparison"], 390) as seen:
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.textContent") == "To the report"
        boxes = seen.page.locator(".scroll").evaluate_all(
            "them => them.filter(box => box.scrollWidth > box.clientWidth).map(box => box.tabIndex)"
        )
        assert boxes
        assert set(boxes) == {0}
        summary = seen.page.locator("summary").first
        summary.focus()
        seen.page.keyboard.press("Enter")
        assert seen.page.locator("details[open]").count() == 1


def test_these_checks_see_a_page_that_is_broken(browser: Browser, pages: dict[str, str]) -> None:
    with watched(browser, pages["broken"], 390) as seen:
        assert any("Content Security Policy" in error for error in seen.errors)
        assert seen.page.title() != "1"
        assert len(undrawn(seen.page)) == seen.page.locator("svg.plot").count()
    with watched(browser, pages["run"], 390) as seen:
        seen.page.evaluate("document.querySelector('h1').style.minWidth = '50rem'")
        assert sideways(seen.page) > 0
