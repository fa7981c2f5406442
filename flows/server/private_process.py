"""The private server's process: `python -m flows.server.private_process FD` serves on the open socket FD.

It ends when its standard input closes: when the command that started it has ended, however it ended.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
import threading
import time

# As Prefect's ephemeral mode: no UI, no scheduler, only what records a run.
EPHEMERAL = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"}
SETTLE_SECONDS = 1.0  # the last task states arrive as events, and are written a moment after
LONGEST_END_SECONDS = 10.0


def main() -> None:
    gc.disable()  # 0.4 of 6 s: nothing that importing makes is garbage
    os.environ.update(EPHEMERAL)
    import uvicorn  # noqa: PLC0415 - after the environment is set
    from prefect.server.api.server import create_app  # noqa: PLC0415

    config = uvicorn.Config(create_app, factory=True, log_level="error", lifespan="on")
    server = uvicorn.Server(config)
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    gc.freeze()
    gc.enable()
    server.run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


def _end_with_parent(server: object) -> None:
    while os.read(0, 1024):  # raw: a buffered read would hold a lock at shutdown
        pass
    time.sleep(SETTLE_SECONDS)
    server.should_exit = True  # type: ignore[attr-defined]
    time.sleep(LONGEST_END_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
