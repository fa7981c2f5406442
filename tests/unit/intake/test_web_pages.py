"""A saved web page gives its article, not its menus."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.unit.intake.readings_for_tests import PROSE, document_of, reason_of, texts

PAGE = f"""<!doctype html><html><head><meta charset="{{charset}}"><title>On roofs | Jane's blog</title>
<meta property="article:published_time" content="2019-03-04T10:00:00Z"></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/a">About</a></li></ul></nav>
<main><article><h1>On roofs</h1><p>{PROSE} The café was closed.</p><p>{PROSE} And again.</p><p>{PROSE} At last.</p></article></main>
<footer><p>All rights reserved.</p></footer></body></html>"""


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_a_page_gives_its_article_with_title_and_date(tmp_path: Path, charset: str) -> None:
    document = document_of(tmp_path, "a.html", PAGE.format(charset=charset).encode(charset))
    assert (document.title, document.date, document.format) == ("On roofs", "2019-03-04", "web page")
    assert texts(document) == [
        "On roofs",
        *(f"{PROSE} {end}" for end in ("The café was closed.", "And again.", "At last.")),
    ]


def test_a_page_too_small_for_an_article_is_read_as_it_is(tmp_path: Path) -> None:
    assert texts(document_of(tmp_path, "a.htm", "<p>It rained.</p>")) == ["It rained."]


def test_an_empty_page_is_told(tmp_path: Path) -> None:
    assert "no text was found in it" in reason_of(tmp_path, "a.html", "<html><body></body></html>")


def test_a_missing_library_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "trafilatura", None)  # as if it were not installed
    assert 'pip install "ownvoice[formats]"' in reason_of(tmp_path, "a.html", PAGE)
