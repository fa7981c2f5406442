"""The deployments: served beside Prefect's server, one run at a time (`ownvoice serve`), or on a work pool (`ownvoice deploy`)."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import shlex
import signal
import warnings
from collections.abc import Callable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from flows.project import enter_project
from flows.server.find import ServerAddress, find_server, server_key_file
from flows.server.served import kept_server
from ownvoice.errors import ServerUnavailable
from ownvoice.essays.entries import shown
from ownvoice.experiment_files import load_experiment
from ownvoice.paths import EXPERIMENTS, INSTALLED, SHIPPED
from ownvoice.phases import PHASES

if TYPE_CHECKING:
    from prefect.runner import Runner

UNAUTHORIZED = 401

WELCOME = """
The Prefect UI is at {ui}
{key_for_ui}
In another terminal:
  export PREFECT_API_URL={url}
{key_for_terminal}  prefect deployment run ownvoice/smoke-test --watch
  prefect deployment run ownvoice/scale-up --param model=smollm2-135m --watch
  prefect deployment run ownvoice/control --watch

`ownvoice run` uses this server too. The nightly schedule of ownvoice/scale-up is off until you turn it on, in the
UI or with `ownvoice schedule scale-up on`. Ctrl-C ends the server and the deployments.
"""


class Ready(NamedTuple):
    """What `ownvoice serve` serves, once it does."""

    server: ServerAddress
    crashed: int
    """Runs whose process was gone and that were marked so."""
    deployments: tuple[str, ...]


def serve_until_stopped(announce: Callable[[Ready], None]) -> None:
    """Serve until Ctrl-C or SIGTERM; `announce` is called once it is ready. To be called before Prefect is imported.

    Raises:
        ServerUnavailable: no server of ours can be had, or another's keeps us out.
    """
    gc.enable()
    signal.signal(signal.SIGTERM, _stop)
    warnings.filterwarnings("ignore", message="coroutine 'Runner.astop'")  # Prefect's own, at every SIGTERM
    enter_project()
    with contextlib.suppress(KeyboardInterrupt), kept_server() as server:
        os.environ.update(server.environment())
        if not INSTALLED:  # served runs are processes of their own and import the flow by its module's name
            os.environ["PYTHONPATH"] = os.pathsep.join([str(SHIPPED), *filter(None, [os.environ.get("PYTHONPATH")])])
        serve_deployments(server, announce)
    print("Stopped.")


def serve_deployments(server: ServerAddress, announce: Callable[[Ready], None]) -> None:
    """As `prefect.serve`, which says nothing between registering the deployments and waiting for their runs."""
    from prefect.runner import Runner  # noqa: PLC0415 - Prefect reads its settings when imported: after the URL

    crashed = mark_crashed_runs(server.url)
    runner, made = Runner(limit=1), deployments()
    for deployment in made:
        runner.add_deployment(deployment)
    asyncio.run(_serve(runner, lambda: announce(Ready(server, crashed, names_of(made)))))


async def _serve(runner: Runner, announce: Callable[[], None]) -> None:
    """Until SIGTERM, which ends it between two steps of the loop: raised into whatever runs just then it may be swallowed."""
    serving = asyncio.create_task(runner.start())
    await asyncio.sleep(0)  # it has set a handler of its own by now
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    announce()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


def mark_crashed_runs(url: str) -> int:
    """How many there were. It is the first request that needs the key.

    Raises:
        ServerUnavailable: the server is another's and refuses the key, or wants one where none is set.
    """
    from prefect.exceptions import PrefectHTTPStatusError  # noqa: PLC0415 - after the URL

    from flows.server.dead_runs import reconcile  # noqa: PLC0415 - imports Prefect

    try:
        return reconcile()
    except PrefectHTTPStatusError as error:
        if error.response.status_code != UNAUTHORIZED:
            raise
        raise ServerUnavailable(
            f"the Prefect server at {url} wants a key, and this project's `ownvoice serve` didn't start it",
            "its key in PREFECT_API_AUTH_STRING",
            "set that, end the server, or choose another port: PREFECT_SERVER_API_PORT=4201 ownvoice serve",
        ) from None


def welcome(server: ServerAddress) -> str:
    """Where the UI is and what to type. The key itself stays in its file, out of terminals' histories."""
    file = shlex.quote(str(server_key_file()))
    return WELCOME.format(
        ui=server.url.removesuffix("/api"),
        url=server.url,
        key_for_ui=f"It asks for a password once: the line in {file}\n" if server.key else "",
        key_for_terminal=f'  export PREFECT_API_AUTH_STRING="$(cat {file})"\n' if server.key else "",
    )


def deploy(pool: str) -> tuple[ServerAddress, tuple[str, ...]]:
    """Register the deployments on a work pool, which is made where there is none; where, and their names.

    Raises:
        ServerUnavailable: no server that goes on.
    """
    enter_project()
    server = find_server()
    if server is None:
        raise ServerUnavailable(
            "no Prefect server is there",
            "one that goes on and that the workers reach, by PREFECT_API_URL or your Prefect profile",
            "see docs/beyond-one-machine.md",
        )
    os.environ.update(server.environment())
    return server, register_on(pool)


def register_on(pool: str) -> tuple[str, ...]:
    """The deployments' names."""
    from flows.spread.work_pool import make_pool, one_run_on  # noqa: PLC0415 - Prefect: after the URL

    make_pool(pool)
    made = [*deployments(pool), one_run_on(pool)]
    for deployment in made:
        deployment.apply()
    return names_of(made)


def names_of(made: Sequence[Any]) -> tuple[str, ...]:
    """As `prefect deployment run` takes them."""
    return tuple(f"ownvoice/{deployment.name}" for deployment in made)


def deployments(pool: str | None = None) -> list[Any]:
    """One a phase, to be served, or on a work pool; the form in the UI comes from the flow's config."""
    from prefect.schedules import Cron  # noqa: PLC0415 - after the URL
    from prefect.types.entrypoint import EntrypointType  # noqa: PLC0415 - after the URL

    from flows.phases import flow_of  # noqa: PLC0415 - imports Prefect
    from flows.schedules import is_on  # noqa: PLC0415 - imports Prefect
    from flows.spread.work_pool import on_pool  # noqa: PLC0415 - imports Prefect

    place = on_pool(pool) if pool else {}
    made = []
    for phase in PHASES:
        nightly = Cron(phase.nightly, active=is_on(phase.name), slug="nightly") if phase.nightly else None
        file = EXPERIMENTS / f"{phase.name}.toml"
        config = load_experiment(file)
        made.append(
            flow_of(phase).to_deployment(
                phase.name,
                schedule=nightly,
                parameters={"config": config.model_dump(mode="json")},
                description=f"The experiment in {shown(file)}.",
                entrypoint_type=EntrypointType.MODULE_PATH,
                **place,
            )
        )
    return made


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
