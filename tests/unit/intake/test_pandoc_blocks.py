"""pandoc's syntax tree becomes blocks of plain text; what is markup or machinery goes."""

from __future__ import annotations

import sys

import pytest

from ownvoice.intake.originals import Unreadable
from ownvoice.intake.pandoc import convert


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("<h2>A <em>b</em></h2>", [("heading", "A b")]),
        ("<p>A <b>b</b>\n<a href='x'>c</a>.</p>", [("paragraph", "A b c.")]),
        ("<p>One<br>two.</p>", [("paragraph", "One two.")]),
        ("<p>One.<br><br>Two.</p>", [("paragraph", "One."), ("paragraph", "Two.")]),
        ("<p>Rain came<br>on the roof<br>all night</p>", [("verse", "Rain came\non the roof\nall night")]),
        ("<p>Love<br>-- <br>Jane</p>", [("paragraph", "Love"), ("paragraph", "--"), ("paragraph", "Jane")]),
        ("<blockquote><h3>A</h3><p>b</p></blockquote>", [("quote", "A"), ("quote", "b")]),
        ("<ul><li>a</li><li>b<ol><li>c</li></ol></li></ul>", [("list item", each) for each in "abc"]),
        ("<dl><dt>a</dt><dd>b</dd></dl>", [("list item", "a"), ("list item", "b")]),
        ("<pre>a\n  b</pre>", [("code", "a\n  b")]),
        ("<figure><img src=x alt=y><figcaption>A roof</figcaption></figure>", [("caption", "A roof")]),
        ("<p><a href=x><img src=x alt='A roof'></a></p>", [("caption", "A roof")]),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", [("table", "a | b\n1 | 2")]),
        ("<hr>", [("rule", "")]),
        ("<p>* * *</p>", [("rule", "* * *")]),
        ("<p>He said <q>yes</q>.</p>", [("paragraph", "He said \u201cyes\u201d.")]),
        ("<p>Rain<sup><a href='#n1'>1</a></sup> fell.</p>", [("paragraph", "Rain fell.")]),
        ("<div class=footnote><p>A note.</p></div><script>x</script><p></p><iframe src='http://a.b'></iframe>", []),
    ],
)
def test_each_element_becomes_its_kind_of_block(html: str, blocks: list[tuple[str, str]]) -> None:
    assert [(block.kind, block.text) for block in convert(html.encode(), "html").blocks] == blocks


def test_footnotes_leave_the_running_text() -> None:
    assert [block.text for block in convert(b"Rain[^1] fell.\n\n[^1]: A note.", "gfm").blocks] == ["Rain fell."]


def test_a_heading_of_level_1_at_the_top_is_the_title_and_stays() -> None:
    contents = convert(b"# On *rain*\n\nIt fell.", "gfm")
    assert (contents.title, contents.blocks[0].text) == ("On rain", "On rain")
    assert convert(b"## On rain\n\nIt fell.", "gfm").title == ""
    assert convert(b"It fell.\n\n# On rain", "gfm").title == ""


def test_text_that_is_nested_beyond_measure_is_refused() -> None:
    with pytest.raises(Unreadable, match="too deeply nested: split it"):
        convert(b"<div>" * 3000 + b"text", "html")


def test_a_missing_pandoc_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypandoc", None)  # as if it were not installed
    with pytest.raises(Unreadable, match=r'pip install "ownvoice\[formats\]"'):
        convert(b"text", "html")
