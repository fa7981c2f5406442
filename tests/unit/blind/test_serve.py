"""Who may speak to the page's server, by raw requests: whoever is refused learns nothing and changes nothing."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from ownvoice.blind.choose import Wanted, choose_passages
from ownvoice.blind.opened import OpenSitting
from ownvoice.blind.result import count
from ownvoice.blind.serve import serve
from ownvoice.blind.sheet import Sheet, Sitting
from ownvoice.report.entry.blind import shown_test
from tests.unit.blind.runs_for_tests import author_for_tests, run_for_tests

NOW = "2026-11-30T12:00:00+00:00"
FORBIDDEN, NOT_THERE = 403, 404


class Answered(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    text: str


class Served(NamedTuple):
    port: int
    token: str
    sheet: Sheet
    file: Path
    """The sitting's."""

    def ask(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes | None = None) -> Answered:
        """The headers as they are given and no others."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        found = Answered(response.status, response.headers, response.read().decode())
        connection.close()
        return found

    def get(self, query: str, host: str = "") -> Answered:
        return self.ask("GET", f"/{query}", [("Host", host or f"127.0.0.1:{self.port}")])

    def post(self, path: str, values: Any, **changes: str | None) -> Answered:
        """As the page does it; a header is changed, or left out where it is None. `_` stands for `-`."""
        body = values if isinstance(values, bytes) else json.dumps(values).encode()
        usual: dict[str, str | None] = {
            "Host": f"127.0.0.1:{self.port}",
            "Origin": f"http://127.0.0.1:{self.port}",
            "X-Ownvoice-Token": self.token,
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        usual |= {name.replace("_", "-"): value for name, value in changes.items()}
        return self.ask("POST", path, [(name, value) for name, value in usual.items() if value is not None], body)

    def answer(self, number: int = 0, **values: Any) -> dict[str, Any]:
        return {"id": self.sheet.passages[number].id, "mine": True, "sure": 2} | values


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    record = run_for_tests()
    sheet = choose_passages(record, author_for_tests(), Wanted(NOW, 1), 1)
    file = tmp_path / "sitting-1.json"
    opened = OpenSitting(
        sheet, file, Sitting(sheet=sheet.id), lambda: NOW, lambda done: shown_test(count(record, sheet, done))
    )
    addresses: list[str] = []
    known = threading.Event()

    def tell(address: str) -> None:
        addresses.append(address)
        known.set()

    thread = threading.Thread(target=serve, args=(opened, tell))
    thread.start()
    assert known.wait(20)
    address = urlsplit(addresses[0])
    assert address.port
    found = Served(address.port, parse_qs(address.query)["token"][0], sheet, file)
    yield found
    assert found.post("/stop", {}).status == 200
    thread.join(20)
    assert not thread.is_alive()


def test_the_printed_address_gives_the_page_which_nothing_keeps_frames_or_reads(served: Served) -> None:
    found = served.get(f"?token={served.token}")
    assert found.status == 200
    assert served.sheet.passages[0].id in found.text
    assert found.headers["Cache-Control"] == "no-store"
    policy = found.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert not [name for name in found.headers if name.lower().startswith("access-control")]


def test_a_wrong_token_is_refused(served: Served) -> None:
    for query in ("", "?token=", "?token=wrong", f"?token={served.token}x", f"?token={served.token}&token=x"):
        found = served.get(query)
        assert found.status == FORBIDDEN, query
        assert served.sheet.passages[0].id not in found.text
    for token in (None, "", "wrong"):
        assert served.post("/answer", served.answer(), X_Ownvoice_Token=token).status == FORBIDDEN
    assert served.post(f"/answer?token={served.token}", served.answer(), X_Ownvoice_Token=None).status == FORBIDDEN
    assert not served.file.exists()


def test_an_address_that_is_none_is_refused(served: Served) -> None:
    host = [("Host", f"127.0.0.1:{served.port}")]
    assert served.ask("GET", "http://[", host).status == FORBIDDEN
    assert served.ask("GET", f"//[?token={served.token}", host).status == NOT_THERE


def test_a_wrong_host_is_refused(served: Served) -> None:
    for host in (
        "evil.example",
        f"evil.example:{served.port}",
        "127.0.0.1",
        "127.0.0.1:1",
        f"127.0.0.1:{served.port}.evil",
    ):
        assert served.get(f"?token={served.token}", host).status == FORBIDDEN, host
        assert served.post("/answer", served.answer(), Host=host).status == FORBIDDEN, host
    assert served.ask("GET", f"/?token={served.token}", []).status == FORBIDDEN
    twice = [("Host", f"127.0.0.1:{served.port}"), ("Host", "evil.example")]
    assert served.ask("GET", f"/?token={served.token}", twice).status == FORBIDDEN
    assert not served.file.exists()


def test_a_wrong_origin_is_refused(served: Served) -> None:
    for origin in (None, "null", "http://evil.example", "http://127.0.0.1:1", f"https://127.0.0.1:{served.port}"):
        for path in ("/answer", "/finish", "/stop"):
            assert served.post(path, served.answer(), Origin=origin).status == FORBIDDEN, (origin, path)
    assert not served.file.exists()


def test_other_origins_are_granted_nothing(served: Served) -> None:
    asked = [("Host", f"127.0.0.1:{served.port}"), ("Origin", "http://evil.example")]
    found = served.ask("OPTIONS", "/answer", [*asked, ("Access-Control-Request-Method", "POST")])
    assert found.status >= 400
    assert not [name for name in found.headers if name.lower().startswith("access-control")]


def test_an_answer_is_on_the_disk_before_the_page_hears_of_it_and_may_be_changed(served: Served) -> None:
    assert json.loads(served.post("/answer", served.answer()).text) == {"judged": 1}
    assert Sitting(**json.loads(served.file.read_text())).answers[0].mine
    assert json.loads(served.post("/answer", served.answer(mine=False, sure=3)).text) == {"judged": 1}
    (kept,) = Sitting(**json.loads(served.file.read_text())).answers
    assert (kept.mine, kept.sure) == (False, 3)


@pytest.mark.parametrize(
    ("values", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        ({"id": "0" * 16, "mine": True, "sure": 1}, 409),
        ({"id": "0" * 16, "mine": "yes", "sure": 1}, 400),
        ({"id": "0" * 16, "mine": True, "sure": 4}, 400),
        ({"id": "0" * 16, "mine": True, "sure": 1, "more": 1}, 400),
        (b"x" * 2001, 413),
    ],
)
def test_what_is_no_answer_is_refused(served: Served, values: Any, status: int) -> None:
    assert served.post("/answer", values).status == status
    assert not served.file.exists()


def test_a_length_that_is_none_and_another_type_are_refused(served: Served) -> None:
    for length in (None, "-1", "1e3", "\u0663", "9" * 5000):
        assert served.post("/answer", b"", Content_Length=length and length.encode().decode("latin-1")).status in (
            411,
            413,
        )
    assert served.post("/answer", served.answer(), Content_Type="text/plain").status == 415
    assert served.post("/elsewhere", {}).status == 404
    assert served.get(f"other?token={served.token}").status == 404


def test_the_result_is_told_once_all_are_judged_and_then_nothing_changes(served: Served) -> None:
    refused = served.post("/finish", {})
    assert refused.status == 409
    assert "3 passages aren't judged" in refused.text
    for number in range(3):
        served.post("/answer", served.answer(number))
    told = json.loads(served.post("/finish", {}).text)
    assert told["summary"][0] == "You took 1 of 1 passages of the fine-tuned model for yours, and 1 of 1 of your own."
    assert {writer for writer, _ in told["key"].values()} == {"You", "The fine-tuned model", "The untuned model"}
    before = served.file.read_bytes()
    assert served.post("/answer", served.answer(mine=False)).status == 409
    assert json.loads(served.post("/finish", {}).text) == told
    assert served.file.read_bytes() == before
    assert told["summary"][0] in served.get(f"?token={served.token}").text


def test_it_ends_when_nothing_is_asked_for_long(tmp_path: Path) -> None:
    record = run_for_tests()
    sheet = choose_passages(record, author_for_tests(), Wanted(NOW, 1), 1)
    opened = OpenSitting(
        sheet, tmp_path / "sitting-1.json", Sitting(sheet=sheet.id), lambda: NOW, lambda _: pytest.fail("not finished")
    )
    assert serve(opened, lambda _: None, idle_seconds=0.1) == "idle"
