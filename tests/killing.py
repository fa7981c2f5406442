"""Kills a command with all that it started, and looks at what it left: for the tests and the script that kill a phase."""

from __future__ import annotations

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import psutil

from ownvoice.run.stored import from_stored

KINDS = ("generate", "likelihood", "prefixes", "train")


def kill_everything(command: subprocess.Popen[str]) -> int:
    """`kill -9` of the command first, so that it can't mend anything, then of its worker and its server; how many."""
    try:
        family = [psutil.Process(command.pid), *psutil.Process(command.pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        family = []
    for process in family:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    command.communicate()
    return len(family)


def processes_of(artifacts: Path) -> list[str]:
    """Whatever still runs for this artifacts folder, in whichever session it lives."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("OWNVOICE_ARTIFACTS") == str(artifacts) and process.status() != "zombie":
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def stored_results(artifacts: Path) -> Counter[str]:
    """How many results of each kind are whole."""
    return Counter(name.split("-")[0] for name in whole_results(artifacts))


def whole_results(artifacts: Path) -> dict[str, int]:
    """When each result was written, of those that can be read: a kill may leave half of one."""
    files = (artifacts / "cache" / "results").glob("*")
    return {file.name: file.stat().st_mtime_ns for file in files if _is_whole(file.read_bytes())}


def _is_whole(content: bytes) -> bool:
    try:
        from_stored(json.loads(content)["result"])
    except (ValueError, KeyError, TypeError):
        return False
    return True


def require_each_once(artifacts: Path, runs: int) -> None:
    """One series of so many runs: in the logbook, on the disk, and nothing half-written."""
    log = (artifacts / "EXPERIMENT_LOG.md").read_text()
    headings = re.findall(r"^## ((?:Run|Series) \d+): (?!not run yet)", log, re.MULTILINE)
    expected = [*(f"Run {number}" for number in range(1, runs + 1)), "Series 1"]
    assert sorted(headings) == expected, headings
    for folder, of in (("runs", runs), ("series", 1)):
        numbers = sorted(int(each.name.split("-")[0]) for each in (artifacts / folder).iterdir())
        assert numbers == list(range(1, of + 1)), numbers
