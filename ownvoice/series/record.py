"""The record of a series: which runs it is made of, and what they say together."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ownvoice.frozen import Frozen
from ownvoice.records.run import Machine, slug
from ownvoice.series.head_start import HeadStart
from ownvoice.series.models import ModelComparison
from ownvoice.series.overfit import OverfitDiagnostic
from ownvoice.series.scale_up import ScaleUp
from ownvoice.series.sweep import Sweep

Result = ScaleUp | OverfitDiagnostic | ModelComparison | Sweep | HeadStart


class MemberRun(Frozen):
    """A run of the series; `failure` says in a sentence why it has no result."""

    label: str
    run: int | None
    """Its number in the log; None where nothing was logged."""
    folder: str = ""
    """Its name in artifacts/runs."""
    failure: str = ""


class SeriesRecord(Frozen):
    """One numbered series. Written where runs failed too, with what the others reached."""

    format_version: Literal[1] = 1
    number: int = Field(ge=1)
    key: str
    """Hash of all that the runs depend on, and of how they are compared."""
    phase: str
    model_name: str
    settings: dict[str, str]
    """Every setting by its dotted name, in words."""
    status: Literal["completed", "failed"]
    started_at: str
    finished_at: str
    runs: tuple[MemberRun, ...]
    result: Result | None = Field(default=None, discriminator="kind")
    """None where no run completed."""
    not_compared: str = ""
    """Why there is no result though runs completed."""
    next_steps: tuple[str, ...] = ()
    machine: Machine

    @property
    def failed(self) -> tuple[MemberRun, ...]:
        return tuple(run for run in self.runs if run.failure)


def series_folder_name(record: SeriesRecord) -> str:
    return f"{record.number}-{record.phase}-{slug(record.model_name)}"
