"""Puts entries and the next run's blank template into the logbook's text, and takes them out. What a person wrote stays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, get_args

from ownvoice.report.entry.entry import render_logbook_head, render_next_run
from ownvoice.report.log.blocks import (
    START,
    Block,
    LogEntry,
    LogName,
    Of,
    block_of,
    blocks_in,
    digest,
    notes_in,
    with_notes,
)

_OURS = re.compile(
    START.pattern.removesuffix("$") + r"\n.*?^<!-- ownvoice:\1 \2 end -->[ \t]*\r?$",
    re.MULTILINE | re.DOTALL,
)
_NEXT_RUN = re.compile(
    r"^<!-- ownvoice:next-run (\d{1,6}) blank=([0-9a-f]+) -->[ \t]*\r?\n"
    r"((?:(?!^<!-- ownvoice:).*\n)*?)"  # up to our next marker: a damaged end must not swallow an entry
    r"^<!-- ownvoice:next-run \1 end -->[ \t]*(?:\r?\n|\Z)",
    re.MULTILINE,
)
_HEADING = re.compile(r"^#{1,3}[ \t]+(Run|Series)[ \t]+(\d{1,6})\b(?!: not run yet)", re.MULTILINE)

# What a newer entry begins with, where the older one was edited.
_BELOW = "*{name} as its record tells it now. The entry above was edited by hand, and stays as it is.*\n\n"
# What stands above that which stays of an entry whose run was removed.
_REMOVED_NOTES = "## Notes by hand, from {name}, which was removed on {on}\n\n"
_REMOVED_ENTRY = "*{name} was removed on {on}. Its entry was edited by hand, and stays.*\n\n"

Remains = Literal["nothing", "the notes", "the entry that was edited", "its marker lines"]
"""Of an entry that was taken out; its marker lines where one of them is missing, so that its end can't be told."""
REMAINS: tuple[Remains, ...] = get_args(Remains)


def with_entry(text: str, entry: LogEntry) -> str:
    """The logbook's text with the entry added; an empty text gets title and explanation first."""
    line_end = line_end_of(text)
    text = text or render_logbook_head() + "\n"
    before, notes, after = _split_at_template(text)
    number = max({0, *numbers_written(text, "run"), *([entry.number] if entry.of == "run" else [])}) + 1
    ours = f"{block_of(entry)}\n{_template_block(number)}".replace("\n", line_end)
    gap = line_end if after.strip() and not after.startswith(("\n", "\r\n")) else ""
    return _end_with_blank_line(before + notes, line_end) + ours + gap + after


def with_renewed(text: str, entry: LogEntry, before: Sequence[str] = ()) -> str:
    """The logbook's text with the entry in the place of its older version."""
    blocks = [block for block in blocks_in(text) if is_of(block, entry)]
    if not blocks:
        return text
    below = _BELOW.format(name=entry.name)
    last, ours = blocks[-1], block_of(entry, below if len(blocks) > 1 else "").replace("\n", line_end_of(text))
    filled = with_notes(ours, notes_in(last.inside))
    if filled is not None and last.is_as_written(before):
        return text[: last.start] + filled + text[last.end :]
    ours = block_of(entry, below).replace("\n", line_end_of(text))
    return _end_with_blank_line(text[: last.end], line_end_of(text)) + ours + text[last.end :]


def with_removed(text: str, entry: LogName, before: Sequence[str], on: str) -> tuple[str, Remains]:
    """The logbook's text without the entry, and what stays in its place: all that a person wrote."""
    blocks = [block for block in blocks_in(text) if is_of(block, entry)]
    remains: Remains = "nothing" if blocks or line_of(text, entry) is None else "its marker lines"
    for block in reversed(blocks):
        left, kept = _left_of(block, entry, before, on)
        remains = max(remains, left, key=REMAINS.index)
        after = text[block.end :]
        if not kept and re.search(r"\n\r?\n\Z", text[: block.start]):
            after = re.sub(r"\A\r?\n", "", after)
        text = text[: block.start] + kept.replace("\n", line_end_of(text)) + after
    return text, remains


def _left_of(block: Block, entry: LogName, before: Sequence[str], on: str) -> tuple[Remains, str]:
    inside = block.inside.replace("\r\n", "\n")
    if not block.is_as_written(before):
        return "the entry that was edited", _REMOVED_ENTRY.format(name=entry.name, on=on) + inside.strip("\n") + "\n"
    if notes := notes_in(inside):
        return "the notes", _REMOVED_NOTES.format(name=entry.name, on=on) + notes.strip("\n") + "\n"
    return "nothing", ""


def numbers_written(text: str, of: Of) -> frozenset[int]:
    marked = {int(match[2]) for match in START.finditer(text) if match[1] == of}
    # Entries quote models, which may well write "## Run 99"; a template's own heading is a promise, not a run.
    by_hand = _NEXT_RUN.sub(lambda match: _without_our_heading(match)[1], _OURS.sub("", text))
    return frozenset(marked | {int(match[2]) for match in _HEADING.finditer(by_hand) if match[1].lower() == of})


def line_of(text: str, entry: LogName) -> int | None:
    """Of its newest version's heading, counted from 1; None where the text hasn't got the entry."""
    starts = [match for match in START.finditer(text) if (match[1], int(match[2])) == (entry.of, entry.number)]
    if not starts:
        return None
    heading = re.compile(r"^## ", re.MULTILINE).search(text, starts[-1].end())
    return text.count("\n", 0, heading.start() if heading else starts[-1].start()) + 1


def is_of(block: Block, entry: LogName) -> bool:
    return (block.of, block.number) == (entry.of, entry.number)


def _split_at_template(text: str) -> tuple[str, str, str]:
    """What stands before the last template, what a person wrote in it, what stands after it."""
    templates = list(_NEXT_RUN.finditer(text))
    if not templates:
        return text, "", ""
    template = templates[-1]
    before, after = text[: template.start()], text[template.end() :]
    if digest(template[3]) == template[2]:
        return before, "", after
    our_heading, written = _without_our_heading(template)
    notes = f"## Notes by hand, from the template of Run {template[1]}" + written if our_heading else written
    return before, notes, after


def _without_our_heading(template: re.Match[str]) -> tuple[str, str]:
    """The template's own heading, if a person left it as it was, and all that follows it, to the letter."""
    heading = render_next_run(int(template[1])).split("\n", 1)[0]
    inside = template[3]
    at = re.match(rf"\s*{re.escape(heading)}(?=[ \t]*\r?\n)", inside)
    return (heading, inside[at.end() :]) if at else ("", inside)


def _template_block(number: int) -> str:
    inside = f"\n{render_next_run(number)}\n"
    start, end = (
        f"<!-- ownvoice:next-run {number} blank={digest(inside)} -->",
        f"<!-- ownvoice:next-run {number} end -->",
    )
    return f"{start}\n{inside}{end}\n"


def line_end_of(text: str) -> str:
    """What most of its lines end with."""
    return "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"


def _end_with_blank_line(text: str, line_end: str) -> str:
    """Add the line ends that are missing, and take none away."""
    if not text.endswith("\n"):
        text += line_end
    return text if re.search(r"\n[ \t]*\r?\n\Z", text) else text + line_end
