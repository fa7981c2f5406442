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
from typing import TYPE_CHECKING

from flows.server.guarded import guarded_server

if TYPE_CHECKING:
    import uvicorn

# As Prefect's ephemeral mode: no UI, no scheduler, only what records a run.
EPHEMERAL = {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1"}
SETTLE_SECONDS = 1.0  # the last task states arrive as events, and are written a moment after
LONGEST_END_SECONDS = 10.0


def main() -> None:
    gc.disable()  # 0.4 of 6 s: nothing that importing makes is garbage
    os.environ.update(EPHEMERAL)
    listening = socket.socket(fileno=int(sys.argv[1]))
    server = guarded_server(listening, log_level="error")
    threading.Thread(target=_end_with_parent, args=(server,), daemon=True).start()
    gc.freeze()
    gc.enable()
    server.run(sockets=[listening])


def _end_with_parent(server: uvicorn.Server) -> None:
    while os.read(0, 1024):  # raw: a buffered read would hold a lock at shutdown
        pass
    time.sleep(SETTLE_SECONDS)
    server.should_exit = True
    time.sleep(LONGEST_END_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
