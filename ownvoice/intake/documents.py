"""What is read from a writer's files: documents of blocks, and what could not be read, each with its reason."""

from __future__ import annotations

from typing import Literal

from ownvoice.frozen import Frozen

BlockKind = Literal["heading", "paragraph", "list item", "quote", "verse", "code", "caption", "table", "rule"]


class Block(Frozen):
    """A piece of a document as a reader sees it."""

    kind: BlockKind
    text: str
    """Plain text without markup, white space folded; of verse and code the lines as they stand."""


class Heading(Frozen):
    """What a text says of itself, above its first line."""

    title: str = ""
    """As the file itself names it: front matter, a heading of level 1 at the top, a mail's subject."""
    subtitle: str = ""
    date: str = ""
    """ISO 8601, as far as the file tells it; else empty."""
    tags: tuple[str, ...] = ()


class Contents(Heading):
    """What a document says, before it is known where it stands."""

    blocks: tuple[Block, ...] = ()


class Document(Contents):
    """One text: a file, or one post or mail of a file that holds many."""

    source: str
    """Where it stands, for a person: 'drafts/drawer.docx', 'blog.zip: posts/12.html', 'sent.mbox: message 3'."""
    sha256: str
    """Of the bytes that it was read from: the same bytes are the same document, wherever they lie."""
    format: str
    """'Word', 'Markdown', 'mail', 'Substack post' ..."""


class Skipped(Frozen):
    """A file, or a part of one, that gives no document."""

    source: str
    reason: str
    """What was found and what to do: 'encrypted: save it without a password'."""


class Reading(Frozen):
    """All that was found in the sources, in the order of their names."""

    documents: tuple[Document, ...] = ()
    skipped: tuple[Skipped, ...] = ()
