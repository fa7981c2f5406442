"""What `ownvoice serve` and `ownvoice deploy` tell: for a person, or as JSON."""

from __future__ import annotations

import contextlib
import sys

from flows import deployments
from flows.cli.output import as_json, as_json_line
from flows.cli.printed import Deployed, Served
from flows.deployments import Ready
from flows.server.find import server_key_file


def serve_until_stopped(json: bool) -> None:
    """Raises ServerUnavailable: as `flows.deployments.serve_until_stopped`."""
    if not json:
        deployments.serve_until_stopped(_welcome)
        return
    out = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # whatever the server, Prefect and the runs print meanwhile
        deployments.serve_until_stopped(lambda ready: print(as_json_line(_served(ready)), file=out, flush=True))


def deploy_text(pool: str, json: bool) -> str:
    """Register the deployments on a work pool, and tell their names.

    Raises:
        ServerUnavailable: no server that goes on.
    """
    server, names = deployments.deploy(pool)
    if json:
        worker = f"prefect worker start --pool {pool}"
        return as_json(Deployed(pool=pool, api=server.url, deployments=names, next=worker))
    return "\n".join(names)


def _welcome(ready: Ready) -> None:
    if ready.crashed:
        print(f"{ready.crashed} runs whose process was gone are now marked as crashed.")
    print(deployments.welcome(ready.server), flush=True)


def _served(ready: Ready) -> Served:
    return Served(
        api=ready.server.url,
        ui=ready.server.url.removesuffix("/api"),
        key_file=server_key_file() if ready.server.key else None,
        crashed=ready.crashed,
        deployments=ready.deployments,
    )
