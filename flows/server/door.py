"""Lets nobody speak to a Prefect server of ours but the user's own programs and the server's own UI.

Prefect by itself answers every web page in the user's browser: any origin may read a deployment, change
what it runs and start it, and so may a page whose name was made to point at 127.0.0.1 (DNS rebinding).
Four checks stand against that: the Host and the Origin of a request are the server's own (`Door`),
Prefect's CORS grants no other origin, its CSRF tokens are asked for, and so is a key (`KEY_SETTING`).
And what Prefect's pages load may speak to the server alone, and no other page may frame them (`page_policy`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEY_SETTING = "PREFECT_SERVER_API_AUTH_STRING"  # only through the environment: command lines show in `ps`


class Door:
    """An ASGI app round another one that refuses a foreign Host or Origin, on HTTP and on websockets."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = own_hosts(port)
        self._origins = own_origins(port)
        self._policy = (b"content-security-policy", page_policy(port).encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or not (refusal := self._refusal(scope["headers"])):
            await self._app(scope, receive, self._with_policy(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": refusal})
        else:
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": refusal.encode()})

    def _with_policy(self, send: Send) -> Send:
        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], self._policy]
            await send(message)

        return send_with_policy

    def _refusal(self, headers: Iterable[tuple[bytes, bytes]]) -> str:
        """Why not, or nothing. Programs send no Origin, browsers always send a Host."""
        hosts = [value.decode("latin-1").lower() for name, value in headers if name == b"host"]
        origins = [value.decode("latin-1").lower() for name, value in headers if name == b"origin"]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return f"This server answers to the host {' or '.join(self._hosts)} alone.\n"
        if not set(origins) <= set(self._origins):
            return f"This server answers pages of {' or '.join(self._origins)} alone.\n"
        return ""


def own_hosts(port: int) -> tuple[str, ...]:
    return (f"127.0.0.1:{port}", f"localhost:{port}", f"[::1]:{port}")


def own_origins(port: int) -> tuple[str, ...]:
    return tuple(f"http://{host}" for host in own_hosts(port))


def page_policy(port: int) -> str:
    """For the browser. Prefect's UI asks Amplitude for its settings at every page, with analytics off as well."""
    return f"connect-src 'self' http://127.0.0.1:{port} ws://127.0.0.1:{port}; frame-ancestors 'none'"


def door_settings(port: int) -> dict[str, str]:
    """Prefect's own settings for a server at this port; the names win over their older aliases."""
    return {
        "PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS": ",".join(own_origins(port)),
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "1",
        "PREFECT_SERVER_UI_API_URL": f"http://127.0.0.1:{port}/api",  # not what the user's profile names
    }
