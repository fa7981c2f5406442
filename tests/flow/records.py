"""What records say, without what each day, place and order of the runs gives anew: to hold two of them against each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ownvoice.records.run import RunRecord
from ownvoice.series.record import SeriesRecord
from tests.flow.studio import Studio

TIMES = {"started_at", "finished_at", "seconds", "estimated_seconds", "waited_seconds", "steps", "mtime_ns"}
PLACES = {"run", "number", "folder", "path", "machine", "memory_reason", "save_reason"}


def what_it_says(record: RunRecord | SeriesRecord) -> dict[str, Any]:
    """Each value by where it stands: what differs is told alone."""
    return dict(_values("", record.model_dump(mode="json")))


def by_learning_rate(studio: Studio) -> list[dict[str, Any]]:
    """What the first three runs say."""
    records = [studio.record(number) for number in (1, 2, 3)]
    return [what_it_says(each) for each in sorted(records, key=lambda each: each.config.training.learning_rate)]


def _values(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        inside = [(f"{place}.{name}", each) for name, each in value.items() if name not in TIMES | PLACES]
    elif isinstance(value, list):
        inside = [(f"{place}[{number}]", each) for number, each in enumerate(value)]
    else:
        yield place, _without_run_number(value)
        return
    for name, each in inside:
        yield from _values(name, each)


def _without_run_number(value: Any) -> Any:
    """A command names a run by its number, and runs that go side by side are numbered as they end."""
    return re.sub(r"(ownvoice [a-z-]+) \d+", r"\1 RUN", value) if isinstance(value, str) else value
