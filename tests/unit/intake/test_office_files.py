"""Word, OpenDocument, RTF and EPUB give their text; a broken, locked or hostile file gives its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.intake.readings_for_tests import (
    PROSE,
    document_of,
    documents_of,
    kinds_and_texts,
    made_by_pandoc,
    reason_of,
    texts,
    with_member,
    zip_of,
)

MARKDOWN = f"""---
title: On roofs
date: 2020-01-02
---

## The rain

{PROSE} It was *very* wet.[^1]

> A quotation.

- a bucket
- a ladder

[^1]: A note.
"""
BOOK = "---\ntitle: Roofs\n---\n\n# One\n\nThe first.\n\n# Two\n\nThe second.\n\n# Pictures\n\n![x](y.png)\n"


@pytest.mark.parametrize(("format", "name"), [("docx", "Word"), ("odt", "OpenDocument"), ("rtf", "RTF")])
def test_a_document_gives_its_text_without_markup_and_notes(tmp_path: Path, format: str, name: str) -> None:
    document = document_of(tmp_path, f"roofs.{format}", made_by_pandoc(MARKDOWN, format))
    assert document.format == name
    assert ("heading", "The rain") in kinds_and_texts(document)
    assert ("paragraph", f"{PROSE} It was very wet.") in kinds_and_texts(document)
    assert "A note." not in " ".join(texts(document))


def test_word_keeps_quotes_and_lists_and_its_title(tmp_path: Path) -> None:
    document = document_of(tmp_path, "roofs.docx", made_by_pandoc(MARKDOWN, "docx"))
    assert (document.title, document.date) == ("On roofs", "2020-01-02")
    assert kinds_and_texts(document)[2:] == [
        ("quote", "A quotation."),
        ("list item", "a bucket"),
        ("list item", "a ladder"),
    ]


def test_word_s_caption_is_no_paragraph(tmp_path: Path) -> None:
    markdown = f'{PROSE}\n\n::: {{custom-style="Caption"}}\nThe roof\n:::\n'
    document = document_of(tmp_path, "roofs.docx", made_by_pandoc(markdown, "docx"))
    assert kinds_and_texts(document) == [("paragraph", PROSE), ("caption", "The roof")]


def test_a_text_that_is_indented_throughout_is_no_quotation(tmp_path: Path) -> None:
    document = document_of(tmp_path, "roofs.docx", made_by_pandoc(f"> {PROSE}\n>\n> {PROSE}\n", "docx"))
    assert kinds_and_texts(document) == [("paragraph", PROSE), ("paragraph", PROSE)]


def test_pictures_don_t_count_and_are_not_read(tmp_path: Path) -> None:
    content = with_member(made_by_pandoc(MARKDOWN, "docx"), "word/media/a.png", bytes(30_000_000))
    assert texts(document_of(tmp_path, "roofs.docx", content))[0] == "The rain"


@pytest.mark.parametrize(
    "written",
    [
        rb"\u8220?quoted\u8221?, it\u8217?s",
        rb"\u8220 ?quoted\u8221 ?, it\u8217 ?s",
        rb"\u8220\'93quoted\u8221\'94, it\u8217\'92s",
    ],
)
def test_rtf_keeps_every_character_beside_a_quotation_mark(tmp_path: Path, written: bytes) -> None:
    content = rb"{\rtf1\ansi\ansicpg1252\uc1 He " + written + rb" true.\par}"
    assert texts(document_of(tmp_path, "a.rtf", content)) == ["He \u201cquoted\u201d, it\u2019s true."]


def test_rtf_in_another_code_page_is_not_garbled(tmp_path: Path) -> None:
    assert "save it as .docx" in reason_of(tmp_path, "a.rtf", rb"{\rtf1\ansi\ansicpg1251 \'cf\'f0\'e8\par}")


def test_a_book_gives_a_document_for_each_chapter_with_prose(tmp_path: Path) -> None:
    one, two = documents_of(tmp_path, "book.epub", made_by_pandoc(BOOK, "epub"))
    assert (one.title, one.format, one.source) == ("One", "EPUB chapter", "book.epub: ch001.xhtml")
    assert kinds_and_texts(two) == [("heading", "Two"), ("paragraph", "The second.")]
    assert one.sha256 != two.sha256


def test_a_book_with_copy_protection_is_told(tmp_path: Path) -> None:
    locked = b'<encryption><CipherReference URI="EPUB/text/ch001.xhtml"/></encryption>'
    content = with_member(made_by_pandoc(BOOK, "epub"), "META-INF/encryption.xml", locked)
    assert "protected against copying" in reason_of(tmp_path, "book.epub", content)


def test_a_text_with_a_password_is_told(tmp_path: Path) -> None:
    word = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    assert reason_of(tmp_path, "a.docx", word) == "encrypted: save it without a password"
    manifest = b"<manifest><manifest:encryption-data/></manifest>"
    odt = with_member(made_by_pandoc(MARKDOWN, "odt"), "META-INF/manifest.xml", manifest)
    assert reason_of(tmp_path, "a.odt", odt) == "encrypted: save it without a password"


@pytest.mark.parametrize("format", ["docx", "odt", "epub"])
def test_a_file_that_is_cut_off_is_told(tmp_path: Path, format: str) -> None:
    content = made_by_pandoc(MARKDOWN, format)
    assert "broken" in reason_of(tmp_path, f"a.{format}", content[: len(content) // 2])


@pytest.mark.parametrize("format", ["docx", "odt", "epub"])
def test_a_zip_file_with_nothing_of_the_kind_in_it_is_told(tmp_path: Path, format: str) -> None:
    assert "broken, or not what its name says" in reason_of(tmp_path, f"a.{format}", zip_of({"a.xml": "<a/>"}))


@pytest.mark.parametrize(("format", "part"), [("docx", "word/document.xml"), ("odt", "content.xml")])
def test_entities_that_grow_without_bound_are_not_followed(tmp_path: Path, format: str, part: str) -> None:
    entities = "".join(
        f'<!ENTITY {after} "{f"&{name};" * 10}">' for name, after in zip("abcdefgh", "bcdefghi", strict=True)
    )
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{entities}]><x>&i;</x>'.encode()
    assert reason_of(tmp_path, f"a.{format}", with_member(made_by_pandoc(MARKDOWN, format), part, bomb))


def test_a_part_that_swells_is_not_unpacked(tmp_path: Path) -> None:
    content = with_member(made_by_pandoc(MARKDOWN, "docx"), "word/document.xml", b" " * 20_000_000)
    assert "word/document.xml in it: swells from" in reason_of(tmp_path, "a.docx", content)


def test_a_document_without_text_is_told(tmp_path: Path) -> None:
    assert "no text was found in it" in reason_of(tmp_path, "a.docx", made_by_pandoc("", "docx"))
