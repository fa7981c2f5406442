"""A Prefect server behind our door: `python -m flows.server.guarded FD` serves on the open socket FD.

`prefect server start` has no place for a door. This does what it does: the UI, schedules, late runs and
the database's migrations in one process. The key comes through the environment.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING

from flows.server.door import KEY_SETTING, Door, door_settings

if TYPE_CHECKING:
    import uvicorn


def main() -> None:
    listening = socket.socket(fileno=int(sys.argv[1]))
    guarded_server(listening, log_level="warning").run(sockets=[listening])


def guarded_server(listening: socket.socket, log_level: str) -> uvicorn.Server:
    """To be called before Prefect is imported: it reads its settings then."""
    if not os.environ.get(KEY_SETTING):
        sys.exit(f"{KEY_SETTING} is not set: a server without a key would be open to every page in the browser")
    port = listening.getsockname()[1]
    os.environ.update(door_settings(port))
    import uvicorn  # noqa: PLC0415 - after the environment is set
    from prefect.server.api.server import create_app  # noqa: PLC0415

    def app() -> Door:
        return Door(create_app(final=True), port)

    return uvicorn.Server(uvicorn.Config(app, factory=True, log_level=log_level, lifespan="on"))


if __name__ == "__main__":
    main()
