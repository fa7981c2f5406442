"""One set of three essays, written in every format."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ownvoice.errors import PairsError
from ownvoice.essays.check import check_pairs, read_pairs
from ownvoice.models.prompt_format import Reading
from ownvoice.records.essays import CheckedPairs
from tests.unit.essays.folders import BASE, counter, essay, experiment, write_sound_set

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


def refused(path: Path, **columns: str) -> str:
    with pytest.raises(PairsError) as caught:
        read_pairs(path, columns)  # type: ignore[arg-type]
    return caught.value.found.replace(f"{path}/", "").replace(f"{path.parent}/", "")
