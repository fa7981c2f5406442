"""Lists the phases, which say what a run is for.

Each has its experiment in data/experiments/NAME.toml and its deployment ownvoice/NAME.
"""

from __future__ import annotations

from ownvoice.frozen import Frozen

ONE_RUN = "flows.experiment:run_experiment"


class Phase(Frozen):
    name: str
    flow: str = ONE_RUN
    """What carries it out, module:name; a phase that is composed of several runs has a flow of its own."""
    trains_placebo: bool = False
    """In this phase the placebo is always trained, whatever `control` says."""
    nightly: str | None = None
    """A schedule as cron has it; off until a person turns it on."""

    @property
    def is_series(self) -> bool:
        return self.flow != ONE_RUN


PHASES: tuple[Phase, ...] = (
    Phase(name="smoke-test"),
    Phase(name="scale-up", flow="flows.scale_up:run_scale_up", nightly="0 3 * * *"),
    Phase(name="control", trains_placebo=True),
    Phase(name="overfit-diagnostic", flow="flows.overfit_diagnostic:run_overfit_diagnostic"),
    Phase(name="compare", flow="flows.compare:run_compare"),
    Phase(name="sweep", flow="flows.sweep:run_sweep"),
    Phase(name="base-or-instruct", flow="flows.base_or_instruct:run_base_or_instruct"),
)
NAMES = tuple(phase.name for phase in PHASES)


def find_phase(name: str) -> Phase | None:
    return next((phase for phase in PHASES if phase.name == name), None)
