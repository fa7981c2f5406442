"""What Prefect's UI is given: tables beside the entry, the attempts, what the worker says; and no essay."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort, LogSort
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL

from ownvoice.ladder import LADDER
from ownvoice.report.series_entry.tables import tables_of
from ownvoice.report.shown_table import as_markdown
from tests.flow.studio import ESSAYS, TOPICS, Studio
from tests.flow.test_command_line import wait_until
from tests.flow.test_overfit_diagnostic import diagnostic


def tables(key: str) -> list[list[dict[str, Any]]]:
    """The rows of every table artifact with this key, the newest first."""
    return [json.loads(each) for each in artifacts(key)]


def artifacts(key: str) -> list[str]:
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))  # the server holds those of other tests as well
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC, limit=200)
    return [str(each.data) for each in found]


def newest_logs() -> list[str]:
    with get_client(sync_client=True) as client:
        return [log.message for log in client.read_logs(limit=200, sort=LogSort.TIMESTAMP_DESC)]


def test_every_training_has_its_losses_as_a_table_one_from_the_cache_too(studio: Studio) -> None:
    config = studio.config(control=True, epochs=2, seeds=2)
    before = len(tables("losses-fine-tune-seed-14"))
    studio.run_with(config)
    rows = [
        {"Epoch": "0", "Training loss": "\N{EN DASH}", "Validation loss": "3.4000"},
        {"Epoch": "1", "Training loss": "3.0000", "Validation loss": "3.3000"},
        {"Epoch": "2", "Training loss": "2.8000", "Validation loss": "3.2000"},
    ]
    for training in ("fine-tune", "fine-tune-seed-14", "placebo-fine-tune", "placebo-fine-tune-seed-14"):
        assert tables(f"losses-{training}")[0] == rows
    studio.run_with(config)
    assert len(tables("losses-fine-tune-seed-14")) == before + 2


def test_every_attempt_stands_in_a_table_and_in_the_log(studio: Studio) -> None:
    studio.orders.write_text("train out-of-memory once\n")
    studio.run()
    rows = tables("attempts-fine-tune")[0]
    assert [(row["Memory setting"], row["Ended"].split()[0]) for row in rows] == [
        (LADDER[0].name, "OutOfMemory"),
        (LADDER[1].name, "completed"),
    ]
    assert (rows[0]["Reached"], rows[1]["Reached"]) == ("not known", "1 MiB")
    assert all(row["Predicted peak"].endswith("iB") for row in rows)
    wait_until(lambda: any("Attempt 2 at" in line and "completed" in line for line in newest_logs()))


def test_a_series_has_the_tables_of_its_entry(studio: Studio) -> None:
    result = studio.run_series(studio.scale_up_config(1, 3)).record.result
    shown = tables_of(result, {})
    assert set(shown) == {"sizes", "growth"}
    for name, table in shown.items():
        assert tables(f"scale-up-{name}")[0] == table.as_records()
    assert as_markdown(shown["growth"]) in studio.logbook()
    entry = artifacts("series-entry")[0]
    assert "Run 1" in entry
    assert "/entry.md" not in entry, "the UI reaches no file"


def test_the_curves_of_a_series_stand_in_its_entry(studio: Studio) -> None:
    studio.run_series(diagnostic(studio))
    assert "data:image/svg+xml;base64," in artifacts("series-entry")[0]


def test_what_the_worker_says_is_in_the_log_but_no_essay_and_not_without_end(studio: Studio) -> None:
    """A worker that dies with an essay on its lips tells it in the attempt's error as well."""
    studio.orders.write_text("train mutter-and-die once\ntrain mutter once\n")
    studio.run()
    wait_until(lambda: any("more lines" in line for line in newest_logs()))
    said = [line for line in newest_logs() if line.startswith("worker: ")]
    assert "worker: UserWarning: step 18 was slow" in said
    assert "worker: (a line with words of an essay)" in said
    assert len(said) <= 2 * 21, "of 204"
    kept = everything_in_the_database()
    assert "UserWarning: step 18 was slow" in kept
    assert not [essay for essay in ESSAYS if any(part in kept for part in (essay, essay[10:45]))]


def test_the_entry_in_the_log_quotes_her_and_the_one_in_prefect_does_not(studio: Studio) -> None:
    studio.run()
    (quoted,) = [essay for essay in ESSAYS if essay in studio.logbook()]
    assert f"- You, on “{TOPICS[ESSAYS.index(quoted)]}”: “{quoted}”" in studio.logbook()
    assert quoted in next((studio.artifacts / "runs").glob("*/record.json")).read_text()
    shown, kept = artifacts("log-entry")[0], everything_in_the_database()
    assert "- Before training" in shown
    assert not [
        essay for essay in ESSAYS if any(part in text for part in (essay, essay[10:45]) for text in (shown, kept))
    ]


def everything_in_the_database() -> str:
    url = PREFECT_API_DATABASE_CONNECTION_URL.value()
    assert url is not None
    place = url.get_secret_value() if hasattr(url, "get_secret_value") else str(url)
    with sqlite3.connect(f"file:{place.partition(':///')[2]}?mode=ro", uri=True) as database:
        names = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
        return "\n".join(str(row) for name in names for row in database.execute(f'select * from "{name}"'))
