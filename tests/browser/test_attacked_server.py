"""A real web page, in a real browser, attacks a Prefect server of ours: from another origin, and under a name that was made to
point at this machine (DNS rebinding). Nothing is read, made, changed or removed; the server's own page works.

What a browser might do and no client of ours does stands here; the checks one by one: tests/end_to_end/test_server_door.py.
"""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from flows.server.find import PrivateServer
from tests.browser.conftest import REBOUND
from tests.end_to_end.test_server_door import Server, ask

# Every way that a page has, on the address that it is given; what comes of each, in words.
ATTACK = """
async ([api, deployment]) => {
  const tried = {};
  const json = {'Content-Type': 'application/json'}, plain = {'Content-Type': 'text/plain'};
  const shell = JSON.stringify({pull_steps: [{'prefect.deployments.steps.run_shell_script': {script: 'echo owned'}}]});
  const attempt = async (name, path, options) => {
    try {
      const answer = await fetch(api + path, options);
      tried[name] = answer.type === 'opaque' ? 'unread' : String(answer.status);
    } catch (error) { tried[name] = 'blocked'; }
  };
  await attempt('reads', '/deployments/filter', {method: 'POST', headers: plain, body: '{}'});
  await attempt('reads unseen', '/deployments/filter', {method: 'POST', mode: 'no-cors', headers: plain, body: '{}'});
  await attempt('reads health', '/health', {});
  await attempt('creates', '/flows/', {method: 'POST', headers: json, body: '{"name": "owned"}'});
  await attempt('creates unseen', '/flows/', {method: 'POST', mode: 'no-cors', headers: plain, body: '{"name": "owned"}'});
  await attempt('starts unseen', `/deployments/${deployment}/create_flow_run`,
                {method: 'POST', mode: 'no-cors', headers: plain, body: '{}'});
  await attempt('changes', `/deployments/${deployment}`, {method: 'PATCH', headers: json, body: shell});
  await attempt('removes', `/deployments/${deployment}`, {method: 'DELETE'});
  await attempt('with credentials', '/deployments/filter',
                {method: 'POST', headers: json, body: '{}', credentials: 'include'});
  tried['listens'] = await new Promise(resolve => {
    const socket = new WebSocket(api.replace('http', 'ws') + '/events/out', 'prefect');
    socket.onopen = () => resolve('open');
    socket.onerror = socket.onclose = () => resolve('blocked');
  });
  return tried;
}
"""
REFUSED = {"blocked", "unread", "401", "403"}


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def evil_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page that somebody else serves."""
    folder = tmp_path_factory.mktemp("evil")
    (folder / "index.html").write_text("<!doctype html><title>Win a prize</title>")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{REBOUND}:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    private = PrivateServer()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("OWNVOICE_ARTIFACTS", str(folder / "artifacts"))
        patched.setenv("PREFECT_HOME", str(folder / "prefect"))
        address = private.start()
        private.wait()
    yield Server(address.environment())
    private.close()


@pytest.fixture(scope="module")
def deployment(server: Server) -> str:
    flow = made(server, "/flows/", {"name": "ownvoice"})["id"]
    return str(made(server, "/deployments/", {"name": "control", "flow_id": flow})["id"])


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_a_page_of_another_origin_gets_nothing(page: Page, evil_page: str, server: Server, deployment: str) -> None:
    before = held(server)
    page.goto(evil_page)
    tried = page.evaluate(ATTACK, [server.url, deployment])
    assert set(tried.values()) <= REFUSED, tried
    assert len(tried) == 10
    assert held(server) == before


def test_a_page_whose_name_points_at_this_machine_gets_nothing(page: Page, server: Server, deployment: str) -> None:
    """To the browser the server is of the page's own origin: only the server can tell, by the Host."""
    before, rebound = held(server), server.url.replace("127.0.0.1", REBOUND)
    answer = page.goto(rebound + "/health")
    assert answer is not None
    assert answer.status == 403
    tried = page.evaluate(ATTACK, [rebound, deployment])
    assert set(tried.values()) <= REFUSED, tried
    assert held(server) == before


def test_a_form_that_is_sent_and_a_frame_get_nothing(
    page: Page, evil_page: str, server: Server, deployment: str
) -> None:
    before = held(server)
    page.goto(evil_page)
    page.evaluate(
        """([api, deployment]) => {
          document.body.innerHTML = `<iframe name=f></iframe><form method=post enctype=text/plain target=f
            action="${api}/deployments/${deployment}/create_flow_run"><input name='{"a":"' value='"}'></form>
            <iframe src="${api}/health"></iframe>`;
          document.forms[0].submit();
        }""",
        [server.url, deployment],
    )
    page.wait_for_timeout(500)
    assert held(server) == before
    assert len(page.frames) == 3
    assert not [frame for frame in page.frames[1:] if frame.locator("body").inner_text().strip() == "true"]


def test_the_attack_would_succeed_on_a_server_without_a_door(page: Page, evil_page: str, tmp_path: Path) -> None:
    """A check that can't fail shows nothing: the same page, on a server that lets everybody in."""

    class Open(Quiet):
        def end_headers(self) -> None:
            for name in ("Origin", "Headers", "Methods"):
                self.send_header(f"Access-Control-Allow-{name}", "*")
            super().end_headers()

        def do_OPTIONS(self) -> None:
            self.send_response(200)
            self.end_headers()

        do_POST = do_PATCH = do_DELETE = do_OPTIONS

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Open, directory=str(tmp_path))) as opened:
        threading.Thread(target=opened.serve_forever, daemon=True).start()
        page.goto(evil_page)
        tried = page.evaluate(ATTACK, [f"http://127.0.0.1:{opened.server_port}", "1"])
        opened.shutdown()
    assert {tried[name] for name in ("reads", "creates", "changes", "removes")} == {"200"}


def made(server: Server, path: str, content: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.post(server.url + path, headers=server.with_everything(), json=content)
    return dict(answer.raise_for_status().json())


def held(server: Server) -> tuple[Any, ...]:
    """All that an attack could have changed."""
    headers = server.with_everything() | {"Content-Type": "application/json"}
    kinds = ("flows", "deployments", "flow_runs")
    rows = [ask("POST", f"{server.url}/{kind}/filter", headers=headers, content="{}").json() for kind in kinds]
    return tuple([(row["id"], row["name"], row.get("pull_steps")) for row in each] for each in rows)
