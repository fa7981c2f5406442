"""Renders what `ownvoice init` tells: the pairs and why they were proposed so, what went out, what to look at, what to do next."""

from __future__ import annotations

import shlex
from pathlib import Path

from rich import box
from rich.table import Table

from ownvoice.intake.intake import Intake, kinds_of
from ownvoice.intake.write import WrittenPair
from ownvoice.report.tables import as_text

WIDTH = 110


def render_intake(intake: Intake, folder: str) -> str:
    """Plain text, without colour; `folder` is the pair files' folder as a person would type it."""
    parts = [_headline(intake, folder), _table(intake.written), _taken_out(intake, folder), _left_out(intake)]
    return "\n\n".join(part for part in (*parts, _look_at(intake), _next(intake, folder)) if part)


def as_list(intake: Intake) -> str:
    """Everything that was taken out of the texts, in full."""
    return "".join(f"{each.source}: {each.what}\n{_indented(each.text)}\n\n" for each in intake.removed)


def _headline(intake: Intake, folder: str) -> str:
    new = len(intake.written)
    there = f"; {intake.before} texts were taken before and stay as they are" if intake.before else ""
    return f"{new} new pair file{'s' * (new != 1)} in {folder}{there}."


def _table(written: tuple[WrittenPair, ...]) -> str:
    if not written:
        return ""
    table = Table("file", "from", box=box.SIMPLE)
    table.add_column("tier", justify="right")
    table.add_column("split")
    table.add_column("why")
    for each in written:
        pair = each.proposal
        why = f"topic: {pair.topic_from}; tier: {pair.tier_because}"
        table.add_row(each.file.name, pair.source, str(pair.tier), pair.split, why)
    return as_text(WIDTH, table)


def _taken_out(intake: Intake, folder: str) -> str:
    kinds = [f"{what} ({number})" for what, number in kinds_of(intake.removed).items()]
    return f"Taken out of the texts: {', '.join(kinds)}. Each stands in {folder}/_taken-out.txt." if kinds else ""


def _left_out(intake: Intake) -> str:
    rows = [f"  {each.source}: {each.reason}" for each in intake.left_out]
    return "\n".join(["Left out:", *rows]) if rows else ""


def _look_at(intake: Intake) -> str:
    rows = [f"  {each.file.name}: {warning}" for each in intake.written for warning in each.proposal.warnings]
    return "\n".join(["Look at these before you train on them:", *rows]) if rows else ""


def next_commands(folder: str) -> tuple[str, ...]:
    """What to type next, the folder of pair files as a person would type it."""
    place = shlex.quote(folder)
    return f"ownvoice check {place}", f"ownvoice run smoke-test --set data.pairs={place}"


def _next(intake: Intake, folder: str) -> str:
    rows = [
        f"Topics, tiers and splits are proposals: edit the files in {folder} as you like.",
        f"What the model will be asked stands in {folder}/{Path(intake.prompts).name}: edit that too."
        if intake.prompts
        else "",
        "Next:",
        *(f"  {command}" for command in next_commands(folder)),
    ]
    return "\n".join(row for row in rows if row)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
