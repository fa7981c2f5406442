"""Answers for `ownvoice run` where there is nothing to run: in a second, without Prefect, torch and a server."""

from __future__ import annotations

from rich.console import Console

from flows.cli.ended import told
from flows.cli.progress import TerminalDisplay
from flows.done import find_done
from ownvoice.config import ExperimentConfig


def told_if_done(config: ExperimentConfig, console: Console, json: bool = False) -> str | None:
    """What the flow would print of an experiment that is done already; None of one that has to go its way."""
    done = find_done(config)
    if done is None:
        return None
    display = TerminalDisplay(console)
    for step in done.steps:
        display.finished(step)
    return told(done.written, json)
