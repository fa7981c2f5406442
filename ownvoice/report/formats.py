"""Lists the files of a run's folder that a person looks at, each made from the run's record alone.

A further format is a template in templates/ and a line in the table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ownvoice.paths import PICTURE_NAME
from ownvoice.records import RunRecord
from ownvoice.report.entry import view_of
from ownvoice.report.picture import axis_of
from ownvoice.report.render import render


class Format(NamedTuple):
    """One file of a run's folder."""

    file: str
    template: str
    values: Callable[[RunRecord], dict[str, Any] | None]
    """What the template uses; None where the run has nothing to show in it."""


FORMATS: tuple[Format, ...] = (
    Format(PICTURE_NAME, "voice_axis.svg.j2", lambda record: axis_of(record.figures)),
    Format("entry.md", "log_entry.md.j2", lambda record: view_of(record, PICTURE_NAME)),
)


def files_of(record: RunRecord) -> dict[str, str]:
    """The text of every file that the run has something to show in, by its name."""
    values = {each: each.values(record) for each in FORMATS}
    return {each.file: render(each.template, found) for each, found in values.items() if found is not None}
