"""The depot behind S3: the package's own client and a server of moto's, on this machine."""

from __future__ import annotations

import time
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from ownvoice.records.answers import Outputs
from ownvoice.run.depot import open_depot
from ownvoice.run.shared_results import RESULT_BYTES, fetch_result, share_result
from ownvoice.run.stored import find_stored
from tests.flow import two_machines
from tests.flow.conftest import prefect_server, studio, tiny_model
from tests.flow.studio import Studio
from tests.flow.two_machines import Machines

__all__ = ["prefect_server", "studio", "tiny_model"]  # fixtures of the flow tests

KEY = f"generate-{'0' * 32}"
ANSWERS = Outputs(outputs=(), seconds=1.0, tokens_per_second=4.0, peak_bytes=9)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A new one, and the environment in which s3fs finds it."""
    for name, value in {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "anna",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="depot")
    yield "s3://depot/ownvoice"
    for each in client.list_objects_v2(Bucket="depot").get("Contents", []):
        client.delete_object(Bucket="depot", Key=each["Key"])
    client.delete_bucket(Bucket="depot")


@pytest.fixture
def machines(studio: Studio, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Machines:
    return Machines(studio, monkeypatch, bucket)


def test_the_untuned_models_answers_are_made_once_for_both(machines: Machines) -> None:
    two_machines.share_the_baseline(machines)


def test_a_run_of_one_is_adopted_on_the_other_and_logged_there_once(machines: Machines) -> None:
    two_machines.adopt_a_run(machines)


def test_under_the_prefix_lie_results_and_records_and_nothing_else(machines: Machines) -> None:
    written = machines.at("one").run()
    names = [each["Key"] for each in boto3.client("s3").list_objects_v2(Bucket="depot")["Contents"]]
    results = [name for name in names if name.startswith("ownvoice/results/")]
    assert len(results) == 7
    assert sorted({*names} - {*results}) == [f"ownvoice/runs/{written.record.key}/record.json"]


def test_a_bucket_that_is_not_there_costs_one_sentence(machines: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNVOICE_DEPOT", "s3://nobodys")
    written, told = machines.told(machines.at("one").run)
    assert written.record.status == "completed"
    (sentence,) = [each for each in told if "depot" in each]
    assert sentence.startswith("The depot s3://nobodys can't be used, and nothing is shared from here on: ")
    assert "bucket does not exist" in sentence


@pytest.mark.parametrize("content", [b"", b'{"key": "', b"[" * 10**6, b" " * (RESULT_BYTES + 1)])
def test_a_damaged_object_counts_as_none_and_is_mended(machines: Machines, content: bytes) -> None:
    boto3.client("s3").put_object(Bucket="depot", Key=f"ownvoice/results/{KEY}", Body=content)
    machines.at("one")
    told: list[str] = []
    depot = open_depot(told.append)
    fetch_result(depot, KEY)
    assert find_stored(KEY) is None
    assert f"results/{KEY} in the depot s3://depot/ownvoice is ignored" in told[0]
    share_result(depot, KEY, ANSWERS)
    fetch_result(depot, KEY)
    assert find_stored(KEY) == ANSWERS
    assert len(told) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "Could not connect"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "HOME": "/nonexistent"}, "credentials"),
    ],
)
def test_what_cannot_be_reached_is_tried_once_and_within_seconds(
    machines: Machines, changes: dict[str, str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    machines.at("one")
    told: list[str] = []
    depot, started = open_depot(told.append), time.monotonic()
    fetch_result(depot, KEY)
    once = time.monotonic() - started
    for _ in range(100):
        share_result(depot, KEY, ANSWERS)
    assert once < 20
    assert len(told) == 1
    assert why in told[0]
