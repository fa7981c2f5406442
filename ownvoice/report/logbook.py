"""Keeps the logbook: an entry per run and per series, a blank template for the next run, and everything a person wrote.

Comment lines mark what is ours:

    <!-- ownvoice:run 1 key=ab12 status=completed text=77aa -->    <!-- ownvoice:run 1 end -->
    <!-- ownvoice:series 1 key=cd34 status=... text=... -->        <!-- ownvoice:series 1 end -->
    <!-- ownvoice:next-run 2 blank=0f3c -->                        <!-- ownvoice:next-run 2 end -->

Only text of our own is ever replaced or taken out: an entry that still hashes to the `text` of its marker
(`ownvoice.report.log_blocks`), and a next-run template that still hashes to its `blank`. An entry that a person edited
stays, and a newer one goes below it. If the marker lines were damaged, the new entry goes to the end and all else stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ownvoice.errors import LogbookError
from ownvoice.files import write_atomically
from ownvoice.frozen import Frozen
from ownvoice.report.entry import render_logbook_head, render_next_run
from ownvoice.report.log_blocks import START, Block, LogEntry, Of, block_of, blocks_in, digest, notes_in, with_notes

LOGBOOK_NAME = "EXPERIMENT_LOG.md"

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


class LogbookChange(Frozen):
    """Where an entry stands: the line of its heading, counted from 1."""

    path: Path
    line: int
    added: bool
    """False where the logbook held it already."""
    renewed: bool = False
    """True where another version of it stood there."""
    below_edited: bool = False
    """True where a person had edited that one: hers stays, and ours stands below it."""


def add_entry(path: Path, entry: LogEntry) -> LogbookChange:
    """Add the entry above the next run's template, and renew the template; the caller holds `lock_of` the folder.

    A number that the logbook holds already changes nothing.

    Raises:
        LogbookError: the file is not UTF-8 text or can't be read or written; it is left as it is.
    """
    text = _read(path)
    if (line := _line_of(text, entry.of, entry.number)) is not None:
        return LogbookChange(path=path, line=line, added=False)
    changed = with_entry(text, entry)
    _write(path, changed)
    return LogbookChange(path=path, line=_line_of(changed, entry.of, entry.number) or 1, added=True)


def renew_entry(path: Path, entry: LogEntry, before: Sequence[str] = ()) -> LogbookChange:
    """Put the entry in the place of the one that the logbook has; the caller holds `lock_of` the folder.

    What a person wrote stays: her notes are carried over, and below an entry that she edited ours has a place of its own,
    where the next version replaces it. An entry that she took out stays out.

    Args:
        before: Texts that the entry may have been written with, for entries whose marker has no hash.

    Raises:
        LogbookError: the file is not UTF-8 text or can't be read or written; it is left as it is.
    """
    text = _read(path)
    changed = with_renewed(text, entry, before)
    if changed != text:
        _write(path, changed)
    versions = sum(1 for block in blocks_in(changed) if _is_of(block, entry))
    line = _line_of(changed, entry.of, entry.number) or 1
    return LogbookChange(path=path, line=line, added=False, renewed=changed != text, below_edited=versions > 1)


def with_renewed(text: str, entry: LogEntry, before: Sequence[str] = ()) -> str:
    """The logbook's text with the entry in the place of its older version."""
    blocks = [block for block in blocks_in(text) if _is_of(block, entry)]
    if not blocks:
        return text
    below = _BELOW.format(name=entry.name)
    last, ours = blocks[-1], block_of(entry, below if len(blocks) > 1 else "").replace("\n", _line_end(text))
    filled = with_notes(ours, notes_in(last.inside))
    if filled is not None and last.is_as_written(before):
        return text[: last.start] + filled + text[last.end :]
    ours = block_of(entry, below).replace("\n", _line_end(text))
    return _end_with_blank_line(text[: last.end], _line_end(text)) + ours + text[last.end :]


def digests_in(path: Path) -> frozenset[str]:
    """Of the entries as they were written, as far as that is known."""
    return frozenset(block.digest or digest(block.inside) for block in blocks_in(_read(path)))


def require_usable(path: Path) -> None:
    """Raises LogbookError: the file is not UTF-8 text or can't be read."""
    _read(path)


def lock_of(artifacts: Path) -> Path:
    """The lock for everything that numbers runs or writes to the logbook in an artifacts folder."""
    return artifacts / "locks" / "logbook.lock"


def numbers_in(path: Path, of: Of = "run") -> frozenset[int]:
    """Numbers that the logbook holds, by marker or by a heading that a person wrote (`## Run 4 ...`).

    Reads what it can of a file that isn't UTF-8, so that a run still gets its number.
    """
    if not path.exists():
        return frozenset()
    return _numbers_in(path.read_bytes().decode("utf-8", errors="replace"), of)


def find_entry(path: Path, of: Of, number: int) -> LogbookChange:
    """Where the entry stands; line 1 if a person took it out."""
    text = path.read_bytes().decode("utf-8", errors="replace") if path.exists() else ""
    return LogbookChange(path=path, line=_line_of(text, of, number) or 1, added=False)


def _is_of(block: Block, entry: LogEntry) -> bool:
    return (block.of, block.number) == (entry.of, entry.number)


def _numbers_in(text: str, of: Of) -> frozenset[int]:
    marked = {int(match[2]) for match in START.finditer(text) if match[1] == of}
    # Entries quote models, which may well write "## Run 99"; a template's own heading is a promise, not a run.
    by_hand = _NEXT_RUN.sub(lambda match: _without_our_heading(match)[1], _OURS.sub("", text))
    return frozenset(marked | {int(match[2]) for match in _HEADING.finditer(by_hand) if match[1].lower() == of})


def with_entry(text: str, entry: LogEntry) -> str:
    """The logbook's text with the entry added; an empty text gets title and explanation first."""
    line_end = _line_end(text)
    text = text or render_logbook_head() + "\n"
    before, notes, after = _split_at_template(text)
    number = max({0, *_numbers_in(text, "run"), *([entry.number] if entry.of == "run" else [])}) + 1
    ours = f"{block_of(entry)}\n{_template_block(number)}".replace("\n", line_end)
    gap = line_end if after.strip() and not after.startswith(("\n", "\r\n")) else ""
    return _end_with_blank_line(before + notes, line_end) + ours + gap + after


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


def _line_end(text: str) -> str:
    """What most of its lines end with."""
    return "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"


def _end_with_blank_line(text: str, line_end: str) -> str:
    """Add the line ends that are missing, and take none away."""
    if not text.endswith("\n"):
        text += line_end
    return text if re.search(r"\n[ \t]*\r?\n\Z", text) else text + line_end


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8") if path.exists() else ""
    except UnicodeDecodeError as error:
        raise LogbookError(
            f"{path}: byte {error.start} is not UTF-8",
            "a text file in UTF-8",
            "save it as UTF-8 in your editor; nothing was changed, and the next run adds what is missing",
        ) from None
    except OSError as error:
        raise LogbookError(
            f"{path}: {error.strerror}", "a readable file", "make it readable; nothing was changed"
        ) from error


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text)
    except OSError as error:
        raise LogbookError(
            f"{path}: {error.strerror}", "a file that can be written", "free the disk or the file"
        ) from error


def _line_of(text: str, of: Of, number: int) -> int | None:
    """Of the newest version's heading."""
    starts = [match for match in START.finditer(text) if match[1] == of and int(match[2]) == number]
    if not starts:
        return None
    heading = re.compile(r"^## ", re.MULTILINE).search(text, starts[-1].end())
    return text.count("\n", 0, heading.start() if heading else starts[-1].start()) + 1
