"""A drawing as a part of a page: no style, no name that meets another's, the page's own colours."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from ownvoice.report.page.page import style_sheet
from ownvoice.report.pictures.curves import ARM_COLOURS, BLUE, GREEN, GREY, ORANGE, Line, Panel, draw_panels
from ownvoice.report.pictures.inline_svg import PAGE_COLOURS, inline_svg

TITLE = "Loss <b>by</b> epoch"


def drawn() -> str:
    panel = Panel("Costs $5 & more", "z", [Line("a", [(1, 2.0), (2, 3.0)], BLUE), Line("b", [(1, 1.0)], ORANGE)], 0.5)
    found = draw_panels([panel], "epoch")
    assert found is not None
    return found


def test_a_drawing_keeps_its_lines_and_words_and_loses_its_styles() -> None:
    svg = str(inline_svg(drawn(), "one", TITLE, "rises"))
    root = ElementTree.fromstring(svg)
    assert not re.search(r"style|<metadata|xlink|<\?xml|DOCTYPE|#0072b2", svg)
    assert [each.text for each in root.iter("title")] == [TITLE]
    assert {"Costs $5 & more", "epoch", "a", "b"} <= {each.text for each in root.iter("text")}
    strokes = {each.attrib.get("stroke") for each in root.iter("path")}
    assert {"var(--blue)", "var(--orange)", "currentColor"} <= strokes
    assert "M 0" in svg or "M" in svg


def test_two_drawings_on_a_page_share_no_name_and_each_finds_its_own() -> None:
    for name in ("one", "two"):
        root = ElementTree.fromstring(str(inline_svg(drawn(), name, TITLE, "")))
        ids = {each.attrib["id"] for each in root.iter() if "id" in each.attrib}
        assert ids
        assert all(each.startswith(f"{name}-") for each in ids)
        referred = {each.attrib["href"][1:] for each in root.iter("use")}
        referred |= {each.attrib["clip-path"][5:-1] for each in root.iter() if "clip-path" in each.attrib}
        assert referred
        assert referred <= ids


def test_every_colour_of_a_plot_has_one_of_the_page_in_light_and_dark() -> None:
    assert {BLUE, GREEN, ORANGE, GREY, *ARM_COLOURS} <= set(PAGE_COLOURS)
    style = style_sheet()
    for colour in PAGE_COLOURS.values():
        if name := re.fullmatch(r"var\((--\w+)\)", colour):
            assert style.count(f"{name[1]}:#") >= 2
