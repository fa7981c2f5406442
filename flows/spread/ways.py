"""The ways to run the runs of a series, by `spread.over`: each takes them all and returns what they came to, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flows.outlook import tell_series
from flows.spread.member import Outcome, done_already, named_run, tell_end
from flows.spread.over_dask import over_dask
from flows.spread.over_pool import over_pool
from ownvoice.errors import RunFailed, UserMistake
from ownvoice.phase_configs import SpreadConfig
from ownvoice.run.session import current_session
from ownvoice.series.members import Member
from tasks.reporting import tell


def run_all(members: Sequence[Member], spread: SpreadConfig) -> list[Outcome]:
    """What they came to, in order; those that are in the log already are taken from there."""
    found = [done_already(member) for member in members]
    for member, run in zip(members, found, strict=True):
        if run:
            tell(f"{member.label} is done already: Run {run.record.number}")
    left = [member for member, run in zip(members, found, strict=True) if run is None]
    tell_series(left, spread)
    done = iter(WAYS[spread.over](left, spread) if left else [])
    return [run or next(done) for run in found]


def here(members: Sequence[Member], _spread: SpreadConfig) -> list[Outcome]:
    """One after the other, in this process."""
    return [_run(member, place, len(members)) for place, member in enumerate(members, start=1)]


def _run(member: Member, place: int, of: int) -> Outcome:
    """The run, from the log where it is there; or why there is none."""
    current_session().later_runs = later_runs(place)
    tell(f"{member.config.phase}, run {place} of {of}: {member.label}")
    try:
        outcome: Outcome = named_run(member)(member.config)
    except (RunFailed, UserMistake) as error:
        tell_end(member, error)
        return error
    return outcome


def later_runs(place: int) -> float | None:
    """Seconds of the runs after this one; None where they aren't known."""
    later = current_session().expected_runs[place:]
    return None if None in later else sum(filter(None, later))


WAYS: Mapping[str, Callable[[Sequence[Member], SpreadConfig], list[Outcome]]] = {
    "here": here,
    "dask": over_dask,
    "pool": over_pool,
}
