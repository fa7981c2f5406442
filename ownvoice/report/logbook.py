"""Keeps the logbook: an entry per run and per series, a blank template for the next run, and everything a person wrote.

A file is only ever added to. Three kinds of comment lines mark what is ours:

    <!-- ownvoice:run 1 key=ab12 -->            <!-- ownvoice:run 1 end -->
    <!-- ownvoice:series 1 key=cd34 -->         <!-- ownvoice:series 1 end -->
    <!-- ownvoice:next-run 2 blank=0f3c -->     <!-- ownvoice:next-run 2 end -->

The one text that is ever taken out is a next-run template that still hashes to the `blank` of its marker. If
the marker lines were damaged, the new entry goes to the end and all else stays.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Literal

from ownvoice.errors import LogbookError
from ownvoice.files import write_atomically
from ownvoice.frozen import Frozen
from ownvoice.report.entry import render_logbook_head, render_next_run

LOGBOOK_NAME = "EXPERIMENT_LOG.md"

_START = re.compile(r"^<!-- ownvoice:(run|series) (\d{1,6}) key=\S* -->[ \t]*\r?$", re.MULTILINE)
_OURS = re.compile(
    r"^<!-- ownvoice:(run|series) (\d{1,6}) key=\S* -->[ \t]*\r?\n.*?^<!-- ownvoice:\1 \2 end -->[ \t]*\r?$",
    re.MULTILINE | re.DOTALL,
)
_NEXT_RUN = re.compile(
    r"^<!-- ownvoice:next-run (\d{1,6}) blank=([0-9a-f]+) -->[ \t]*\r?\n"
    r"((?:(?!^<!-- ownvoice:).*\n)*?)"  # up to our next marker: a damaged end must not swallow an entry
    r"^<!-- ownvoice:next-run \1 end -->[ \t]*(?:\r?\n|\Z)",
    re.MULTILINE,
)
_HEADING = re.compile(r"^#{1,3}[ \t]+(Run|Series)[ \t]+(\d{1,6})\b(?!: not run yet)", re.MULTILINE)

Of = Literal["run", "series"]


class LogEntry(Frozen):
    """What is added to the logbook."""

    of: Of
    number: int
    key: str
    text: str


class LogbookChange(Frozen):
    """Where an entry stands: the line of its heading, counted from 1."""

    path: Path
    line: int
    added: bool
    """False where the logbook held it already."""


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
    try:
        write_atomically(path, changed)
    except OSError as error:
        raise LogbookError(
            f"{path}: {error.strerror}", "a file that can be written", "free the disk or the file"
        ) from error
    return LogbookChange(path=path, line=_line_of(changed, entry.of, entry.number) or 1, added=True)


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


def _numbers_in(text: str, of: Of) -> frozenset[int]:
    marked = {int(match[2]) for match in _START.finditer(text) if match[1] == of}
    # Entries quote models, which may well write "## Run 99"; a template's own heading is a promise, not a run.
    by_hand = _NEXT_RUN.sub(lambda match: _without_our_heading(match)[1], _OURS.sub("", text))
    return frozenset(marked | {int(match[2]) for match in _HEADING.finditer(by_hand) if match[1].lower() == of})


def with_entry(text: str, entry: LogEntry) -> str:
    """The logbook's text with the entry added; an empty text gets title and explanation first."""
    line_end = "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"
    text = text or render_logbook_head() + "\n"
    before, notes, after = _split_at_template(text)
    number = max({0, *_numbers_in(text, "run"), *([entry.number] if entry.of == "run" else [])}) + 1
    ours = f"{_entry_block(entry)}\n{_template_block(number)}".replace("\n", line_end)
    gap = line_end if after.strip() and not after.startswith(("\n", "\r\n")) else ""
    return _end_with_blank_line(before + notes, line_end) + ours + gap + after


def _split_at_template(text: str) -> tuple[str, str, str]:
    """What stands before the last template, what a person wrote in it, what stands after it."""
    templates = list(_NEXT_RUN.finditer(text))
    if not templates:
        return text, "", ""
    template = templates[-1]
    before, after = text[: template.start()], text[template.end() :]
    if _digest(template[3]) == template[2]:
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


def _entry_block(entry: LogEntry) -> str:
    key, ours = re.sub(r"[^0-9A-Za-z._-]", "", entry.key), f"ownvoice:{entry.of} {entry.number}"
    return f"<!-- {ours} key={key} -->\n\n{entry.text}\n<!-- {ours} end -->\n"


def _template_block(number: int) -> str:
    inside = f"\n{render_next_run(number)}\n"
    start, end = (
        f"<!-- ownvoice:next-run {number} blank={_digest(inside)} -->",
        f"<!-- ownvoice:next-run {number} end -->",
    )
    return f"{start}\n{inside}{end}\n"


def _digest(inside: str) -> str:
    """Hash of a template's lines without the white space that editors add and remove on their own."""
    lines = "\n".join(line.rstrip() for line in inside.strip().splitlines())
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


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


def _line_of(text: str, of: Of, number: int) -> int | None:
    for match in _START.finditer(text):
        if match[1] == of and int(match[2]) == number:
            heading = re.compile(r"^## ", re.MULTILINE).search(text, match.end())
            return text.count("\n", 0, heading.start() if heading else match.start()) + 1
    return None
