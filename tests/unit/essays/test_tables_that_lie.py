"""Tables and sets that are broken, or say of themselves what isn't so: one clear message, and nothing else happens."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ownvoice.errors import PairsError
from ownvoice.essays.check import read_pairs
from ownvoice.essays.saved import save_at
from tests.unit.essays.one_set import (
    as_arrow_file,
    as_hub_set,
    as_parquet,
    as_saved,
    checked,
    refused,
    with_tokenizer,
)
from tests.unit.records_for_tests import model_for_tests


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def nothing(content: bytes) -> bytes:
    return content[:0]


def other(_: bytes) -> bytes:
    return b"These are my essays. " * 50


@pytest.mark.parametrize("written", [as_parquet, as_arrow_file])
@pytest.mark.parametrize("broken", [truncated, nothing, other])
def test_a_broken_table_is_one_line_with_its_file(
    written: Callable[[Path], Path],
    broken: Callable[[bytes], bytes],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = written(tmp_path)
    path.write_bytes(broken(path.read_bytes()))
    found = refused(path)
    assert found.startswith(f"{path.name}: can't be read as {path.suffix[1:].title()}: ")
    assert "\n" not in found
    assert capfd.readouterr() == ("", "")


def test_an_arrow_file_whose_offsets_lead_out_of_it_is_refused(tmp_path: Path) -> None:
    def offsets(*places: int) -> bytes:
        return b"".join(place.to_bytes(4, "little") for place in places)

    table = pa.table({"topic": ["One", "Two"], "essay": ["Hello", "you"]})
    with pa.OSFile(str(tmp_path / "wild.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    content = (tmp_path / "wild.arrow").read_bytes()
    assert content.count(offsets(0, 5, 8)) == 1
    (tmp_path / "wild.arrow").write_bytes(content.replace(offsets(0, 5, 8), offsets(0, 5, 2**30)))
    assert refused(tmp_path / "wild.arrow").startswith("wild.arrow: can't be read as Arrow: ")


@pytest.mark.parametrize(
    ("features", "expected"),
    [
        ({"essay": {"dtype": "string", "_type": "Value"}}, "lies.parquet:row 1: the essay is not text (found 5)"),
        ({"essay": {"_type": "Image"}}, "lies.parquet:row 1: the essay is not text (found 5)"),
        ({"essay": {"_type": "os.system"}}, "lies.parquet"),
        ("no features", "lies.parquet"),
    ],
)
def test_a_schema_that_lies_is_one_clear_message(features: object, expected: str, tmp_path: Path) -> None:
    table = pa.table({"topic": ["One"], "essay": [5], "tier": [1], "split": ["train"]})
    card = json.dumps({"info": {"features": features}})
    pq.write_table(table.replace_schema_metadata({"huggingface": card}), tmp_path / "lies.parquet")
    assert refused(tmp_path / "lies.parquet").startswith(expected)


def test_a_data_set_script_is_refused_and_not_run(tmp_path: Path) -> None:
    folder = as_hub_set(tmp_path)
    (folder / "snapshot.py").write_text("open('ran', 'w')")
    assert "a data set script, and none is ever run" in refused(folder)
    assert not Path("ran").exists()


def test_no_row_makes_a_file_be_opened_whatever_the_schema_claims(tmp_path: Path) -> None:
    secret = tmp_path / "diary.txt"
    secret.write_text("Nobody's business.")
    row = {"topic": "One", "essay": {"bytes": None, "path": str(secret)}, "tier": 1, "split": "train"}
    card = json.dumps({"info": {"features": {"essay": {"_type": "Image"}}}})
    table = pa.Table.from_pylist([row]).replace_schema_metadata({"huggingface": card})
    pq.write_table(table, tmp_path / "picture.parquet")
    opened: list[object] = []
    sys.addaudithook(lambda event, given: opened.append(given[0]) if event == "open" else None)
    assert refused(tmp_path / "picture.parquet").startswith("picture.parquet:row 1: the essay is not text")
    assert str(tmp_path / "picture.parquet") in map(str, opened)
    assert str(secret) not in map(str, opened)


def test_a_few_kilobytes_that_hold_gigabytes_are_refused_in_time(tmp_path: Path) -> None:
    long = pa.DictionaryArray.from_arrays(pa.array([0] * 1500, pa.int32()), pa.array(["word " * 600_000]))
    pq.write_table(pa.table({"topic": ["One"] * 1500, "essay": long}), tmp_path / "bomb.parquet", compression="zstd")
    assert (tmp_path / "bomb.parquet").stat().st_size < 2**20
    assert "million characters up to here" in refused(tmp_path / "bomb.parquet")


@pytest.mark.parametrize("name", ["essays [2024].parquet", "a?b.parquet", "a::b.parquet", "http::x.parquet"])
def test_a_path_is_a_path_and_no_pattern(name: str, tmp_path: Path) -> None:
    as_parquet(tmp_path).rename(tmp_path / name)
    (tmp_path / "a*b.parquet").write_bytes(b"another's")
    assert len(read_pairs(tmp_path / name)) == 3


@pytest.mark.parametrize("state", ["{", "[]", '{"_data_files": [{"filename": "../../other.arrow"}]}', "[" * 100_000])
def test_a_saved_set_whose_list_of_files_is_damaged_is_not_read_by_half(state: str, tmp_path: Path) -> None:
    folder = as_saved(tmp_path)
    (folder / "train" / "state.json").write_text(state)
    assert "state.json" in refused(folder)


def test_a_saved_set_that_lacks_a_file_says_which(tmp_path: Path) -> None:
    folder = as_saved(tmp_path)
    (folder / "train" / "data-00000-of-00001.arrow").unlink()
    assert refused(folder) == ("train/data-00000-of-00001.arrow: not there, and the set's state.json names it")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "a.jsonl",
            '{"topic": "One", "topic": "Two", "essay": "x"}',
            "a.jsonl:1: not JSON: 'topic' stands in it twice",
        ),
        ("a.jsonl", "[" * 100_000, "a.jsonl:1: not JSON"),
        ("a.jsonl", '{"topic": ' + "9" * 5000 + "}", "a.jsonl:1: not JSON"),
        ("a.jsonl", '{"id": "\\ud800", "topic": "One", "essay": "x"}', "a.jsonl:1: the id '\\ud800' holds a character"),
        ("a.jsonl", '{"id": [1], "topic": "One", "essay": "x"}', "a.jsonl:1: the id is neither text nor a number"),
        ("a.csv", "topic,essay,essay\nOne,x,y\n", "a.csv:1: two columns are named 'essay'"),
        ("a.csv", '"topic,essay\nOne,x\n', "a.csv:1: not CSV"),
    ],
)
def test_rows_that_say_two_things_or_nothing_are_told(name: str, text: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert refused(tmp_path / name).startswith(expected)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert "nothing is read from a pipe" in refused(tmp_path / "pipe.jsonl")


@pytest.mark.parametrize("place", ["essays.parquet/x", "memory::x", "gone", "x" * 300])
def test_a_place_where_no_set_can_be_saved_is_told(place: str, tmp_path: Path) -> None:
    before = checked(as_parquet(tmp_path))
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    info = model_for_tests().model_copy(update={"folder": str(with_tokenizer(tmp_path)), "kind": "base"})
    there = sorted(tmp_path.iterdir())
    with pytest.raises(PairsError, match=r"is there already|can't be written|for several"):
        save_at(before, "Write.", info, tmp_path / place)
    assert sorted(tmp_path.iterdir()) == there
