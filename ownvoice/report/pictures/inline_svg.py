"""Makes a drawing of matplotlib's a part of a page: without styles, which the page's policy refuses, and in the page's colours.

What a style says is said by attributes, colours are the page's variables (light and dark), and no name in a drawing meets
one of another drawing on the page.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from markupsafe import Markup

# The colours of `ownvoice.report.pictures.curves`, black and white, as templates/report.css names them.
PAGE_COLOURS = {
    "#000000": "currentColor",
    "#ffffff": "var(--paper)",
    "#767676": "var(--grey)",
    "#0072b2": "var(--blue)",
    "#009e73": "var(--green)",
    "#e69f00": "var(--orange)",
    "#d55e00": "var(--red)",
    "#cc79a7": "var(--purple)",
    "#56b4e9": "var(--sky)",
}
_LEFT_TO_THE_PAGE = frozenset({"font-family", "transform-origin"})
_MANY_DECIMALS = re.compile(r"-?\d+\.\d{3,}")
_HREF = "{http://www.w3.org/1999/xlink}href"
_URL = re.compile(r"url\(#([^)]+)\)")
Element = ElementTree.Element


def inline_svg(drawn: str, name: str, title: str, description: str) -> Markup:
    """The drawing as an element of a page.

    Args:
        name: Told apart from every other drawing's on the page: letters, digits and hyphens.
        title: What it is, for who can't see it; `description` says what is seen in it.
    """
    root = ElementTree.fromstring(drawn)
    wanted = _referred_to(root)
    for element in list(root.iter()):
        _keep_drawing(element)
        _plain(element, name, wanted)
    view_box = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib |= {
        "class": "plot",
        "viewBox": view_box,
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-description",
        "stroke-linejoin": "round",
    }
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        told = Element(tag, {"id": f"{name}-{'title' if tag == 'title' else 'description'}"})
        told.text = text
        root.insert(place, told)
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _referred_to(root: Element) -> set[str]:
    found = {each.attrib[_HREF].removeprefix("#") for each in root.iter() if _HREF in each.attrib}
    return found | {match for each in root.iter() for value in each.attrib.values() for match in _URL.findall(value)}


def _keep_drawing(element: Element) -> None:
    """Without metadata and style sheet, and without the line ends between elements."""
    for child in list(element):
        if _local(child.tag) in ("metadata", "style"):
            element.remove(child)
    if _local(element.tag) != "text":
        element.text = None
    element.tail = None


def _plain(element: Element, name: str, wanted: set[str]) -> None:
    """By attributes alone; ids that nothing refers to go."""
    element.tag = _local(element.tag)
    said = dict(element.attrib)
    said |= dict(_declarations(said.pop("style", "")))
    if (own := said.pop("id", "")) in wanted:
        said["id"] = f"{name}-{own}"
    if target := said.pop(_HREF, ""):
        said["href"] = f"#{name}-{target.removeprefix('#')}"
    element.attrib.clear()
    element.attrib |= {key: _shorter(key, _URL.sub(rf"url(#{name}-\1)", value)) for key, value in said.items()}


def _declarations(style: str) -> list[tuple[str, str]]:
    pairs = [tuple(each.strip() for each in part.split(":", 1)) for part in style.split(";") if ":" in part]
    return [(key, PAGE_COLOURS.get(value, value)) for key, value in pairs if key not in _LEFT_TO_THE_PAGE]


def _shorter(key: str, value: str) -> str:
    """Figures to a hundredth of a point."""
    if key in ("id", "href", "clip-path"):
        return value
    return _MANY_DECIMALS.sub(lambda match: f"{float(match[0]):.2f}".rstrip("0").rstrip("."), " ".join(value.split()))


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]
