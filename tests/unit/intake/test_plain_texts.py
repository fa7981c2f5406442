"""A .txt file becomes the paragraphs that a reader sees, in whatever encoding it was saved."""

from __future__ import annotations

import textwrap

import pytest

from ownvoice.intake.lines import blocks_of
from ownvoice.intake.originals import Unreadable
from ownvoice.intake.plain_text import decode

ENGLISH = "She said \u201cit\u2019s raining\u201d \u2014 the caf\u00e9 was closed. "
LATE = "It\u2019s late. I can\u2019t sleep and the rain is loud on the roof; "
POLISH = (
    "Za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105 ja\u017a\u0144, powiedzia\u0142 wczoraj wieczorem m\u00f3j brat. "
)
RUSSIAN = "\u0412\u0447\u0435\u0440\u0430 \u0432\u0435\u0447\u0435\u0440\u043e\u043c \u044f \u043f\u043e\u0448\u0451\u043b \u043a \u043c\u043e\u0440\u044e. "
LONG = (
    "The roof leaked again last night, and I put three buckets under it, which did not suffice, for the rain went on. "
)
POEM = "The rain came down\non the old tin roof,\nand nobody slept\nuntil it was dawn."


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "mac_roman"]
)
@pytest.mark.parametrize("text", [ENGLISH, LATE])
def test_english_is_decoded_from_what_editors_save(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize(("text", "encoding"), [(POLISH, "cp1250"), (RUSSIAN, "cp1251"), (RUSSIAN * 20, "koi8_r")])
def test_other_code_pages_are_guessed(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)) == text


def test_a_declared_encoding_is_believed_where_it_decodes() -> None:
    assert decode("\u0159eka".encode("iso8859-2"), "iso8859-2") == "\u0159eka"
    assert decode("caf\u00e9".encode(), "no-such-encoding") == "caf\u00e9"
    assert decode("caf\u00e9".encode(), "a\0b") == "caf\u00e9"


@pytest.mark.parametrize("content", [b"text\n\0\0\1\2 and more", bytes(range(256)) * 4, b"\xff\xfea\xd8"])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(Unreadable, match=r"not text: .* save it as UTF-8 text"):
        decode(content)


def test_blank_lines_part_paragraphs() -> None:
    assert _found("One.\n\n  \nTwo.\r\n\r\nThree.") == [("paragraph", text) for text in ("One.", "Two.", "Three.")]


def test_long_lines_are_paragraphs_where_no_blank_line_is() -> None:
    assert _found(f"{LONG}\n{LONG}\nAn end.") == [("paragraph", text.strip()) for text in (LONG, LONG, "An end.")]


@pytest.mark.parametrize("width", [60, 72, 80])
def test_wrapped_lines_are_joined(width: int) -> None:
    wrapped = "\n\n".join(textwrap.fill(LONG * number, width) for number in (3, 1, 2))
    assert _found(wrapped) == [("paragraph", (LONG * number).strip()) for number in (3, 1, 2)]


def test_indented_lines_begin_paragraphs_in_a_typescript() -> None:
    wrapped = [textwrap.fill(LONG * 3, 70, initial_indent="    ") for _ in range(3)]
    assert _found("\n".join(wrapped)) == [("paragraph", (LONG * 3).strip())] * 3


def test_verse_keeps_its_lines_also_between_prose() -> None:
    assert _found(POEM) == [("verse", POEM)]
    prose = textwrap.fill(LONG * 3, 72)
    assert _found(f"{prose}\n\n{POEM}\n\n{prose}")[1] == ("verse", POEM)


def test_a_scene_break_is_a_rule() -> None:
    assert _found("One.\n\n* * *\n\nTwo.\n\n#\n\nThree.") == [
        ("paragraph", "One."),
        ("rule", "* * *"),
        ("paragraph", "Two."),
        ("rule", "#"),
        ("paragraph", "Three."),
    ]


def test_a_hyphen_at_a_line_end_has_no_blank_behind_it() -> None:
    text = " ".join(f"The well-known {name} leaked all night long." for name in ("roof", "barn", "old house", "shed"))
    for width in range(60, 80):
        assert _found(textwrap.fill(text, width)) == [("paragraph", text)]


def _found(text: str) -> list[tuple[str, str]]:
    return [(block.kind, block.text) for block in blocks_of(text)]
