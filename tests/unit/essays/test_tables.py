"""One set in every format: the same pairs and fingerprint, whatever it lies in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ownvoice.errors import PairsError
from ownvoice.essays.check import read_pairs
from ownvoice.essays.data_sets import data_files
from ownvoice.essays.saved import save_at
from tests.unit.essays.folders import counter, essay, write_essay
from tests.unit.essays.one_set import (
    ROWS,
    as_arrow_file,
    as_csv,
    as_hub_set,
    as_jsonl,
    as_markdown,
    as_parquet,
    as_saved,
    checked,
    refused,
    with_tokenizer,
)
from tests.unit.records_for_tests import model_for_tests


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
def test_a_split_is_a_name_that_begins_so_and_the_nearest_counts(place: str, split: str, tmp_path: Path) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    for file in (tmp_path / place, tmp_path / "training.csv", tmp_path / "validating.csv", tmp_path / "dev.csv"):
        file.touch()
    assert data_files(tmp_path)[tmp_path / place] == split


def test_saving_leaves_nothing_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    info = model_for_tests().model_copy(update={"folder": str(with_tokenizer(tmp_path)), "kind": "base"})
    save_at(checked(as_parquet(tmp_path)), "Write.", info, tmp_path / "kept")
    assert not (tmp_path / "cache").exists()
    datasets.load_dataset("parquet", data_files=str(tmp_path / "essays.parquet"), cache_dir=None)
    assert (tmp_path / "cache").exists()  # what reading through `datasets` would have left
