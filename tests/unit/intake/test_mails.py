"""Mails give their text; what is quoted or signed is marked for who cleans it."""

from __future__ import annotations

import mailbox
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.unit.intake.readings_for_tests import PROSE, document_of, documents_of, kinds_and_texts, reason_of, texts

BODY = """Dear Jane,

The roof leaked again last night and I had to put three buckets under it,
which did not suffice.
The plumber says it is old.

On Sun, Mar 3, 2019 at 10:00 AM Jane <jane@example.com> wrote:
> How is the roof?

Best,
Anna
-- 
Anna Berg
Writer
"""


def test_lines_are_paragraphs_and_what_is_quoted_or_signed_is_marked(tmp_path: Path) -> None:
    document = document_of(tmp_path, "a.eml", _mail("Roof", BODY))
    assert document.format == "mail"
    assert kinds_and_texts(document) == [
        ("paragraph", "Dear Jane,"),
        (
            "paragraph",
            "The roof leaked again last night and I had to put three buckets under it, which did not suffice.",
        ),
        ("paragraph", "The plumber says it is old."),
        ("paragraph", "On Sun, Mar 3, 2019 at 10:00 AM Jane <jane@example.com> wrote:"),
        ("quote", "How is the roof?"),
        *(("paragraph", line) for line in ("Best,", "Anna", "--", "Anna Berg", "Writer")),
    ]


def test_the_subject_is_the_title_without_its_replies(tmp_path: Path) -> None:
    document = document_of(tmp_path, "a.eml", _mail("Re: FWD: Der Fluß — heute", PROSE))
    assert (document.title, document.date) == ("Der Fluß — heute", "2019-03-04T10:00:00+01:00")


def test_a_mail_in_html_is_read_like_a_page(tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "Roof"
    message.set_content("<div>Dear Jane,<br><br>It rained.</div><div>--<br>Anna</div>", subtype="html")
    assert texts(document_of(tmp_path, "a.eml", bytes(message))) == ["Dear Jane,", "It rained.", "--", "Anna"]


def test_flowing_lines_are_joined(tmp_path: Path) -> None:
    head = b"Subject: a\nContent-Type: text/plain; format=flowed\n\n"
    assert texts(document_of(tmp_path, "a.eml", head + b"It rained \nall night.\nThen not.\n")) == [
        "It rained all night.",
        "Then not.",
    ]


@pytest.mark.parametrize("charset", ["no-such-charset", "utf-8", "iso-8859-1"])
def test_a_charset_that_is_wrong_or_unknown_does_no_harm(tmp_path: Path, charset: str) -> None:
    head = f"Subject: a\nContent-Type: text/plain; charset={charset}\n\n".encode()
    assert texts(document_of(tmp_path, "a.eml", head + "The café was closed.".encode("cp1252"))) == [
        "The café was closed."
    ]


def test_a_mailbox_gives_a_document_for_each_mail(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "made.mbox")
    box.add(_mail("One", PROSE))
    box.add(_mail("Two", f"{PROSE}\n\nFrom here on it is dry.\n"))
    box.close()
    one, two = documents_of(tmp_path, "sent.mbox", (tmp_path / "made.mbox").read_bytes())
    assert (one.source, one.title, two.source) == ("sent.mbox: message 1", "One", "sent.mbox: message 2")
    assert texts(two) == [PROSE, "From here on it is dry."]
    assert one.sha256 != two.sha256


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no mail at all", "no header"),
        (b"Subject: a\nContent-Type: image/png\n\nxx", "without a text of its own"),
        (b"Subject: a\n\n\n", "no text was found in it"),
    ],
)
def test_what_is_no_mail_with_a_text_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in reason_of(tmp_path, "a.eml", content)


def test_what_is_no_mailbox_is_told(tmp_path: Path) -> None:
    assert "not a mailbox" in reason_of(tmp_path, "a.mbox", PROSE)


def _mail(subject: str, text: str) -> bytes:
    message = EmailMessage()
    message["Subject"], message["Date"], message["From"] = subject, "Mon, 04 Mar 2019 10:00:00 +0100", "a@example.com"
    message.set_content(text)
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="roof.png")
    return bytes(message)
