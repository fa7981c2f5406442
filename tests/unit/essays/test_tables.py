"""One set in every format: the same pairs and fingerprint; and tables that are broken, mistyped or lie."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ownvoice.errors import PairsError
from ownvoice.essays.check import check_pairs, read_pairs
from ownvoice.essays.data_sets import _split_of
from ownvoice.essays.saved import save_at
from ownvoice.models.prompt_format import Reading
from ownvoice.records import CheckedPairs
from tests.unit.essays.folders import BASE, counter, essay, experiment, write_essay, write_sound_set
from tests.unit.records_for_tests import model_for_tests

Row = dict[str, object]
ROWS: list[Row] = [
    {"id": "apples", "topic": "Apples", "essay": essay("red"), "tier": 1, "split": "train"},
    {"id": "boats", "topic": "Boats", "essay": essay("blue"), "tier": 2, "split": "train"},
    {"id": "clocks", "topic": "Clocks", "essay": essay("brass"), "tier": 1, "split": "validation"},
]
READING = Reading(BASE, counter(), 1000)


def as_markdown(path: Path) -> Path:
    return write_sound_set(path / "essays")


def as_jsonl(path: Path) -> Path:
    (path / "essays.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path / "essays.jsonl"


def as_csv(path: Path) -> Path:
    with (path / "essays.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(ROWS[0]))
        writer.writeheader()
        writer.writerows(ROWS)
    return path / "essays.csv"


def as_parquet(path: Path) -> Path:
    pq.write_table(pa.Table.from_pylist(ROWS), path / "essays.parquet")
    return path / "essays.parquet"


def as_arrow_file(path: Path) -> Path:
    table = pa.Table.from_pylist(ROWS)
    with pa.OSFile(str(path / "essays.arrow"), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)
    return path / "essays.arrow"


def as_saved(path: Path) -> Path:
    parts = {
        split: datasets.Dataset.from_list(
            [{k: v for k, v in row.items() if k != "split"} for row in ROWS if row["split"] == split]
        )
        for split in ("train", "validation")
    }
    datasets.DatasetDict(parts).save_to_disk(str(path / "saved"))
    (path / "saved" / "train" / "cache-1234.arrow").write_bytes(b"what a map left behind")
    return path / "saved"


def as_hub_set(path: Path) -> Path:
    """As a snapshot has it: a card, settings, and Parquet by split."""
    folder = path / "snapshot"
    (folder / "data").mkdir(parents=True)
    (folder / "README.md").write_text("---\nconfigs:\n- data_files: http://127.0.0.1:9/evil.parquet\n---\n# A set\n")
    (folder / ".gitattributes").write_text("*.parquet filter=lfs")
    for split, name in (("train", "train"), ("validation", "test")):
        rows = [{k: v for k, v in row.items() if k != "split"} for row in ROWS if row["split"] == split]
        pq.write_table(pa.Table.from_pylist(rows), folder / "data" / f"{name}-00000-of-00001.parquet")
    return folder


def with_tokenizer(path: Path) -> Path:
    (path / "model").mkdir()
    counter()._tokenizer.save(str(path / "model" / "tokenizer.json"))
    return path / "model"


def checked(path: Path, **data: object) -> CheckedPairs:
    return check_pairs(experiment(path, None, **data), READING)


@pytest.mark.parametrize("written", [as_jsonl, as_csv, as_parquet, as_arrow_file, as_saved, as_hub_set])
def test_the_same_essays_are_the_same_set_in_every_format(written: Callable[[Path], Path], tmp_path: Path) -> None:
    expected, found = checked(as_markdown(tmp_path)), checked(written(tmp_path))
    as_said = [pair.model_copy(update={"source": ""}) for pair in found.pair_set.pairs]
    assert as_said == [pair.model_copy(update={"source": ""}) for pair in expected.pair_set.pairs]
    assert found.fingerprint == expected.fingerprint
    assert found.figures == expected.figures


def test_another_essay_has_another_fingerprint(tmp_path: Path) -> None:
    before = checked(as_markdown(tmp_path)).fingerprint
    write_essay(tmp_path / "essays", "boats", "Boats", essay("blue") + " And so on.", tier=2)
    assert checked(tmp_path / "essays").fingerprint != before


def test_columns_are_mapped_and_others_passed_over(tmp_path: Path) -> None:
    theirs = [{"text": row["essay"], "name": row["topic"], "url": "http://x", "id": row["id"]} for row in ROWS]
    pq.write_table(pa.Table.from_pylist(theirs), tmp_path / "theirs.parquet")
    columns = {"essay": "text", "topic": "name"}
    pairs = checked(tmp_path / "theirs.parquet", columns=columns).pair_set.pairs
    assert sorted((pair.id, pair.topic) for pair in pairs) == [(row["id"], row["topic"]) for row in ROWS]
    (tmp_path / "theirs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in theirs))
    assert checked(tmp_path / "theirs.jsonl", columns=columns).pair_set.pairs


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".csv"])
def test_a_column_that_is_not_there_is_told_once_with_those_that_are(suffix: str, tmp_path: Path) -> None:
    path = {".parquet": as_parquet, ".jsonl": as_jsonl, ".csv": as_csv}[suffix](tmp_path)
    found = refused(path, essay="texte")
    line = ":1" if suffix == ".csv" else ""
    assert found == (
        f"essays{suffix}{line}: no column 'texte', which data.columns.essay names; "
        "there are essay, id, split, tier, topic"
    )


def test_a_mistyped_column_of_a_table_is_told_once(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([{**row, "spilt": "train"} for row in ROWS]), tmp_path / "essays.parquet")
    assert refused(tmp_path / "essays.parquet") == "essays.parquet: no such field 'spilt'; did you mean split?"


def refused(path: Path, **columns: str) -> str:
    with pytest.raises(PairsError) as caught:
        read_pairs(path, columns)  # type: ignore[arg-type]
    return caught.value.found.replace(f"{path}/", "").replace(f"{path.parent}/", "")


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


def test_rows_are_counted_as_they_lie(tmp_path: Path) -> None:
    rows = [{**row, "tier": 7 if row["id"] == "boats" else 1, "spilt": ""} for row in ROWS]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "essays.parquet")
    assert "essays.parquet:row 2: tier 7 is none of" in refused(tmp_path / "essays.parquet")


def test_a_set_of_json_lines_has_its_splits_in_the_names(tmp_path: Path) -> None:
    folder = tmp_path / "snapshot"
    (folder / "data").mkdir(parents=True)
    for name, rows in (("train", ROWS[:2]), ("validation", ROWS[2:])):
        lines = [json.dumps({k: v for k, v in row.items() if k != "split"}) for row in rows]
        (folder / "data" / f"{name}.jsonl").write_text("\n".join(lines))
    assert [(pair.id, pair.split) for pair in checked(folder).pair_set.pairs] == [
        ("apples", "train"),
        ("boats", "train"),
        ("clocks", "validation"),
    ]


def test_a_table_beside_a_saved_set_is_read_with_it(tmp_path: Path) -> None:
    as_saved(tmp_path)
    rows = [{**ROWS[0], "id": "pears", "topic": "Pears", "essay": essay("pear")}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "more.parquet")
    assert {pair.id for pair in read_pairs(tmp_path)} == {"apples", "boats", "clocks", "pears"}


def test_what_is_no_table_is_told_but_in_the_hubs_cache(tmp_path: Path) -> None:
    as_hub_set(tmp_path)
    (tmp_path / "snapshot" / "more.jsonl.gz").write_bytes(b"")
    (tmp_path / "snapshot" / "LICENSE.txt").write_text("CC0")
    assert refused(tmp_path / "snapshot") == "more.jsonl.gz: no table: take it out, or begin its name with _"
    (tmp_path / "datasets--anna--essays").mkdir()
    moved = (tmp_path / "snapshot").rename(tmp_path / "datasets--anna--essays" / "snapshot")
    (moved / "essays.py").write_text("open('ran', 'w')")
    assert len(read_pairs(moved)) == 3


def test_an_essay_among_tables_is_not_left_out_in_silence(tmp_path: Path) -> None:
    folder = as_hub_set(tmp_path)
    write_essay(folder, "draft", "A draft", essay("green"))
    assert "draft.md: an essay among tables" in refused(folder)


def test_a_checked_set_is_saved_once_and_is_the_same_set_when_it_is_read_again(tmp_path: Path) -> None:
    before = checked(as_markdown(tmp_path))
    tokenizer = tmp_path / "model" / "tokenizer.json"
    tokenizer.parent.mkdir()
    counter()._tokenizer.save(str(tokenizer))
    info = model_for_tests().model_copy(
        update={"folder": str(tokenizer.parent), "kind": "base", "context_tokens": 1000}
    )
    save_at(before, "Write.", info, tmp_path / "kept")
    saved = datasets.load_from_disk(str(tmp_path / "kept"))
    assert {split: part["id"][:] for split, part in saved.items()} == {
        "train": ["apples", "boats"],
        "validation": ["clocks"],
    }
    assert saved["train"].features["tier"] == datasets.Value("int32")
    assert checked(tmp_path / "kept").fingerprint == before.fingerprint
    with pytest.raises(PairsError, match="is there already, and is not overwritten"):
        save_at(before, "Write.", info, tmp_path / "kept")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


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


def test_rows_of_a_saved_set_without_ids_are_told_apart(tmp_path: Path) -> None:
    parts = {
        split: datasets.Dataset.from_list([{"topic": row["topic"], "essay": row["essay"]} for row in rows])
        for split, rows in (("train", ROWS[:2]), ("validation", ROWS[2:]))
    }
    datasets.DatasetDict(parts).save_to_disk(str(tmp_path / "plain"))
    assert [(pair.id, pair.split) for pair in read_pairs(tmp_path / "plain")] == [
        ("train-data-00000-of-00001-1", "train"),
        ("train-data-00000-of-00001-2", "train"),
        ("validation-data-00000-of-00001-1", "validation"),
    ]


def test_labels_that_datasets_keeps_as_numbers_are_read_by_their_names(tmp_path: Path) -> None:
    label = datasets.ClassLabel(names=["train", "validation"])
    rows = [{**row, "split": label.str2int(row["split"])} for row in ROWS]
    features = datasets.Features(
        {
            "id": datasets.Value("string"),
            "topic": datasets.Value("string"),
            "essay": datasets.Value("string"),
            "tier": datasets.Value("float64"),
            "split": label,
        }
    )
    datasets.Dataset.from_list(rows, features=features).to_parquet(tmp_path / "essays.parquet")
    assert [(pair.tier, pair.split) for pair in read_pairs(tmp_path / "essays.parquet")] == [
        (1, "train"),
        (2, "train"),
        (1, "validation"),
    ]


def test_line_ends_make_no_other_set(tmp_path: Path) -> None:
    unix = as_parquet(tmp_path)
    before = checked(unix).fingerprint
    rows = [{**row, "essay": str(row["essay"]).replace("\n", "\r\n")} for row in ROWS]
    pq.write_table(pa.Table.from_pylist(rows), unix)
    assert checked(unix).fingerprint == before


@pytest.mark.parametrize(
    ("place", "split"),
    [
        ("validation-00000-of-00001.parquet", "validation"),
        ("eval-v2/train-0.parquet", "train"),
        ("test/0000.parquet", "validation"),
        ("my-test.parquet", "train"),
        ("latest.parquet", "train"),
        ("valery.parquet", "train"),
    ],
)
def test_a_split_is_a_name_that_begins_so_and_the_nearest_counts(place: str, split: str) -> None:
    assert _split_of(Path(place)) == split


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


def test_nothing_is_left_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    assert read_pairs(as_parquet(tmp_path))
    assert not (tmp_path / "cache").exists()
