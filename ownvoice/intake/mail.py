"""Reads mails: single ones (.eml) and whole mailboxes (.mbox). What is quoted in them stays marked as such."""

from __future__ import annotations

import email.policy
import mailbox
import re
import tempfile
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

from ownvoice.intake.documents import Block, UnreadableDocument, Written
from ownvoice.intake.pandoc import read_blocks
from ownvoice.intake.plain_text import decode, paragraphs_of_plain_text

REPLY = re.compile(r"^(?:(?:re|fwd?|aw|wg|sv|antw)\s*:\s*)+", re.IGNORECASE)


def read_mail(content: bytes) -> Written:
    """One mail.

    Raises:
        UnreadableDocument: it has no text.
    """
    message = message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    blocks = _body(message)
    if not blocks:
        raise UnreadableDocument("a mail without text")
    return Written(
        title=REPLY.sub("", " ".join(str(message["subject"] or "").split())), date=_date(message), blocks=blocks
    )


def read_mailbox(content: bytes) -> Iterator[bytes]:
    """Each mail's bytes. The standard library reads mailboxes from a file alone: a copy, that goes again."""
    with tempfile.NamedTemporaryFile(suffix=".mbox") as copy:
        Path(copy.name).write_bytes(content)
        box = mailbox.mbox(copy.name, create=False)
        yield from (box.get_bytes(key) for key in box.iterkeys())
        box.close()


def _body(message: EmailMessage) -> tuple[Block, ...]:
    """The plain part where there is one, else the page."""
    try:
        part = message.get_body(preferencelist=("plain", "html"))
        if part is None:
            return ()
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        text = _decoded(content, part.get_content_charset())
    except (LookupError, ValueError, AssertionError) as error:
        raise UnreadableDocument(f"a damaged mail ({type(error).__name__})") from None
    if part.get_content_subtype() == "html":
        return read_blocks(text.encode(), "html")
    return paragraphs_of_plain_text(text)


def _decoded(content: bytes, charset: str | None) -> str:
    try:
        return content.decode(charset or "utf-8").replace("\r\n", "\n")
    except (LookupError, UnicodeDecodeError):
        return decode(content)


def _date(message: EmailMessage) -> str:
    try:
        moment = message["date"].datetime if message["date"] else None
    except (ValueError, AttributeError, TypeError):
        return ""
    return moment.date().isoformat() if moment else ""
