"""`ownvoice schedule`: which phases run by themselves, and turning that on and off."""

from __future__ import annotations

import os

from flows.cli.output import as_json
from flows.cli.printed import Schedule, Schedules
from flows.project import enter_project
from flows.server.find import find_server
from ownvoice.errors import ServerUnavailable


def schedule_text(phase: str | None, on: bool | None, json: bool = False) -> str:
    """What is scheduled, after turning `phase` on or off where that is asked for.

    Raises:
        ConfigError: the phase has no schedule.
        ServerUnavailable: no server that goes on, so nothing that could run by itself.
    """
    enter_project()
    server = find_server()
    if server is None:
        raise ServerUnavailable("no Prefect server is there", "one that goes on", "make serve (ownvoice serve)")
    os.environ.update(server.environment())
    from flows.schedules import all_schedules, turn  # noqa: PLC0415 - Prefect: after the URL

    if phase is not None and on is not None:
        turn(phase, on)
    found = tuple(Schedule(phase=each.phase, on=each.on, cron=each.cron) for each in all_schedules())
    if json:
        return as_json(Schedules(schedules=found))
    return "\n".join(f"ownvoice/{each.phase}: {'on' if each.on else 'off'} ({each.cron} UTC)" for each in found)
