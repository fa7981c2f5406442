"""A memory plan as a table for a terminal, a log or an error message."""

from __future__ import annotations

from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table

from ownvoice.memory.predict import Plan, PlannedRung, needed_bytes
from ownvoice.units import count, duration, gib

WIDTH = 100


def render_plan(plan: Plan) -> str:
    """Plain text, without colour: a line on the work, a row a rung, and where a run would start."""
    table = Table("", "memory setting", box=box.SIMPLE)
    table.add_column("predicted peak", justify="right")
    table.add_column("fits")
    table.add_column("changes")
    table.add_column("expected time", justify="right")
    for index, each in enumerate(plan.rungs):
        table.add_row(">" if index == plan.start else "", *_cells(plan, each))
    console = Console(file=StringIO(), width=WIDTH, color_system=None)
    console.print(_heading(plan), markup=False, highlight=False)
    console.print(table)
    console.print(_conclusion(plan), markup=False, highlight=False)
    output = console.file
    assert isinstance(output, StringIO)
    return "\n".join(line.rstrip() for line in output.getvalue().strip("\n").split("\n"))


def _heading(plan: Plan) -> str:
    shape, work = plan.shape, plan.workload
    return (
        f"{shape.name}: {count(shape.parameters)} parameters, essays of up to {work.tokens:,} tokens, "
        f"batch {work.batch}, on {work.device}; {plan.memory.in_words()}"
    )


def _cells(plan: Plan, each: PlannedRung) -> tuple[str, str, str, str, str]:
    missing = needed_bytes(each.peak) - plan.memory.bytes
    fits = "yes" if each.fits else f"no, {gib(missing)} short"
    time = duration(each.time.seconds) if each.time else "unknown"
    return each.rung.name, gib(each.peak.total), fits, each.rung.changes, time


def _conclusion(plan: Plan) -> str:
    if plan.start is None:
        return f"A run is refused: {plan.reason}."
    start = plan.rungs[plan.start]
    time = f"\nIts time: {start.time.reason}." if start.time else ""
    return f"A run starts at {start.rung.name!r}: {plan.reason}.\nIts peak: {start.peak.in_words()}.{time}"
