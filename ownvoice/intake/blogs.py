"""What WordPress and Ghost give their writers: one file of XML or JSON with all posts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal
from xml.etree.ElementTree import Element, ParseError

from pydantic import BaseModel, ValidationError

from ownvoice.intake.dates import iso_date
from ownvoice.intake.exports import Post, read_posts
from ownvoice.intake.originals import Found, Original, Unreadable, library

_CONTROLS = re.compile(rb"[\x01-\x08\x0b\x0c\x0e-\x1f]")
_WITH_BLOCKS = re.compile(r"<p\b|<!-- wp:", re.IGNORECASE)
_SHORTCODES = re.compile(
    r"\[caption\b.*?\[/caption\]|\[/?(?:gallery|embed|audio|video|playlist|caption|more)\b[^\]]*\]", re.DOTALL
)
_BLOCK_TAG = re.compile(
    r"\s*</?(?:address|blockquote|div|dl|figure|h[1-6]|hr|iframe|ol|p|pre|script|style|table|ul|li)\b", re.IGNORECASE
)
WORDPRESS_TYPES = {"post": "WordPress post", "page": "WordPress page"}


def read_wordpress(original: Original) -> Iterator[Found]:
    """A .xml file that WordPress exported (WXR): its posts and pages. Menus, pictures and comments are no text of hers."""
    channel = _parsed_xml(original).find("channel")
    if channel is None or not any(_is_wordpress(part.tag) for part in channel):
        raise Unreadable("XML, but no export of WordPress: save its text as .docx")
    items = enumerate(channel.iter("item"), 1)
    yield from read_posts(original, (_wordpress_post(original, item, n) for n, item in items if _type_of(item)))


def _parsed_xml(original: Original) -> Element:
    """The tree; a definition of entities, which can grow without bound, is refused. WordPress lets control characters in."""
    parse, refused = library("defusedxml.ElementTree").fromstring, library("defusedxml").DefusedXmlException
    try:
        tree: Element = parse(_CONTROLS.sub(b"", original.content))
    except refused:
        raise Unreadable("XML that defines entities, as no export does: leave it out") from None
    except (ParseError, ValueError, LookupError) as error:
        line = getattr(error, "position", (0,))[0]
        raise Unreadable(f"broken XML at line {line}: export it again") from None
    return tree


def _is_wordpress(tag: str) -> bool:
    return tag.startswith("{http://wordpress.org/export/")


def _type_of(item: Element) -> str:
    return WORDPRESS_TYPES.get(_field(item, "post_type"), "")


def _wordpress_post(original: Original, item: Element, number: int) -> Post:
    text = item.findtext("{http://purl.org/rss/1.0/modules/content/}encoded") or ""
    name = _field(item, "post_name") or _field(item, "post_id") or str(number)
    return Post(
        original=original.part(f"post {name}", text.encode("utf-8", "replace")),
        format=_type_of(item),
        html=as_paragraphs(text),
        title=item.findtext("title") or "",
        date=iso_date(_field(item, "post_date")),
        tags=tuple(tag.text or "" for tag in item.iter("category") if tag.get("domain") == "post_tag"),
        is_published=_field(item, "status") == "publish",
    )


def _field(item: Element, name: str) -> str:
    """A field of WordPress's own, whichever version's name space it stands in."""
    return next((part.text or "" for part in item if _is_wordpress(part.tag) and part.tag.endswith(f"}}{name}")), "")


def as_paragraphs(text: str) -> str:
    """HTML of the old editor, which leaves paragraphs to blank lines (WordPress's `wpautop`); of the new one as it is."""
    text = _SHORTCODES.sub("", text).replace("\r\n", "\n")
    if _WITH_BLOCKS.search(text):
        return text
    parts = [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]
    return "\n\n".join(part if _BLOCK_TAG.match(part) else f"<p>{part.replace(chr(10), '<br>')}</p>" for part in parts)


class _GhostPost(BaseModel):
    title: str | None = None
    slug: str | int | None = None
    html: str | None = None
    status: str = ""
    type: Literal["post", "page"] = "post"
    custom_excerpt: str | None = None
    published_at: Any = None


class _GhostData(BaseModel):
    posts: list[_GhostPost]


class _GhostSite(BaseModel):
    data: _GhostData


class _GhostExport(BaseModel):
    db: list[_GhostSite]


def read_ghost(original: Original) -> Iterator[Found]:
    """A .json file that Ghost exported."""
    try:
        export = _GhostExport.model_validate_json(original.content)
    except ValidationError:
        raise Unreadable("JSON, but no export of Ghost: save its text as .docx") from None
    posts = (post for site in export.db for post in site.data.posts)
    yield from read_posts(original, (_ghost_post(original, post, n) for n, post in enumerate(posts, 1)))


def _ghost_post(original: Original, post: _GhostPost, number: int) -> Post:
    html = post.html or ""
    return Post(
        original=original.part(f"post {post.slug or number}", html.encode("utf-8", "replace")),
        format=f"Ghost {post.type}",
        html=html,
        title=post.title or "",
        subtitle=post.custom_excerpt or "",
        date=iso_date(post.published_at),
        is_published=post.status == "published",
    )
