"""What the essays are carried in: the same training in every format, and a library that only those pay for who read."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from prefect.client.orchestration import get_client

from ownvoice.essays.check import read_pairs
from tests.flow.studio import Studio

HEAVY = {"datasets", "pyarrow", "pandas", "torch", "transformers"}


@pytest.mark.parametrize("form", ["parquet", "jsonl", "mapped"])
def test_the_same_essays_in_another_format_come_from_the_cache(studio: Studio, form: str) -> None:
    first = studio.run().record
    studio.calls()
    rows = [pair.model_dump(exclude={"source"}) for pair in read_pairs(studio.essays)]
    path, columns = studio.folder / f"essays.{'jsonl' if form == 'jsonl' else 'parquet'}", {}
    if form == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        columns = {"essay": "text", "topic": "name"}
        pq.write_table(pa.Table.from_pylist(rows).rename_columns(["id", "name", "text", "tier", "split"]), path)
    config = studio.config()
    config = config.model_copy(update={"data": config.data.model_copy(update={"pairs": str(path), "columns": columns})})
    again = studio.run_with(config).record
    assert studio.calls() == []
    assert again.data
    assert first.data
    assert again.data.fingerprint == first.data.fingerprint != ""
    assert again.training == first.training
    assert f"fingerprint is `{first.data.fingerprint}`" in studio.logbook()


def test_neither_help_nor_a_cached_rerun_imports_what_only_reading_needs(studio: Studio) -> None:
    run = ("run", studio.experiment_file())
    assert "datasets" in imported(studio, *run)  # the first run reads
    studio.calls()
    assert not imported(studio, *run) & HEAVY
    assert studio.calls() == []
    assert not imported(studio, "--help") & HEAVY


def imported(studio: Studio, *arguments: str) -> set[str]:
    """Names of the packages that the command imported, as Python itself tells them."""
    process = studio.command(*arguments, PYTHONPROFILEIMPORTTIME="1")
    _, errors = process.communicate(timeout=180)
    assert process.returncode == 0, errors
    told = [line.rpartition("|")[2].strip() for line in errors.splitlines() if line.startswith("import time:")]
    assert "typer" in told
    return {name.partition(".")[0] for name in told}


def test_the_check_stands_in_the_ui_as_a_table(studio: Studio) -> None:
    studio.run()
    with get_client(sync_client=True) as client:
        tables = [each for each in client.read_artifacts() if each.key == "essays" and each.type == "table"]
    rows = json.loads(str(tables[-1].data))
    assert rows[-1]["split"] == "both"
    assert rows[-1]["pairs"] == 4
    assert "probes" in str(tables[-1].description)
    assert "Fingerprint" in str(tables[-1].description)
