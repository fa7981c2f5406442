"""Carries out `ownvoice init`: makes pair files of the texts that a writer has, and says what became of each."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from flows.cli.output import as_json
from flows.cli.printed import taken_in_as_printed
from ownvoice.errors import PairsError
from ownvoice.files import keep_from_git, write_atomically
from ownvoice.intake.intake import Ask, take_in
from ownvoice.intake.propose import Proposal, TooLong, TooShort
from ownvoice.intake.sources import read_sources
from ownvoice.intake.write import PRIVATE_FILE
from ownvoice.paths import ROOT
from ownvoice.report.terminal.intake import as_list, next_commands, render_intake

TAKEN_OUT = "_taken-out.txt"


def init_text(name: str, sources: tuple[Path, ...], short: TooShort, long: TooLong, json: bool = False) -> str:
    """Write the pair files, and tell of it; a program (`json`) is asked nothing.

    Raises:
        PairsError: a name that is none, a source that isn't there, or nothing that can be read.
    """
    folder = folder_of(name)
    missing = [str(source) for source in sources if not source.expanduser().exists()]
    if missing:
        raise PairsError("\n".join(f"{each}: nothing there" for each in missing), "folders and files of your texts")
    keep_from_git(folder.parent)
    intake = take_in(
        read_sources([source.expanduser() for source in sources]), folder, short, long, None if json else _asking()
    )
    if not (intake.written or intake.before):
        reasons = [f"{each.source}: {each.reason}" for each in intake.left_out]
        raise PairsError("\n".join(reasons) or "no file in these folders", "texts of yours, one long enough at least")
    if intake.removed:
        list_file = folder / TAKEN_OUT
        before = list_file.read_text("utf-8") if list_file.exists() else ""
        write_atomically(list_file, before + as_list(intake))
        list_file.chmod(PRIVATE_FILE)
    as_typed = str(folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder)
    if json:
        return as_json(taken_in_as_printed(intake, folder / TAKEN_OUT, next_commands(as_typed)))
    return render_intake(intake, as_typed)


def folder_of(name: str) -> Path:
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise PairsError(
            f"{name!r} is no name for a folder", "letters, digits, - and _, such as: ownvoice init anna ..."
        )
    return ROOT / "data" / "private" / name


def _asking() -> Ask | None:
    """Only where somebody sits at a terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None

    def ask(proposal: Proposal) -> str:
        print(f"\n{proposal.source} has no title. It begins: {proposal.topic}")
        return input("What is it about, in one line? (Enter keeps its first words) ")

    return ask
