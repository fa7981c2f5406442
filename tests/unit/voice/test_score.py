"""`ownvoice score` and `ownvoice background`, on files as a person has them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli.commands import background_text, score_text
from ownvoice.errors import ConfigError, VoiceError
from ownvoice.voice.score import ScoreReport
from tests.unit.voice.essays_by_rule import FRENCH, essay


@pytest.fixture
def author(tmp_path: Path) -> Path:
    return folder_of(tmp_path / "author", 0, range(3))


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A background in a file, as `ownvoice background` writes it."""
    folder = tmp_path_factory.mktemp("writers")
    for writer in range(1, 6):
        folder_of(folder / f"writer {writer}", writer, range(4))
    out = folder / "writers.npz"
    assert "20 texts by 5 authors" in background_text(folder, out)
    return out


def test_what_was_measured_is_told_as_json_by_kind_of_writing(tmp_path: Path) -> None:
    for writer in range(1, 6):
        folder_of(tmp_path / f"writer {writer}", writer, range(4))
    out = tmp_path / "writers.npz"
    told = json.loads(background_text(tmp_path, out, json=True))
    assert (told["path"], told["bytes"]) == (str(out), out.stat().st_size)
    assert [(kind["texts"], kind["authors"]) for kind in told["kinds"]] == [(20, 5)]


def test_a_table_shows_texts_beside_the_authors_own_and_others(author: Path, writers: Path, tmp_path: Path) -> None:
    texts = folder_of(tmp_path / "texts", 0, range(10, 12))
    (texts / "empty.txt").write_text("")
    table = score_text(str(author), (str(texts), str(texts / "10.txt")), writers, as_json=False)
    assert "the author's own essays" in table
    assert "other writers' texts      +0.0" in table
    assert "empty: no word in it" in table
    assert table.count("10.txt") == 2


def test_json_reads_back_as_the_report(author: Path, writers: Path, tmp_path: Path) -> None:
    texts = folder_of(tmp_path / "texts", 3, range(2))
    report = ScoreReport.model_validate_json(score_text(str(author), (str(texts),), writers, as_json=True))
    assert [each.name for each in report.texts] == ["0.txt", "1.txt"]
    assert json.loads(report.model_dump_json())["texts"][0]["score"]["voice"] == report.texts[0].score.voice
    assert len(report.essays) == 3


def test_text_can_come_from_standard_input(author: Path, writers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = io.TextIOWrapper(io.BytesIO(essay(0, 5).encode() + b"\xff"))
    monkeypatch.setattr(sys, "stdin", given)
    assert "stdin" in score_text(str(author), ("-",), writers, as_json=False)


def test_what_weakens_a_score_is_said(author: Path, writers: Path, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text(essay(0, 1, words=60))
    (tmp_path / "copy.txt").write_text(essay(0, 0))
    single = score_text(str(author / "0.txt"), (str(tmp_path / "one.txt"),), writers, as_json=False)
    assert "1 essay of the author" in single
    assert "No range of the author's own essays" in single
    assert "expect wider errors" in single
    copied = score_text(str(author), (str(tmp_path / "copy.txt"),), writers, as_json=False)
    assert "so too high: copy.txt" in copied


def test_nothing_readable_among_the_texts_is_an_answer(author: Path, writers: Path, tmp_path: Path) -> None:
    (tmp_path / "french.txt").write_text(FRENCH)
    assert "not English prose" in score_text(str(author), (str(tmp_path / "french.txt"),), writers, as_json=False)


def test_files_that_cannot_be_read_are_named_at_once(author: Path, tmp_path: Path) -> None:
    (tmp_path / "bytes.txt").write_bytes(b"\xff")
    (tmp_path / "nothing").mkdir()
    wrong = (str(tmp_path / "bytes.txt"), str(tmp_path / "absent.txt"), str(tmp_path / "nothing"))
    with pytest.raises(VoiceError, match=r"(?s)bytes.txt: not UTF-8.*absent.txt: No such.*nothing: no .txt"):
        score_text(str(author), wrong, None, as_json=False)


def test_essays_that_cannot_be_measured_are_refused(writers: Path, tmp_path: Path) -> None:
    folder = tmp_path / "short"
    folder.mkdir()
    (folder / "a.txt").write_text("Hello")
    with pytest.raises(VoiceError, match="reference 1: too short"):
        score_text(str(folder), (str(folder),), writers, as_json=False)


def test_a_set_with_columns_of_its_own_is_scored_and_nothing_else_is_set(
    writers: Path, author: Path, tmp_path: Path
) -> None:
    rows = [{"text": file.read_text(), "name": f"Subject {file.stem}"} for file in sorted(author.iterdir())]
    (tmp_path / "hers.jsonl").write_text("\n".join(map(json.dumps, rows)))
    named = ("data.columns.essay=text", "data.columns.topic=name")
    plain = score_text(str(author), (str(author),), writers, as_json=True)
    mapped = score_text(str(tmp_path / "hers.jsonl"), (str(author),), writers, True, named)
    assert json.loads(mapped)["texts"][0]["score"] == json.loads(plain)["texts"][0]["score"]
    with pytest.raises(ConfigError, match="nothing else is read here"):
        score_text(str(author), (str(author),), writers, True, ("training.epochs=5",))


def test_a_background_is_not_written_over_another_file(writers: Path, tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="is there already"):
        background_text(writers.parent, writers)
    with pytest.raises(VoiceError, match=r"does not end with .npz"):
        background_text(writers.parent, tmp_path / "out.json")


def test_the_command_starts_without_torch_and_prefect_and_exits_with_2_for_a_mistake() -> None:
    program = (
        "import sys\n"
        "from flows.cli.app import main\n"
        "sys.argv = ['ownvoice', 'score', '--author', 'no-such-folder', 'no-such-file']\n"
        "try:\n    main()\nexcept SystemExit as end:\n"
        "    print(end.code, [name for name in ('torch', 'prefect', 'sklearn') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "2 []"
    assert found.stderr.count("No such file") == 2
    assert "Traceback" not in found.stderr


def folder_of(folder: Path, author: int, numbers: range) -> Path:
    folder.mkdir()
    for number in numbers:
        (folder / f"{number}.txt").write_text(essay(author, number))
    return folder
