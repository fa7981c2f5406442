"""Shows a run on the terminal: a bar for what takes time, a line for each step."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from ownvoice.records.run import StepReport
from ownvoice.worker.messages import Progress as Report

SECONDS_BETWEEN_LINES = 10.0  # where there is no terminal, as in a notebook's log


class TerminalDisplay:
    """Bars on a terminal, plain lines elsewhere. Close it before printing anything else."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars: Progress | None = None
        self._bar = TaskID(0)
        self._stage = ""
        self._last_line = 0.0

    def progress(self, progress: Report) -> None:
        if self._console.is_terminal:
            self._move_bar(progress)
        elif progress.stage != self._stage or time.monotonic() - self._last_line > SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            self._print(f"  {progress.in_words()}")
        self._stage = progress.stage

    def finished(self, report: StepReport) -> None:
        self.close()
        self._stage = ""
        made_on = f"; made on {report.made_on}" if report.made_on else ""
        how = f"from the cache{made_on}" if report.cached else f"{report.seconds:.1f} s"
        self._print(f"{report.name}: {how}")

    def say(self, sentence: str) -> None:
        self._print(sentence)

    def close(self) -> None:
        if self._bars:
            self._bars.stop()
            self._bars = None

    def _move_bar(self, progress: Report) -> None:
        if self._bars is None:
            self._bars = Progress(
                TextColumn("  {task.description}", markup=False),
                BarColumn(),
                TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[unit]} {task.fields[rate]}"),
                TextColumn("{task.fields[note]}", markup=False),
                console=self._console,
                transient=True,
            )
            self._bars.start()
        rate = f"{progress.rate:.3g}/s" if progress.rate else ""
        fields: dict[str, Any] = {"unit": progress.unit, "rate": rate, "note": progress.note}
        if progress.stage != self._stage or not self._bars.tasks:
            for bar in self._bars.task_ids:
                self._bars.remove_task(bar)
            self._bar = self._bars.add_task(progress.stage, total=progress.total, **fields)
        self._bars.update(self._bar, completed=progress.done, total=progress.total, **fields)

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)
