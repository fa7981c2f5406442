"""What a run is asked with, in a deployment as well: an experiment, and single fields of it changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.runtime import deployment, flow_run
from pydantic import Field

from ownvoice.config import ExperimentConfig
from ownvoice.errors import ConfigError
from ownvoice.experiment_files import apply_setting, parse_experiment

Epochs = Annotated[int, Field(ge=1, le=1000)] | None
Settings = list[str] | str | None
C = TypeVar("C", bound=ExperimentConfig)

ORIGIN = "the run's parameters"


def with_changes(
    config: C | Mapping[str, Any],
    model: str | None,
    pairs: str | None = None,
    epochs: int | None = None,
    settings: Settings = None,
) -> C:
    """The experiment with what was changed; fields that a config doesn't name are the deployment's.

    Raises:
        ConfigError: with every wrong field.
    """
    changes = [settings] if isinstance(settings, str) else list(settings or ())
    if isinstance(config, ExperimentConfig) and not (pairs or epochs or changes):
        return config.with_model(model)
    values = config.model_dump() if isinstance(config, ExperimentConfig) else _whole(config)
    for name, value in (("data.pairs", pairs), ("training.epochs", epochs)):
        if value:
            _change(values, name, value)
    for change in changes:
        apply_setting(values, change)
    return parse_experiment(values, ORIGIN).with_model(model)  # type: ignore[return-value]  # its phase names its class


def named(name_of: Callable[[C], str], otherwise: str) -> Callable[[], str]:
    """What makes a run's name in the Prefect UI; `otherwise` of one that is asked with a mistake, which it will tell."""

    def name_of_run() -> str:
        try:
            return name_of(with_changes(**flow_run.parameters))
        except ConfigError:
            return otherwise

    return name_of_run


def _whole(given: Mapping[str, Any]) -> dict[str, Any]:
    """A config that names its phase is whole, as the UI sends it; another changes fields of the deployment's."""
    if "phase" in given or not deployment.id:
        return dict(given)
    with get_client(sync_client=True) as client:  # `deployment.parameters` are those of the run
        own = client.read_deployment(UUID(str(deployment.id))).parameters
    return _merged(own.get("config", {}), given)


def _merged(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(values)
    for name, value in changes.items():
        inside = merged.get(name)
        merged[name] = _merged(inside, value) if isinstance(inside, Mapping) and isinstance(value, Mapping) else value
    return merged


def _change(values: dict[str, Any], name: str, value: Any) -> None:
    group, _, field = name.partition(".")
    values[group] = {**values.get(group, {}), field: value}
