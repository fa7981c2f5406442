"""Markdown with or without front matter, our own pair files among it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from frontmatter.default_handlers import YAMLHandler

from ownvoice.front_matter import FrontMatterError, load_front_matter
from ownvoice.intake.dates import iso_date
from ownvoice.intake.originals import Found, Original, Unreadable, document, without_surrogates
from ownvoice.intake.pandoc import convert
from ownvoice.intake.plain_text import decode

FORMAT = "gfm-tex_math_dollars-tex_math_gfm-emoji"
"""Between `$5` and `10$` stands no formula in an essay."""
MAX_FRONT_MATTER = 10_000
"""Characters. From some twenty thousand nested brackets on, the YAML library ends the whole program."""
_FIRST_KEY = re.compile(r"\A---[^\S\n]*\n(?:\s*#.*\n|\s*\n)*[\w\"'][\w\"' -]*:(?:\s|$)")


class FrontMatter(NamedTuple):
    """What stands between the two lines of `---`, and the text below them."""

    values: dict[str, Any]
    body: str


def read_markdown(original: Original) -> Iterator[Found]:
    """A .md file. Of a pair file the topic is the title."""
    front, body = split_front_matter(decode(original.content).replace("\r\n", "\n").replace("\r", "\n"))
    contents = convert(body.encode("utf-8"), FORMAT)
    is_pair = {"topic", "split"} <= front.keys()
    title = _text(front, "title") or _text(front, "topic") or contents.title
    known = {
        "title": title,
        "subtitle": _text(front, "subtitle"),
        "date": iso_date(front.get("date", "")),
        "tags": _tags(front.get("tags")),
    }
    yield document(original, "pair file" if is_pair else "Markdown", contents.model_copy(update=known))


def split_front_matter(text: str) -> FrontMatter:
    """The front matter; a text that begins with a rule has none.

    Raises:
        Unreadable: there is front matter, and it is not YAML.
    """
    handler = YAMLHandler()
    if not _FIRST_KEY.match(text):
        return FrontMatter({}, text)
    try:
        front, body = handler.split(text)
    except ValueError:
        raise Unreadable("the front matter is not closed: put a line --- below it") from None
    return FrontMatter(_loaded(front), body)


def _loaded(front: str) -> dict[str, Any]:
    if len(front) > MAX_FRONT_MATTER:
        raise Unreadable("the front matter is too long: keep title, date and tags")
    try:
        values = load_front_matter(front)
    except FrontMatterError as error:
        raise Unreadable(f"the front matter can't be read: {error.what}") from None
    return values if isinstance(values, dict) else {}


def _text(front: dict[str, Any], name: str) -> str:
    value = front.get(name)
    return without_surrogates(str(value)) if isinstance(value, str | int | float) else ""


def _tags(value: object) -> tuple[str, ...]:
    """A list, or one line with commas."""
    each = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(without_surrogates(str(tag)).strip() for tag in each if isinstance(tag, str | int))
