"""Turns the nightly schedules of the served deployments on and off, and tells which are on."""

from __future__ import annotations

from typing import NamedTuple

from prefect import get_client
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound

from ownvoice.errors import ConfigError, ServerUnavailable
from ownvoice.phases import PHASES, Phase

NIGHTLY = tuple(phase for phase in PHASES if phase.nightly)


class Scheduled(NamedTuple):
    """A phase that can run by itself."""

    phase: str
    cron: str
    """In UTC."""
    on: bool


def turn(name: str, on: bool) -> Scheduled:
    """Turn a phase's schedule on or off; serving again leaves it so.

    Raises:
        ConfigError: the phase has no schedule.
        ServerUnavailable: nothing is served.
    """
    phase = _nightly(name)
    with get_client(sync_client=True) as client:
        deployment = _deployment(name)
        for schedule in deployment.schedules:
            client.update_deployment_schedule(deployment.id, schedule.id, active=on)
    return Scheduled(name, phase.nightly or "", on)


def all_schedules() -> tuple[Scheduled, ...]:
    """Raises ServerUnavailable where nothing is served."""
    return tuple(Scheduled(phase.name, phase.nightly or "", _is_active(_deployment(phase.name))) for phase in NIGHTLY)


def is_on(phase: str) -> bool:
    """Whether the user turned the phase's schedule on; not so where it was never served."""
    try:
        return _is_active(_deployment(phase))
    except ServerUnavailable:
        return False


def _is_active(deployment: DeploymentResponse) -> bool:
    return any(schedule.active for schedule in deployment.schedules)


def _deployment(phase: str) -> DeploymentResponse:
    with get_client(sync_client=True) as client:
        try:
            return client.read_deployment_by_name(f"ownvoice/{phase}")
        except ObjectNotFound:
            raise ServerUnavailable(
                f"the server doesn't know ownvoice/{phase}",
                "deployments that are served",
                "make serve (ownvoice serve)",
            ) from None


def _nightly(name: str) -> Phase:
    phase = next((phase for phase in NIGHTLY if phase.name == name), None)
    if phase is None:
        names = ", ".join(phase.name for phase in NIGHTLY)
        raise ConfigError(f"{name!r} has no schedule", f"one of {names}", "see `ownvoice schedule`")
    return phase
