"""What Substack and Medium give their writers: a zip file with a page for each post."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from ownvoice.intake.archives import members, open_zip
from ownvoice.intake.dates import iso_date
from ownvoice.intake.documents import Skipped
from ownvoice.intake.exports import Post, read_posts
from ownvoice.intake.originals import Found, Original, Unreadable
from ownvoice.intake.plain_text import decode

_BODY = re.compile(r'<section\b[^>]*data-field="body"[^>]*>(.*)</section>', re.DOTALL)
_TITLE = re.compile(r'<h1\b[^>]*class="p-name"[^>]*>(.*?)</h1>', re.DOTALL)
_SUBTITLE = re.compile(r'<section\b[^>]*data-field="subtitle"[^>]*>(.*?)</section>', re.DOTALL)
_DATE = re.compile(r'<time\b[^>]*class="dt-published"[^>]*datetime="([^"]*)"')


def read_zip(original: Original) -> Iterator[Found]:
    """An export of Substack or of Medium."""
    with open_zip(original) as opened:
        names = opened.namelist()
    if any(_is_list(name) for name in names):
        yield from read_posts(original, _substack_posts(original))
    elif any(_is_post(name) for name in names):
        yield from read_posts(original, _medium_posts(original))
    else:
        raise Unreadable("a zip file, but no export of Substack or Medium: unpack it and give the folder")


def _is_list(name: str) -> bool:
    return PurePosixPath(name).name == "posts.csv"


def _is_post(name: str) -> bool:
    path = PurePosixPath(name)
    return path.parent.name == "posts" and path.suffix.lower() in (".html", ".htm")


def _substack_posts(original: Original) -> Iterator[Post | Skipped]:
    """posts.csv knows the titles and dates, and which are drafts; a post that it doesn't name is read as it is."""
    rows: dict[str, dict[str, str]] = {}
    for listed in members(original, _is_list):
        if isinstance(listed, Original):
            rows |= {str(row.get("post_id")): row for row in _rows_of(listed)}
    for found in members(original, _is_post):
        if isinstance(found, Skipped):
            yield found
            continue
        row = rows.get(PurePosixPath(found.name).stem, {})
        yield Post(
            original=found,
            format="Substack post",
            html=found.content.decode("utf-8", "replace"),
            title=row.get("title") or "",
            subtitle=row.get("subtitle") or "",
            date=iso_date(row.get("post_date")),
            is_published=(row.get("is_published") or "").lower() != "false",
        )


def _rows_of(listed: Original) -> list[dict[str, str]]:
    try:
        return list(csv.DictReader(io.StringIO(decode(listed.content), newline="")))
    except csv.Error:
        raise Unreadable(f"{listed.name} in it is no table: export it again") from None


def _medium_posts(original: Original) -> Iterator[Post | Skipped]:
    """Titles, dates and texts stand in the pages themselves; a draft's name begins with `draft`."""
    for found in members(original, _is_post):
        if isinstance(found, Skipped):
            yield found
            continue
        page = found.content.decode("utf-8", "replace")
        if not (body := _first(_BODY, page)):
            yield Skipped(source=found.source, reason="no post of Medium: save its text as .docx, or leave it")
            continue
        yield Post(
            original=found,
            format="Medium post",
            html=body,
            title=_without_tags(_first(_TITLE, page)),
            subtitle=_without_tags(_first(_SUBTITLE, page)),
            date=iso_date(_first(_DATE, page)),
            is_published=not PurePosixPath(found.name).name.startswith("draft"),
        )


def _first(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    return found[1] if found else ""


def _without_tags(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup))
