"""A sitting that is open in a page: takes answers, each on the disk before the page hears of it, and ends with the result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from ownvoice.blind.page import served_page
from ownvoice.blind.sheet import SURENESS, Judgement, Sheet, Sitting
from ownvoice.blind.store import write_sitting
from ownvoice.errors import BlindTestError
from ownvoice.report.entry.blind import WRITERS, ShownTest

Finish = Callable[[Sitting], ShownTest]
"""Keeps what a finished sitting says, and puts it into words."""


class OpenSitting:
    """One sitting, whatever threads and windows ask of it."""

    def __init__(self, sheet: Sheet, path: Path, sitting: Sitting, now: Callable[[], str], finish: Finish) -> None:
        self._sheet, self._path, self._now, self._finish = sheet, path, now, finish
        self._known = {passage.id for passage in sheet.passages}
        self._sitting = sitting
        self._lock = Lock()

    @property
    def sitting(self) -> Sitting:
        return self._sitting

    @property
    def progress(self) -> str:
        return progress(self._sheet, self._sitting)

    def page(self, token: str) -> str:
        result = self._result() if self._sitting.finished_at else None
        return served_page(self._sheet, self._sitting, token, result)

    def take(self, judgement: Judgement) -> int:
        """Keep an answer; how many are judged by now.

        Raises:
            BlindTestError: of no passage here, or after the end.
            DiskFull: it is not kept; those before it are.
        """
        with self._lock:
            if judgement.id not in self._known:
                raise BlindTestError("no such passage in this test", "one of the page's own", "load the page again")
            if self._sitting.finished_at:
                raise BlindTestError("this test is finished", "", "load the page again: it shows the result")
            changed = self._sitting.with_answer(judgement)
            write_sitting(self._path, changed)
            self._sitting = changed
            return len(changed.answers)

    def finish(self) -> dict[str, Any]:
        """End the sitting, and say what it showed; the same again if it had ended.

        Raises:
            BlindTestError: not every passage is judged.
        """
        with self._lock:
            if lacking := self._sitting.lacks(self._sheet.passages):
                raise BlindTestError(f"{lacking} passages aren't judged", "all of them", "judge them first")
            if not self._sitting.finished_at:
                ended = self._sitting.model_copy(update={"finished_at": self._now()})
                write_sitting(self._path, ended)
                self._sitting = ended
            return self._result()

    def _result(self) -> dict[str, Any]:
        shown = self._finish(self._sitting)
        answers = {each.id: each for each in self._sitting.answers}
        return {
            "summary": shown.summary,
            "columns": [column._asdict() for column in shown.table.columns],
            "rows": shown.table.rows,
            "notes": shown.notes,
            "key": {each.id: [WRITERS[each.source], _said(answers[each.id])] for each in self._sheet.passages},
        }


def progress(sheet: Sheet, sitting: Sitting) -> str:
    return f"{len(sitting.answers)} of {len(sheet.passages)} passages judged"


def _said(judgement: Judgement) -> str:
    return f"{'Mine' if judgement.mine else 'Not mine'}, {SURENESS[judgement.sure - 1]}"
