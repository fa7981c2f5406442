"""Folders and files of any kind are read in the order of their names, and nothing that lies there hurts."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ownvoice.intake.sources import read_place, read_sources
from ownvoice.intake.walk import Place
from tests.unit.intake.readings_for_tests import PROSE, made_by_pandoc, reason_of, written, zip_of

NOBODY = 65534


def test_a_folder_is_read_in_the_order_of_names_without_what_programs_left_there(tmp_path: Path) -> None:
    folder = tmp_path / "drafts"
    for name in (
        "b.txt",
        "a/z.txt",
        "c.txt",
        ".hidden.txt",
        ".git/x.txt",
        "__pycache__/x.txt",
        "~$c.docx",
        "__MACOSX/x.txt",
    ):
        written(folder, name, f"{PROSE} {name}")
    reading = read_sources([folder])
    assert [document.source for document in reading.documents] == ["drafts/a/z.txt", "drafts/b.txt", "drafts/c.txt"]
    assert not reading.skipped


def test_a_file_that_is_reached_twice_is_read_once(tmp_path: Path) -> None:
    path = written(tmp_path / "drafts", "a.txt", PROSE)
    assert len(read_sources([path, tmp_path / "drafts", path]).documents) == 1


def test_sources_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    paths = [written(tmp_path / year / "drafts", "a.txt", PROSE).parent for year in ("2019", "2020")]
    assert len({document.source for document in read_sources(paths).documents}) == 2


def test_the_same_bytes_have_the_same_hash_wherever_they_lie(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        written(tmp_path, name, PROSE)
    assert len({document.sha256 for document in read_sources([tmp_path]).documents}) == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", b"", "empty"),
        ("a.txt", b" \n\0", "empty"),
        ("a.txt", b"a" * 5_000_001, "5.0 MB, and the limit is 5 MB: split it"),
        ("a.txt", zip_of({"word/document.xml": "x"}), "a Word document named .txt: rename it to .docx"),
        ("a.docx", b"{\\rtf1 x}", "an RTF document named .docx: rename it to .rtf"),
        ("a.docx", PROSE.encode(), "text named .docx"),
        ("a.md", b"%PDF-1.7", "a PDF named .md"),
        ("a.txt", b"<!DOCTYPE html><p>x", "a web page named .txt: rename it to .html"),
        ("a.doc", b"\xd0\xcf\x11\xe0", "save it as .docx"),
        ("a.pages", b"PK", "save it as .docx"),
        ("a.pdf", b"%PDF-1.7", "a PDF, which has lines and no paragraphs"),
        ("a.csv", b"a,b", "a table"),
        ("a.xyz", b"?", ".xyz files are not read"),
        ("README", b"text", "a file without a suffix"),
    ],
)
def test_what_can_t_be_read_is_told_with_what_to_do(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    assert reason in reason_of(tmp_path, name, content)


def test_pictures_and_the_like_are_summed_up(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.JPG", "c.css"):
        written(tmp_path, name, b"x")
    assert [each.source for each in read_sources([tmp_path]).skipped] == ["1 .css file", "2 .jpg files"]


def test_links_out_of_the_folder_and_to_nothing_are_told_and_others_don_t_count(tmp_path: Path) -> None:
    written(tmp_path, "outside/secret.txt", PROSE)
    written(tmp_path, "drafts/a.txt", PROSE)
    for name, target in (
        ("b.txt", "../outside/secret.txt"),
        ("c", "../outside"),
        ("d.txt", "nowhere"),
        ("e.txt", "a.txt"),
        ("f", "."),
    ):
        (tmp_path / "drafts" / name).symlink_to(target)
    reading = read_sources([tmp_path / "drafts"])
    assert [document.source for document in reading.documents] == ["drafts/a.txt"]
    assert [(each.source, each.reason.split(":")[0]) for each in reading.skipped] == [
        ("drafts/b.txt", "a link out of its folder"),
        ("drafts/c", "a link out of its folder"),
        ("drafts/d.txt", "a link to nothing"),
    ]


def test_a_source_that_is_not_there_is_told(tmp_path: Path) -> None:
    (skipped,) = read_sources([tmp_path / "drafts"]).skipped
    assert (skipped.source, skipped.reason) == ("drafts", "nothing is there: look whether the name is right")


def test_a_file_that_vanishes_is_told(tmp_path: Path) -> None:
    (skipped,) = read_place(Place(path=tmp_path / "a.txt", label="a.txt"))
    assert "gone since the folder was listed" in skipped.model_dump()["reason"]


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    assert read_sources([tmp_path]).skipped[0].reason == "neither a file nor a folder: give a file"


def test_files_and_folders_that_may_not_be_read_are_told() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        written(folder, "a.txt", PROSE).chmod(0)
        written(folder, "b/c.txt", PROSE).parent.chmod(0)
        with _without_privileges():
            reading = read_sources([folder])
        (folder / "b").chmod(0o700)
    assert [each.reason for each in reading.skipped] == [
        "can't be opened (Permission denied): allow it to be read",
        "can't be listed (Permission denied): allow it to be read",
    ]


def test_names_that_are_no_text_and_folders_without_end_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_text(PROSE)
    deep = tmp_path.joinpath(*["d"] * 60)
    deep.mkdir(parents=True)
    reading = read_sources([tmp_path])
    assert reading.documents[0].source.endswith("caf\ufffd.txt")
    assert reading.model_dump_json()
    assert "more than 40 folders deep" in reading.skipped[0].reason


def test_a_bundle_of_another_program_is_one_line(tmp_path: Path) -> None:
    written(tmp_path, "novel.scriv/Files/a.rtf", b"{\\rtf1 x}")
    (skipped,) = read_sources([tmp_path]).skipped
    assert skipped.reason == "a Scrivener project: compile it to .docx"


def test_the_originals_stay_as_they_are(tmp_path: Path) -> None:
    for name in ("a.docx", "a.odt", "a.epub"):
        written(tmp_path, name, made_by_pandoc(f"# One\n\n{PROSE}", name[2:])).chmod(0o400)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    assert len(read_sources([tmp_path]).documents) == 3
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before


def test_forty_mixed_files_take_a_few_seconds(tmp_path: Path) -> None:
    contents = {
        name: made_by_pandoc(f"# One\n\n{PROSE}\n\n" * 50, name) for name in ("docx", "odt", "rtf", "epub", "html")
    }
    contents |= {name: f"{PROSE}\n\n".encode() * 50 for name in ("md", "txt")}
    for number in range(40):
        suffix = list(contents)[number % len(contents)]
        written(tmp_path, f"{number}.{suffix}", contents[suffix])
    start = time.monotonic()
    reading = read_sources([tmp_path])
    assert not reading.skipped
    assert time.monotonic() - start < 20  # 3 s on two cores; the rest for a busy machine


@contextmanager
def _without_privileges() -> Iterator[None]:
    """Who runs the tests as root may read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)
