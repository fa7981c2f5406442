"""The server with its deployments and schedules, and what this machine has."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.options import Json

group = typer.Typer()
PANEL = "Prefect and this machine"


@group.command(rich_help_panel=PANEL)
def serve(
    json: Annotated[bool, typer.Option("--json", help="One line of JSON, for programs, once it is ready.")] = False,
) -> None:
    """Keep a Prefect server with its UI and the deployments, until Ctrl-C."""
    from flows.cli.serving import serve_until_stopped  # noqa: PLC0415 - keeps --help quick

    serve_until_stopped(json)


@group.command(epilog="Then, on each machine: prefect worker start --pool ownvoice", rich_help_panel=PANEL)
def deploy(
    pool: Annotated[str, typer.Option(metavar="NAME", help="The work pool; made where there is none.")] = "ownvoice",
    json: Json = False,
) -> None:
    """Register the deployments on a Prefect work pool, for workers on this machine or others."""
    from flows.cli.serving import deploy_text  # noqa: PLC0415 - keeps --help quick

    print(deploy_text(pool, json))


@group.command(epilog="Example: ownvoice schedule scale-up on", rich_help_panel=PANEL)
def schedule(
    phase: Annotated[str | None, typer.Argument(help="Else all of them are listed.")] = None,
    turn: Annotated[str | None, typer.Argument(metavar="on|off", help="The UI can do it as well.")] = None,
    json: Json = False,
) -> None:
    """Turn the nightly run of a served phase on or off; it stays so when the server starts again."""
    from flows.cli.schedule import schedule_text  # noqa: PLC0415 - keeps --help quick

    if turn not in ("on", "off", None) or (phase and not turn):
        raise typer.BadParameter("on or off", param_hint="'on|off'")
    print(schedule_text(phase, turn == "on" if turn else None, json))


@group.command(rich_help_panel=PANEL)
def doctor(
    hub: Annotated[bool, typer.Option("--hub", help="Also ask the Hugging Face hub whether it answers.")] = False,
    json: Json = False,
) -> None:
    """Show what this machine has and what is missing."""
    from flows.cli.commands import doctor_text  # noqa: PLC0415 - keeps --help quick

    print(doctor_text(hub, json))
