"""Reads exports of newsletters and blogs: Substack's and Medium's zip, WordPress's XML, Ghost's JSON.

Published posts alone: a draft is left out with a word.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from ownvoice.intake.archives import read_member
from ownvoice.intake.documents import UnreadableDocument, Written
from ownvoice.intake.pandoc import INSTALL, read_blocks
from ownvoice.intake.plain_text import decode

CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
WORDPRESS = re.compile(r"\{http://wordpress\.org/export/[\d.]+/\}")
MEDIUM_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL | re.IGNORECASE)
MEDIUM_DATE = re.compile(r'<time class="dt-published" datetime="([^"]+)"')
DRAFT = "a draft: publish it, or save it as a file of its own"


class Post(NamedTuple):
    """One post, or why it gives none."""

    place: str
    """Within the export: 'posts/12.html'."""
    content: bytes
    written: Written | None
    form: str
    skipped: str = ""


def posts_of_zip(archive: zipfile.ZipFile) -> Iterator[Post] | None:
    """Substack's export has a posts.csv, Medium's a folder of posts; None for any other zip."""
    names = archive.namelist()
    if table := next((name for name in names if name.split("/")[-1] == "posts.csv"), None):
        return _substack(archive, table)
    pages = [name for name in names if re.search(r"(?:^|/)posts/[^/]+\.html$", name)]
    return _medium(archive, pages) if pages else None


def posts_of_wordpress(content: bytes) -> Iterator[Post]:
    """Raises UnreadableDocument for XML that is damaged, dangerous, or no export of WordPress."""
    try:
        import defusedxml.ElementTree as ElementTree  # noqa: PLC0415 - an extra
        from defusedxml import DefusedXmlException  # noqa: PLC0415
    except ImportError:
        raise UnreadableDocument(INSTALL) from None
    try:
        root = ElementTree.fromstring(content)
    except DefusedXmlException:
        raise UnreadableDocument("XML with entities of its own, which can blow up: not opened") from None
    except ElementTree.ParseError as error:
        raise UnreadableDocument(f"damaged XML ({error})") from None
    items = root.findall("./channel/item")
    if root.tag != "rss" or not any(WORDPRESS.match(child.tag) for item in items for child in item):
        raise UnreadableDocument("XML that is no export of WordPress: save the text as a document")
    return (post for number, item in enumerate(items, 1) if (post := _wordpress_post(number, item)))


def posts_of_ghost(content: bytes) -> Iterator[Post]:
    """Raises UnreadableDocument for JSON that is damaged or no export of Ghost."""
    try:
        posts = json.loads(decode(content))["db"][0]["data"]["posts"]
        rows = [row for row in posts if isinstance(row, dict)]
    except ValueError as error:
        raise UnreadableDocument(f"damaged JSON ({error})") from None
    except (KeyError, IndexError, TypeError):
        raise UnreadableDocument("JSON that is no export of Ghost: save the text as a document") from None
    return (_ghost_post(number, row) for number, row in enumerate(rows, 1) if row.get("type", "post") == "post")


def _substack(archive: zipfile.ZipFile, table: str) -> Iterator[Post]:
    folder = table.removesuffix("posts.csv")
    pages = {name.split("/")[-1].removesuffix(".html"): name for name in archive.namelist() if name.endswith(".html")}
    for row in csv.DictReader(io.StringIO(decode(read_member(archive, table)))):
        name = pages.get(str(row.get("post_id", "")))
        place = (name or f"{folder}posts.csv: {row.get('title', '')}").removeprefix(folder)
        if str(row.get("is_published", "true")).lower() != "true":
            yield Post(place, b"", None, "", DRAFT)
        elif name is None:
            yield Post(place, b"", None, "", "its page is not in the zip")
        else:
            content = read_member(archive, name)
            written = Written(
                title=_text(row, "title"), subtitle=_text(row, "subtitle"), date=_text(row, "post_date")[:10]
            )
            yield _page(place, content, written, "Substack post")


def _medium(archive: zipfile.ZipFile, pages: list[str]) -> Iterator[Post]:
    for name in sorted(pages):
        content = read_member(archive, name)
        if name.split("/")[-1].startswith("draft_"):
            yield Post(name, b"", None, "", DRAFT)
            continue
        page = decode(content)
        title, date = MEDIUM_TITLE.search(page), MEDIUM_DATE.search(page)
        body = re.search(r'<section data-field="body".*?</section>\s*(?=<footer|</article)', page, re.DOTALL)
        written = Written(title=_unescaped(title[1]) if title else "", date=date[1][:10] if date else "")
        yield _page(name, (body[0] if body else page).encode(), written, "Medium post", whole=content)


def _wordpress_post(number: int, item: Any) -> Post | None:
    fields = {WORDPRESS.sub("", child.tag): (child.text or "") for child in item}
    if fields.get("post_type") not in ("post", "page"):
        return None
    title, place = fields.get("title", "").strip(), f"item {number}"
    if fields.get("status") != "publish":
        return Post(place, b"", None, "", f"{title or 'a post'}: {DRAFT}")
    # WordPress keeps paragraphs as blank lines; pandoc's HTML wants them marked.
    html = re.sub(r"\n\s*\n", "</p><p>", fields.get(CONTENT, "").strip())
    content = f"<p>{html}</p>".encode()
    return _page(place, content, Written(title=title, date=fields.get("post_date", "")[:10]), "WordPress post")


def _ghost_post(number: int, row: dict[str, Any]) -> Post:
    title, place = _text(row, "title"), f"post {number}"
    if row.get("status") != "published":
        return Post(place, b"", None, "", f"{title or 'a post'}: {DRAFT}")
    html = row.get("html") or row.get("plaintext") or ""
    written = Written(title=title, subtitle=_text(row, "custom_excerpt"), date=_text(row, "published_at")[:10])
    return _page(place, str(html).encode(), written, "Ghost post")


def _page(place: str, content: bytes, written: Written, form: str, whole: bytes | None = None) -> Post:
    try:
        blocks = read_blocks(content, "html")
    except UnreadableDocument as error:
        return Post(place, b"", None, form, str(error))
    return Post(place, whole or content, written.model_copy(update={"blocks": blocks}), form)


def _text(row: dict[str, Any], name: str) -> str:
    return " ".join(str(row.get(name) or "").split())


def _unescaped(text: str) -> str:
    import html  # noqa: PLC0415 - of Medium's titles alone

    return " ".join(html.unescape(text).split())
