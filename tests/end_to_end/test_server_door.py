"""Web pages attack the Prefect servers, the one of `ownvoice serve` and a command's private one: all are refused.

Each check is tried alone as well: an attacker who has the key still comes from another origin.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import secrets
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from flows.server.find import PrivateServer
from flows.server.served import make_server_key
from ownvoice.errors import ServerUnavailable
from ownvoice.paths import ROOT, models_folder
from tests.end_to_end.writer import OWNVOICE, SHORT, Writer

# All is http: without this each request reads the certificates of this machine, 25 of its 26 ms.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
FOREIGN = "http://evil.example"
SHELL = [{"prefect.deployments.steps.run_shell_script": {"script": "echo owned"}}]
ONE_DAY = {"state": {"type": "SCHEDULED", "state_details": {"scheduled_time": "2099-01-01T00:00:00Z"}}}
# What a page tries: method, path, content type, body.
ATTACKS = {
    "reads the deployments": ("POST", "/deployments/filter", "text/plain", {}),
    "reads the runs": ("POST", "/flow_runs/filter", "text/plain", {}),
    "changes what a deployment runs": ("PATCH", "/deployments/{deployment}", "application/json", {"pull_steps": SHELL}),
    "starts a run": ("POST", "/deployments/{deployment}/create_flow_run", "application/json", {}),
    "starts a run as plain text": ("POST", "/deployments/{deployment}/create_flow_run", "text/plain", {}),
}


def ask(method: str, url: str, **given: Any) -> httpx.Response:
    """The answer; asked again on a 503, as Prefect's client does: the two servers share a database, which may be busy."""
    deadline = time.monotonic() + 30
    while True:
        answer = httpx.request(method, url, verify=NO_CERTIFICATES, **given)
        if answer.status_code != 503 or time.monotonic() > deadline:
            return answer
        time.sleep(0.1)


@dataclass(frozen=True)
class Server:
    """A server that runs, and what a terminal is given to speak to it."""

    client: dict[str, str]

    @property
    def url(self) -> str:
        return self.client["PREFECT_API_URL"]

    @property
    def key(self) -> str:
        return self.client.get("PREFECT_API_AUTH_STRING", "")

    @property
    def origin(self) -> str:
        return self.url.removesuffix("/api")

    def with_key(self) -> dict[str, str]:
        return {"Authorization": f"Basic {base64.b64encode(self.key.encode()).decode()}"}

    def with_everything(self) -> dict[str, str]:
        """The key and a CSRF token, as the UI has them."""
        page = secrets.token_hex()  # a new token makes the page's last one invalid
        token = ask("GET", f"{self.url}/csrf-token", params={"client": page}, headers=self.with_key()).json()
        return self.with_key() | {"Prefect-Csrf-Client": page, "Prefect-Csrf-Token": token.get("token", "")}

    def asks(self, attack: str, deployment: str, headers: dict[str, str]) -> httpx.Response:
        method, path, content_type, body = ATTACKS[attack]
        return ask(
            method,
            self.url + path.format(deployment=deployment),
            headers={"Content-Type": content_type, **headers},
            content=json.dumps(body),
        )

    def deployment(self) -> dict[str, object]:
        return dict(self._read_deployment().raise_for_status().json())

    def has_deployments(self) -> bool:
        return self._read_deployment().is_success

    def _read_deployment(self) -> httpx.Response:
        return ask("GET", f"{self.url}/deployments/name/ownvoice/control", headers=self.with_key())

    def count_runs(self) -> int:
        answer = ask("POST", f"{self.url}/flow_runs/count", headers=self.with_everything(), json={})
        return int(answer.raise_for_status().text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("door")


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return {
        "OWNVOICE_ARTIFACTS": str(folder / "artifacts"),
        "OWNVOICE_MODELS": str(models_folder()),
        "PREFECT_HOME": str(folder / "prefect"),  # the private server sees the deployments of the kept one
        "PREFECT_SERVER_API_PORT": str(port),
    }


@pytest.fixture(scope="module")
def welcome(environment: dict[str, str]) -> Iterator[str]:
    """`ownvoice serve`, and what it printed when it was ready."""
    serve = subprocess.Popen(
        [*OWNVOICE, "serve"],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert serve.stdout
    lines = []
    for line in serve.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    yield "".join(lines)
    serve.terminate()
    serve.communicate(timeout=60)


@pytest.fixture(scope="module")
def kept(welcome: str, folder: Path) -> Server:
    exports = "\n".join(line for line in welcome.splitlines() if line.startswith("  export"))
    shown = subprocess.run(["bash", "-c", f"{exports}\nenv"], capture_output=True, text=True, check=True).stdout
    client = dict(re.findall(r"^(PREFECT_API_URL|PREFECT_API_AUTH_STRING)=(.*)$", shown, re.M))
    server = Server(client | {"PREFECT_HOME": str(folder / "client")})
    deadline = time.monotonic() + 60
    while not server.has_deployments():
        assert time.monotonic() < deadline, "the deployments didn't come"
        time.sleep(0.2)
    return server


@pytest.fixture(scope="module")
def private(kept: Server, environment: dict[str, str], folder: Path) -> Iterator[Server]:
    assert kept
    server = PrivateServer()
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        address = server.start()
        server.wait()
    yield Server(address.environment() | {"PREFECT_HOME": str(folder / "client")})
    server.close()


@pytest.fixture(params=["kept", "private"])
def server(request: pytest.FixtureRequest) -> Server:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Server)
    return found


@pytest.fixture(params=ATTACKS)
def attack(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_page_of_another_origin_is_refused(server: Server, attack: str) -> None:
    for origin in (FOREIGN, "null", f"{FOREIGN}:{httpx.URL(server.url).port}", server.origin.replace("http", "https")):
        assert_refused(server, attack, {"Origin": origin})


def test_a_page_of_another_origin_is_refused_even_with_the_key(server: Server, attack: str) -> None:
    assert_refused(server, attack, {"Origin": FOREIGN, **server.with_everything()})


def test_a_page_whose_name_points_at_this_machine_is_refused(server: Server, attack: str) -> None:
    port = httpx.URL(server.url).port
    for host in ("evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", f"localhost:{port}.evil"):
        assert_refused(server, attack, {"Host": host})


def test_a_page_whose_name_points_at_this_machine_is_refused_even_with_the_key(server: Server, attack: str) -> None:
    port = httpx.URL(server.url).port
    rebound = {"Host": f"evil.example:{port}", **server.with_everything()}
    assert_refused(server, attack, rebound)
    assert_refused(server, attack, {**rebound, "Origin": f"http://evil.example:{port}"})


def test_without_the_key_or_with_a_wrong_one_nothing_is_answered(server: Server, attack: str) -> None:
    token = {name: value for name, value in server.with_everything().items() if name != "Authorization"}
    assert_refused(server, attack, token)
    for wrong in ("wrong", server.key[:-1]):
        assert_refused(
            server, attack, {**token, **Server(server.client | {"PREFECT_API_AUTH_STRING": wrong}).with_key()}
        )


def test_without_a_csrf_token_nothing_is_answered(server: Server, attack: str) -> None:
    assert_refused(server, attack, server.with_key())


def test_preflights_are_granted_to_the_servers_own_origins_alone(server: Server) -> None:
    for method, path in (("PATCH", "/deployments/1"), ("POST", "/deployments/filter")):
        asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "content-type"}
        for origin in (server.origin, server.origin.replace("127.0.0.1", "localhost")):
            granted = ask("OPTIONS", server.url + path, headers={"Origin": origin, **asked})
            assert granted.status_code == 200
            assert granted.headers["access-control-allow-origin"] == origin
        refused = ask("OPTIONS", server.url + path, headers={"Origin": FOREIGN, **asked})
        assert refused.status_code == 403
        assert "access-control-allow-origin" not in refused.headers


def test_the_servers_own_page_with_the_key_is_served(server: Server) -> None:
    page = {"Origin": server.origin, **server.with_everything()}
    deployment = str(server.deployment()["id"])
    assert server.asks("reads the deployments", deployment, {**page, "Content-Type": "application/json"}).json()
    address = f"{server.url}/deployments/{deployment}"
    assert ask("PATCH", address, headers=page, json={"description": "changed"}).status_code == 204
    assert server.deployment()["description"] == "changed"
    before = server.count_runs()
    assert ask("POST", f"{address}/create_flow_run", headers=page, json=ONE_DAY).status_code == 201
    assert server.count_runs() == before + 1


def test_no_page_frames_the_ui_and_the_ui_speaks_to_its_server_alone(server: Server) -> None:
    policy = ask("GET", server.origin).headers["content-security-policy"]
    allowed = dict(re.findall(r"([a-z-]+) ([^;]+)", policy))
    assert allowed["frame-ancestors"] == "'none'"
    host = server.origin.removeprefix("http://")
    assert set(allowed["connect-src"].split()) == {"'self'", f"http://{host}", f"ws://{host}"}


def test_events_flow_to_and_from_those_with_the_key_alone(server: Server) -> None:
    for path in ("/events/in", "/events/out", "/logs/out"):
        assert websocket_answer(server, path, token=server.key) == "auth_success"
        assert websocket_answer(server, path, token=server.key, origin=Origin(server.origin)) == "auth_success"
        assert websocket_answer(server, path, token=server.key, origin=Origin(FOREIGN)) == "403"
        assert websocket_answer(server, path, token=server.key, host="evil.example") == "403"
        assert websocket_answer(server, path, token="wrong") == "closed"
        assert websocket_answer(server, path, token=None) == "closed"


def test_prefects_own_command_line_works_as_printed(server: Server) -> None:
    assert "ownvoice/smoke-test" in prefect(server, "deployment", "ls")


def test_a_deployments_run_gets_the_key_and_its_steps_are_recorded(kept: Server, tiny_llama: Path) -> None:
    output = prefect(kept, "deployment", "run", "ownvoice/smoke-test", "--param", f"model={tiny_llama}", "--watch")
    assert "'Completed'" in output
    assert "prefect.task-run.Completed" in output  # over the websocket


def test_a_run_in_the_terminal_finds_the_kept_server_and_its_key(
    kept: Server, environment: dict[str, str], folder: Path, tiny_llama: Path
) -> None:
    before = kept.count_runs()
    writer = Writer(Path(environment["OWNVOICE_ARTIFACTS"]), folder / "client")
    assert "is in" in writer.types("run", "smoke-test", "--model", str(tiny_llama), *SHORT)
    assert kept.count_runs() == before + 1


def test_the_key_is_in_a_file_that_its_user_alone_reads_and_in_no_command_line(
    kept: Server, private: Server, environment: dict[str, str], welcome: str
) -> None:
    file = Path(environment["OWNVOICE_ARTIFACTS"]) / "server-key"
    assert file.read_text().strip() == kept.key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert kept.key != private.key
    assert kept.key not in welcome
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            assert not {kept.key, private.key} & set(" ".join(process.cmdline()).split())


def test_the_key_stays_over_a_restart_and_an_empty_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path))
    key = make_server_key()
    assert len(key) >= 40
    assert make_server_key() == key
    (tmp_path / "server-key").write_text("\n")
    with pytest.raises(ServerUnavailable, match="is empty"):
        make_server_key()


def assert_refused(server: Server, attack: str, headers: dict[str, str]) -> None:
    runs = server.count_runs()
    answer = server.asks(attack, str(server.deployment()["id"]), headers)
    assert answer.status_code in (401, 403), answer.text
    assert "access-control-allow-origin" not in answer.headers
    assert "ownvoice" not in answer.text
    assert not server.deployment()["pull_steps"]
    assert server.count_runs() == runs


def websocket_answer(
    server: Server, path: str, token: str | None, origin: Origin | None = None, host: str = "127.0.0.1"
) -> str:
    """'auth_success', or how the server refused."""
    port = httpx.URL(server.url).port
    channel = socket.create_connection(("127.0.0.1", port))
    url = f"ws://{host}:{port}/api{path}"
    try:
        with connect(url, sock=channel, subprotocols=[Subprotocol("prefect")], origin=origin, proxy=None) as websocket:
            websocket.send(json.dumps({"type": "auth", "token": token}))
            return str(json.loads(websocket.recv(timeout=20))["type"])
    except InvalidStatus as refused:
        return str(refused.response.status_code)
    except ConnectionClosed:
        return "closed"


def prefect(server: Server, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("prefect")), *arguments]
    done = subprocess.run(command, env=os.environ | server.client, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
