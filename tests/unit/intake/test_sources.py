"""Any folder that a writer has is read: the good files as documents, each of the others as one line with its reason."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from ownvoice.intake import pandoc
from ownvoice.intake.documents import Block, Reading
from ownvoice.intake.sources import read_sources
from tests.unit.intake.documents_for_tests import prose
from tests.unit.intake.writers_folder import BROKEN, GOOD, write_broken, write_by_pandoc, write_good, zip_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("writer") / "texts"
    write_good(folder)
    write_broken(folder / "old")
    (folder / "boat.png").write_bytes(b"\x89PNG")
    (folder / ".hidden.md").write_text("# no\n")
    return folder


@pytest.fixture(scope="module")
def reading(folder: Path) -> Reading:
    return read_sources([folder])


def test_every_good_file_is_a_document_with_its_title_and_its_paragraphs(reading: Reading) -> None:
    titles = {document.source.removeprefix("texts/"): document.title for document in reading.documents}
    assert titles == {
        "essay.docx": "In docx",
        "essay.epub": "In epub",
        "essay.odt": "In odt",
        "essay.rtf": "In rtf",
        "ghost.json: post 1": "On Ghost",
        "headed.markdown": "The heading",
        "latin.txt": "",
        "letter.eml": "The boat",
        "medium.zip: posts/2024-05-03_On-Medium.html": "On Medium",
        "page.html": "The page",
        "plain.txt": "",
        "post.md": "The post",
        "sent.mbox: message 1": "Mail 11",
        "substack.zip: posts/1.first.html": "First letter",
        "wide.txt": "",
        "wordpress.xml: item 1": "On WordPress",
    }
    assert len(titles) == GOOD
    for document in reading.documents:
        paragraphs = [block.text for block in document.blocks if block.kind == "paragraph"]
        assert sum(re.match(r"I \w+ the \w+, ", paragraph) is not None for paragraph in paragraphs) == len(prose(0)), (
            document.source
        )


def test_what_the_file_says_of_itself_is_kept(reading: Reading) -> None:
    by_source = {document.source.removeprefix("texts/"): document for document in reading.documents}
    assert (by_source["post.md"].date, by_source["post.md"].tags) == ("2024-05-03", ("life",))
    substack = by_source["substack.zip: posts/1.first.html"]
    assert (substack.subtitle, substack.date, substack.format) == ("On beginning", "2024-05-03", "Substack post")
    for name in ("letter.eml", "wordpress.xml: item 1", "ghost.json: post 1"):
        assert by_source[name].date == "2024-05-03"
    assert "Au café, déjà vu" in by_source["latin.txt"].blocks[-1].text
    assert by_source["headed.markdown"].blocks[-1] == Block(kind="caption", text="A boat")
    assert not any("Home" in block.text or "rights" in block.text for block in by_source["page.html"].blocks)
    assert "--" in [block.text for block in by_source["letter.eml"].blocks]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty.docx", "an empty file of no bytes"),
        ("truncated.docx", "a damaged zip"),
        ("locked.docx", "locked by a password"),
        ("broken.odt", "a damaged zip"),
        ("fake.rtf", "not RTF"),
        ("broken.epub", "damaged"),
        ("binary.txt", "not text"),
        ("blank.txt", "no text in it"),
        ("front.md", "front matter can't be read"),
        ("nothing.html", "no article in it"),
        ("notes.json", "no export of Ghost"),
        ("damaged.json", "damaged JSON"),
        ("feed.xml", "no export of WordPress"),
        ("damaged.xml", "damaged XML"),
        ("bomb.xml", "XML with entities of its own"),
        ("old.doc", "save it as .docx"),
        ("report.pdf", "save it as .docx"),
        ("strange.xyz", "a format that is not known"),
        ("empty.mbox", "no mail in it"),
        ("huge.txt", "6.0 MiB, where 5 are the most"),
        ("bomb.zip", "not opened"),
        ("leaves.zip", "which leaves the zip: not opened"),
        ("other.zip", "no export of Substack or Medium"),
    ],
)
def test_every_other_file_is_one_line_with_its_reason(reading: Reading, name: str, reason: str) -> None:
    (found,) = [each.reason for each in reading.skipped if each.source == f"texts/old/{name}"]
    assert reason in found


def test_drafts_and_pictures_are_told_and_hidden_files_are_not_there(reading: Reading) -> None:
    reasons = {each.source.removeprefix("texts/"): each.reason for each in reading.skipped}
    drafts = {name for name, reason in reasons.items() if "a draft" in reason}
    assert drafts == {
        "ghost.json: post 2",
        "medium.zip: posts/draft_x.html",
        "substack.zip: posts/2.draft.html",
        "wordpress.xml: item 2",
    }
    assert reasons["1 file .png"] == "no text in it"
    assert len(reasons) == len(BROKEN) + 3 + len(drafts) + 1


def test_the_originals_stay_to_the_byte(folder: Path) -> None:
    before = {file: hashlib.sha256(file.read_bytes()).digest() for file in folder.rglob("*") if file.is_file()}
    read_sources([folder, folder / "post.md"])
    assert {f: hashlib.sha256(f.read_bytes()).digest() for f in folder.rglob("*") if f.is_file()} == before


def test_a_file_that_is_named_twice_is_read_once_and_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("\n\n".join(prose(1)))
    (tmp_path / "out.txt").write_text("\n\n".join(prose(2)))
    (tmp_path / "in" / "link.txt").symlink_to(tmp_path / "out.txt")
    reading = read_sources([tmp_path / "in", tmp_path / "in" / "a.txt"])
    assert [document.source for document in reading.documents] == ["in/a.txt"]


def test_without_its_library_a_format_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_by_pandoc(tmp_path / "a.docx", "text\n")
    (tmp_path / "b.txt").write_text("text\n")
    monkeypatch.setitem(__import__("sys").modules, "pypandoc", None)
    reading = read_sources([tmp_path])
    assert [document.format for document in reading.documents] == ["plain text"]
    assert 'pip install "ownvoice[formats]"' in reading.skipped[0].reason


def test_a_document_is_read_by_a_program_that_sees_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret words")
    page = f'<p>before</p><iframe src="file://{tmp_path}/secret.txt"></iframe><p>after</p>'
    assert "secret" not in str(pandoc.read_blocks(page.encode(), "html"))


def test_a_locked_zip_is_told(tmp_path: Path) -> None:
    content = bytearray(zip_of({"posts.csv": b"post_id\n"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    (tmp_path / "locked.zip").write_bytes(content)
    (skipped,) = read_sources([tmp_path]).skipped
    assert "posts.csv is locked by a password" in skipped.reason
