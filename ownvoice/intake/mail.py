"""Mails, one (.eml) or a mailbox of them (.mbox). What is quoted or signed is marked, not taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from itertools import groupby, pairwise
from typing import cast

from ownvoice.intake import lines
from ownvoice.intake.documents import Block, Contents, Skipped
from ownvoice.intake.originals import Found, Original, Unreadable, document, one_line
from ownvoice.intake.plain_text import decode
from ownvoice.intake.web import html_contents

FORMAT = "mail"
_REPLY = re.compile(r"^(?:(?:re|fwd?|aw|wg)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_FROM_LINE = re.compile(rb"(?:\A|\n\r?\n)From [^\n]*\n")
_STUFFED = re.compile(rb"^>(>*From )", re.MULTILINE)
_QUOTED = re.compile(r"^(?:>[^\S\n]?)+")
# What the parser of the standard library raises over headers and bodies that break the rules.
_FAULTS = (MessageError, LookupError, ValueError, AttributeError, TypeError, RecursionError)


def read_mail(original: Original) -> Iterator[Found]:
    """A .eml file."""
    yield _read_message(original)


def read_mailbox(original: Original) -> Iterator[Found]:
    """A .mbox file. Its messages are parted here: `mailbox.mbox` would open the file for writing."""
    starts = list(_FROM_LINE.finditer(original.content))
    if not starts or starts[0].start():
        raise Unreadable("not a mailbox: export the mails again as .mbox or .eml")
    ends = [*(start.start() for start in starts[1:]), len(original.content)]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        content = _STUFFED.sub(rb"\1", original.content[start.end() : end])
        part = original.part(f"message {number}", content)
        try:
            yield _read_message(part)
        except Unreadable as unreadable:
            yield Skipped(source=part.source, reason=unreadable.reason)


def _read_message(original: Original) -> Found:
    try:
        message = BytesParser(policy=policy.default).parsebytes(original.content)
        subject, sent = str(message.get("subject", "")), _sent(message)
        body = message.get_body(("plain", "html"))
    except _FAULTS:
        raise Unreadable("a mail that breaks the rules of mails: save its text as .txt") from None
    if not message.keys():
        raise Unreadable("not a mail, it has no header: save its text as .txt")
    blocks = _body_blocks(body)
    title = _REPLY.sub("", one_line(subject))
    return document(original, FORMAT, Contents(title=title, date=sent, blocks=blocks))


def _sent(message: EmailMessage) -> str:
    sent = getattr(message.get("date"), "datetime", None)
    return sent.isoformat() if isinstance(sent, datetime) else ""


def _body_blocks(body: MIMEPart | None) -> tuple[Block, ...]:
    if body is None:
        raise Unreadable("a mail without a text of its own: nothing to do")
    try:
        content = cast("bytes | None", body.get_payload(decode=True)) or b""
        charset, kind, flowed = body.get_content_charset(), body.get_content_type(), body.get_param("format")
    except _FAULTS:
        raise Unreadable("a mail whose text can't be decoded: save it as .txt") from None
    text = decode(content, charset).replace("\r\n", "\n")
    if kind == "text/html":
        return html_contents(text).blocks
    return tuple(plain_blocks(_unflowed(text) if str(flowed).lower() == "flowed" else text))


def _unflowed(text: str) -> str:
    """Of `format=flowed` (RFC 3676) a line that ends in a blank goes on in the next."""
    return re.sub(r"(?m)^(?!-- $|>)(.*) \n(?!>|-- $|$)", r"\1 ", text)


def plain_blocks(text: str) -> Iterator[Block]:
    """The body's lines: quoted ones as quotes, the signature's `--` on its own, the others as paragraphs."""
    width = lines.wrap_width(lines.chunks_of(text))
    for kind, group in groupby(text.split("\n"), key=_kind_of_line):
        if kind == "signature":
            yield Block(kind="paragraph", text="--")
        elif kind == "quote":
            stripped = "\n".join(_QUOTED.sub("", line) for line in group)
            yield from (Block(kind="quote", text=" ".join(each.text.split())) for each in lines.blocks_of(stripped))
        else:
            yield from (block for chunk in lines.chunks_of("\n".join(group)) for block in _paragraphs(chunk, width))


def _kind_of_line(line: str) -> str:
    return "quote" if line.startswith(">") else "signature" if line.rstrip() == "--" else "text"


def _paragraphs(chunk: Sequence[str], width: int) -> Iterator[Block]:
    """A line is a paragraph, unless it is so full that the mail program must have broken it."""
    begins_a_letter_or_ends_it = chunk[0].endswith(",")
    if lines.is_verse(chunk) and lines.broken_freely(chunk, width) and not begins_a_letter_or_ends_it:
        yield lines.verse(chunk)
    else:
        yield from (lines.paragraph(lines.join_wrapped(part)) for part in _full_lines_joined(chunk, width))


def _full_lines_joined(chunk: Sequence[str], width: int) -> Iterator[list[str]]:
    joined = [chunk[0]]
    for line, following in pairwise(chunk):
        if lines.has_room(line, following, width):
            yield joined
            joined = []
        joined.append(following)
    yield joined
