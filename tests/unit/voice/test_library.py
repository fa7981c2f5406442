"""A library of backgrounds: made from texts, kept in a file, chosen by register."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from ownvoice.errors import VoiceError
from ownvoice.essays.check import read_pairs
from ownvoice.paths import ROOT, SHIPPED_BACKGROUND
from ownvoice.voice.corpus import OWN_REGISTER, Writings, read_writings
from ownvoice.voice.library import (
    FEWEST_AUTHORS,
    NEAREST_WRITERS,
    library_bytes,
    make_library,
    nearest,
    nearest_of,
    open_library,
)
from ownvoice.voice.panel import Panel
from tests.unit.voice.essays_by_rule import FRENCH, essay, library, survives, writings


def test_a_kept_library_scores_as_the_one_just_made(tmp_path: Path) -> None:
    made = library()
    file = tmp_path / "own.npz"
    file.write_bytes(library_bytes(made))
    kept = open_library(file)
    references, texts = [essay(0, 1), essay(0, 2)], [essay(0, 3), essay(2, 3)]
    one, other = (Panel(nearest(each, references).background, references, 100).score(texts) for each in (made, kept))
    assert [score.voice for score in one] == pytest.approx([score.voice for score in other], abs=0.01)
    assert kept.about == made.about
    assert library_bytes(kept)[:2] == library_bytes(made)[:2]


def test_a_library_is_read_once_and_anew_where_its_file_was_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "own.npz"
    file.write_bytes(library_bytes(library()))
    first = open_library(file)
    assert open_library(file) is first
    file.write_bytes(library_bytes(make_library(writings(range(4)))))
    assert first.authors != open_library(file).authors


def test_the_same_texts_make_the_same_bytes() -> None:
    assert library_bytes(library()) == library_bytes(library())


def test_every_author_keeps_his_register() -> None:
    two = writings(range(3), register="one").texts + writings(range(3, 6), register="two").texts
    made = make_library(Writings(texts=two, sha256=""))
    assert sorted(set(made.registers.values())) == ["one", "two"]
    assert len(made.texts) == len(two)


def test_too_few_authors_are_refused_with_the_register() -> None:
    with pytest.raises(VoiceError, match=f"{FEWEST_AUTHORS - 1} authors"):
        make_library(writings(range(FEWEST_AUTHORS - 1), texts=9))


def test_the_shipped_library_holds_no_content_word_and_is_small() -> None:
    shipped = open_library()
    tokens = {token for text in shipped.texts for sentence in text.sentences for token in sentence}
    assert not {token for token in tokens if not survives(token)}
    writers, texts = Counter(shipped.registers.values()), Counter(text.author for text in shipped.texts)
    assert sorted(writers) == ["classic essay", "letters", "modern post", "opinion column", "personal essay"]
    assert len(texts) >= 60
    assert min(texts.values()) >= 8
    assert not {"chesterton", "thoreau", "twain", "addams", "wollstonecraft", "franklin"} & {*texts}
    assert SHIPPED_BACKGROUND.stat().st_size < 1_000_000
    assert all("(" in source for source in shipped.about.sources)


def test_a_file_that_is_no_library_is_refused(tmp_path: Path) -> None:
    for name, content in (("text.npz", b"no archive"), ("empty.npz", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(VoiceError, match=name):
            open_library(tmp_path / name)
    np.savez(tmp_path / "pickled.npz", head=np.array([{"a": 1}], dtype=object))
    with pytest.raises(VoiceError, match="no background"):
        open_library(tmp_path / "pickled.npz")
    with pytest.raises(VoiceError, match="nothing there"):
        open_library(tmp_path / "absent.npz")


def test_texts_are_read_from_folders_and_from_json_lines(tmp_path: Path) -> None:
    for author in range(2):
        folder = tmp_path / "texts" / f"author {author}"
        folder.mkdir(parents=True)
        (folder / "one.md").write_text(f"---\ntopic: a thing\n---\n{essay(author, 1)}")
        (folder / "README.md").write_text("not a text")
    rows = [{"author": f"author {author}", "text": essay(author, 1)} for author in range(2)]
    (tmp_path / "texts.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    folders, lines = read_writings(tmp_path / "texts"), read_writings(tmp_path / "texts.jsonl")
    assert folders == lines
    assert [text.author for text in folders.texts] == ["author 0", "author 1"]


def test_a_long_text_counts_as_several(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "long.txt").write_text(essay(1, 1, words=1200))
    pieces = read_writings(tmp_path).texts
    assert len(pieces) == 3
    assert " ".join(piece.text for piece in pieces) == essay(1, 1, words=1200)


def test_every_problem_of_a_folder_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "bytes.txt").write_bytes(b"\xff\xfe\xfa")
    (tmp_path / "a" / "french.txt").write_text(FRENCH)
    (tmp_path / "a" / "short.txt").write_text("Hello")
    with pytest.raises(VoiceError, match=r"(?s)bytes.txt: not UTF-8.*french.txt: not English.*short.txt: too short"):
        read_writings(tmp_path)
    (tmp_path / "bad.jsonl").write_text('{"author": 3, "text": "x"}\nnot json\n[]\n')
    with pytest.raises(VoiceError, match=r"(?s)bad.jsonl:1: .*bad.jsonl:2: not JSON.*bad.jsonl:3: "):
        read_writings(tmp_path / "bad.jsonl")
    with pytest.raises(VoiceError, match="nothing there"):
        read_writings(tmp_path / "absent")


def test_essays_far_from_all_writers_are_said_to_be() -> None:
    fitting = nearest(library(), [essay(1, number) for number in range(50, 54)]).fit
    assert fitting.matches
    assert OWN_REGISTER in fitting.sentence
    shouting = ["WHY?! I know!!! You can't; you don't! " * 30] * 3
    astray = nearest(library(), shouting).fit
    assert not astray.matches
    assert "No background matches" in astray.sentence


def test_the_background_is_the_nearest_writers_whatever_their_register() -> None:
    shipped = open_library()
    her = [pair.essay for pair in read_pairs(ROOT / "data" / "sample_author" / "pairs")]
    found = nearest(shipped, her)
    assert found.fit.matches
    assert found.fit.nearest == "personal essay"
    assert len(found.background.authors) == NEAREST_WRITERS
    assert len({shipped.registers[name] for name in found.background.authors}) > 1


def test_of_other_writers_the_one_most_like_her_is_found() -> None:
    hers = [essay(1, number) for number in range(50, 54)]
    others = {name: [essay(number, each) for each in range(60, 64)] for name, number in (("far", 0), ("near", 1))}
    assert nearest_of(library(), hers, others) == "near"
