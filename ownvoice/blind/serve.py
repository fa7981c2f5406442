"""Serves the page of a sitting on 127.0.0.1 until it is ended: for its own page in this user's browser, and nobody else.

A request must name this server as its host (DNS rebinding), carry the token that only the printed address has, and, if it
changes anything, come from a page of this origin. No answer may be kept in a cache, read by another page, or framed.
"""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qs

from pydantic import ValidationError

from ownvoice.blind.opened import OpenSitting
from ownvoice.blind.page import header_policy
from ownvoice.blind.sheet import Judgement
from ownvoice.errors import OwnvoiceError

ADDRESS = "127.0.0.1"
IDLE_SECONDS = 2 * 3600.0
LOOK_SECONDS = 0.5
"""How often an end is looked for."""
READ_SECONDS = 10.0
"""A connection that says nothing for so long is closed."""
MOST_BODY_BYTES = 2000
TOKEN_HEADER = "X-Ownvoice-Token"
Ended = Literal["stopped", "idle"]


class Refusal(NamedTuple):
    status: HTTPStatus
    why: str


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    """A connection that a browser keeps open holds up no end."""

    def __init__(self, sitting: OpenSitting) -> None:
        super().__init__((ADDRESS, 0), _Handler)
        self.sitting = sitting
        self.token = secrets.token_urlsafe(32)
        self.stopped = Event()
        self.last_asked = time.monotonic()
        self.timeout = LOOK_SECONDS
        self.hosts = (f"{ADDRESS}:{self.server_port}", f"localhost:{self.server_port}")

    def handle_error(self, request: object, client_address: object) -> None:
        """A window that was closed before it had its answer is no error; a bug of ours keeps its traceback."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def serve(sitting: OpenSitting, tell: Callable[[str], None], idle_seconds: float = IDLE_SECONDS) -> Ended:
    """Answer the page's requests until it says stop, or nothing is asked for long; Ctrl-C goes through.

    Args:
        tell: Is given the address once, with its token, when the page can be opened.
    """
    with _Server(sitting) as server:
        tell(f"http://{server.hosts[0]}/?token={server.token}")
        while not server.stopped.is_set():
            server.handle_request()
            if time.monotonic() - server.last_asked > idle_seconds:
                return "idle"
        return "stopped"


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = READ_SECONDS
    server_version, sys_version = "ownvoice", ""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        given = parse_qs(query).get("token", [""])
        refusal = self._not_ours(given) or (NOT_FOUND if path != "/" else None)
        if refusal:
            return self._refuse(refusal)
        return self._safely(lambda: ("text/html; charset=utf-8", self.server.sitting.page(self.server.token)))

    def do_POST(self) -> None:
        refusal = self._not_ours(self.headers.get_all(TOKEN_HEADER, [])) or self._not_from_our_page()
        does = {"/answer": self._answer, "/finish": self._finish, "/stop": self._stop}.get(self.path)
        if refusal or does is None:
            return self._refuse(refusal or NOT_FOUND)
        self._safely(lambda: ("application/json", json.dumps(does())))
        if self.path == "/stop":
            self.server.stopped.set()  # once the page has its answer
        return None

    def _not_ours(self, tokens: list[str]) -> Refusal | None:
        if self.headers.get_all("Host", []) not in [[host] for host in self.server.hosts]:
            return Refusal(HTTPStatus.FORBIDDEN, "This server answers to its own host alone.")
        if len(tokens) != 1 or not secrets.compare_digest(tokens[0].encode(), self.server.token.encode()):
            return Refusal(HTTPStatus.FORBIDDEN, "Open the whole address that the command printed: it holds a key.")
        self.server.last_asked = time.monotonic()
        return None

    def _not_from_our_page(self) -> Refusal | None:
        if self.headers.get_all("Origin", []) not in [[f"http://{host}"] for host in self.server.hosts]:
            return Refusal(HTTPStatus.FORBIDDEN, "This server takes answers from its own page alone.")
        if self.headers.get_content_type() != "application/json":
            return Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "JSON is taken.")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            return Refusal(HTTPStatus.LENGTH_REQUIRED, "The length has to be told.")
        if len(length) > len(str(MOST_BODY_BYTES)) or int(length) > MOST_BODY_BYTES:
            return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "That is no answer.")
        return None

    def _answer(self) -> Any:
        given = Judgement.model_validate_json(self._body(), strict=True)
        return {"judged": self.server.sitting.take(given)}

    def _finish(self) -> Any:
        self._body()
        return self.server.sitting.finish()

    def _stop(self) -> Any:
        self._body()
        return {}

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _safely(self, answer: Callable[[], tuple[str, str]]) -> None:
        try:
            kind, text = answer()
        except ValidationError:
            self._refuse(Refusal(HTTPStatus.BAD_REQUEST, "That is no answer to a passage."))
        except OwnvoiceError as error:
            self._refuse(Refusal(HTTPStatus.CONFLICT, str(error)))
        else:
            self._send(HTTPStatus.OK, kind, text)

    def _refuse(self, refusal: Refusal) -> None:
        self._send(refusal.status, "text/plain; charset=utf-8", refusal.why)

    def _send(self, status: HTTPStatus, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {**HEADERS, "Content-Type": kind, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", header_policy())
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the address holds the token."""


NOT_FOUND = Refusal(HTTPStatus.NOT_FOUND, "There is nothing here.")
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
