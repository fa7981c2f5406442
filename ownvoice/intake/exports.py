"""A post of an export, whichever program made it, and how its documents come of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ownvoice.intake.documents import Block, Contents, Heading, Skipped
from ownvoice.intake.originals import Found, Original, Unreadable, document
from ownvoice.intake.web import html_contents


class Post(Heading):
    """One post, its text still HTML."""

    original: Original
    """Its place and the bytes it is known by."""
    format: str
    """'Substack post'."""
    html: str
    is_published: bool = True


def read_posts(original: Original, posts: Iterable[Post | Skipped]) -> Iterator[Found]:
    """A document for each published post; how many drafts there are is told at the end."""
    drafts = 0
    for post in posts:
        if isinstance(post, Skipped):
            yield post
        elif not post.is_published:
            drafts += 1
        else:
            yield _document_or_reason(post)
    if drafts:
        reason = f"{drafts} of its posts not published, left out: publish what is finished, or save its text as .docx"
        yield Skipped(source=original.source, reason=reason)


def _document_or_reason(post: Post) -> Found:
    try:
        contents = html_contents(post.html)
        title = post.title or contents.title
        known = {
            "title": title,
            "subtitle": post.subtitle or contents.subtitle,
            "date": post.date or contents.date,
            "tags": post.tags,
            "blocks": _without_leading_rules(contents),
        }
        return document(post.original, post.format, contents.model_copy(update=known))
    except Unreadable as unreadable:
        return Skipped(source=post.original.source, reason=unreadable.reason)


def _without_leading_rules(contents: Contents) -> tuple[Block, ...]:
    """Medium begins each post with one."""
    first = next((number for number, block in enumerate(contents.blocks) if block.kind != "rule"), 0)
    return contents.blocks[first:]
