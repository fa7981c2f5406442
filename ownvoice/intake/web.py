"""Web pages as they were saved, with their menus around the text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ownvoice.intake.dates import iso_date
from ownvoice.intake.documents import Contents
from ownvoice.intake.originals import Found, Original, document, library
from ownvoice.intake.pandoc import convert
from ownvoice.intake.plain_text import decode

_CHARSET = re.compile(rb"<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def read_page(original: Original) -> Iterator[Found]:
    """The main text of a .html file; a page too small to have one is read as a whole."""
    page = decode(original.content, _declared(original.content))
    extracted = _main_text(page)
    if extracted is None:
        yield document(original, "web page", html_contents(page))
        return
    contents = html_contents(extracted.text)
    known = {
        "title": extracted.title or contents.title,
        "date": iso_date(extracted.date),
        "tags": tuple(extracted.tags or ()),
    }
    yield document(original, "web page", contents.model_copy(update=known))


def html_contents(html: str) -> Contents:
    """HTML as it stands, without a search for its main text.

    Raises:
        Unreadable: as `pandoc.convert`.
    """
    return convert(html.encode("utf-8", "replace"), "html")


def _main_text(page: str) -> Any:
    """What trafilatura takes for the text, with its title, date and tags; None where it finds none.

    The date only from the page's own description: the extensive search takes any that stands in the text.
    """
    return library("trafilatura").extract_with_metadata(
        page,
        output_format="html",
        include_comments=False,
        include_formatting=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )


def _declared(content: bytes) -> str | None:
    found = _CHARSET.search(content[:4096])
    return found[1].decode("ascii", "replace") if found else None
