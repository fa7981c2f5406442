"""Carries out `ownvoice blind-test`: the page for the author, a file for somebody else, answers taken in, the result."""

from __future__ import annotations

import secrets
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from flows.cli.output import as_json
from flows.cli.printed import BlindTests
from ownvoice.blind.answers_file import read_given
from ownvoice.blind.choose import USUAL_NUMBER, Wanted, choose_passages
from ownvoice.blind.opened import OpenSitting, progress
from ownvoice.blind.page import file_page
from ownvoice.blind.result import count
from ownvoice.blind.serve import serve
from ownvoice.blind.sheet import Sheet, Sitting
from ownvoice.blind.store import StoredSheet, add_sheet, lock_of, stored_sheets, tests_folder, write_sitting
from ownvoice.blind_tests import BlindTest
from ownvoice.errors import BlindTestError, LogbookError
from ownvoice.essays.check import read_pairs
from ownvoice.essays.place import essays_place, have_here
from ownvoice.files import unless_held, write_atomically
from ownvoice.paths import artifacts_folder
from ownvoice.records.run import RunRecord
from ownvoice.report.entry.blind import ShownTest, shown_test
from ownvoice.report.kept.runs import read_record, rewrite_run, run_folder
from ownvoice.report.terminal.blind import render_tests

SEED_BITS = 32
DOORSTEP = "open.html"


class ToTest(NamedTuple):
    """As it was typed."""

    run: int
    file: Path | None = None
    answers: Path | None = None
    name: str | None = None
    again: bool = False
    result: bool = False
    as_json: bool = False
    open_browser: bool = True
    number: int = USUAL_NUMBER


def blind_test_text(typed: ToTest, tell: Callable[[str], None]) -> str:
    """Do what was typed, and say what came of it; `tell` is given what is to be read while it goes on.

    Raises:
        BlindTestError: what was typed doesn't go together, the run can't be judged, or a file can't be taken in.
        LogbookError: there is no such run, or its log can't be written; the answers are kept.
    """
    _require_one_thing(typed)
    folder = run_folder(artifacts_folder() / "runs", typed.run)
    with _alone(typed.run):
        if typed.file is not None:
            return _make_file(folder, typed.file, typed)
        if typed.answers is not None:
            return _take_in(folder, typed.answers, typed)
        if not typed.result:
            ended = _judge(folder, typed, tell)
            if ended:
                return ended
        return _result(folder, typed)


def _require_one_thing(typed: ToTest) -> None:
    chosen = {"--file": typed.file, "--import": typed.answers, "--result": typed.result, "--again": typed.again}
    given = [name for name, value in chosen.items() if value]
    if len(given) > 1:
        raise BlindTestError(f"{' and '.join(given)} together", "one of them", "type them one after the other")
    if typed.name is not None and typed.answers is None:
        raise BlindTestError("--name without --import", "--import ANSWERS.json --name NAME", "leave it out")
    if typed.as_json and not typed.result:
        raise BlindTestError("--json without --result", "--result --json", "add --result")


@contextmanager
def _alone(run: int) -> Iterator[None]:
    with unless_held(lock_of(artifacts_folder(), run)) as free:
        if not free:
            raise BlindTestError(
                f"the blind test of Run {run} is open in another terminal",
                "one at a time: of two, one would write over the other's answers",
                "end that one (its page has a button; or Ctrl-C), then type this again",
            )
        yield


def _judge(folder: Path, typed: ToTest, tell: Callable[[str], None]) -> str:
    """Open the page; nothing to say where the sitting is finished in the end."""
    stored = _own_sheet(folder, typed)
    if _own_sitting(stored).finished_at:
        return ""
    sheet, path, sitting = stored.sheet, _own_path(stored), _own_sitting(stored)
    opened = OpenSitting(sheet, path, sitting, _now, lambda done: _kept(folder, sheet, done))
    doorstep, ended = tests_folder(folder) / DOORSTEP, "stopped"
    try:
        ended = serve(opened, lambda address: _show(address, opened, typed, tell, doorstep))
    except KeyboardInterrupt:
        print(file=sys.stderr)  # behind the ^C that the terminal shows
    finally:
        doorstep.unlink(missing_ok=True)
    if opened.sitting.finished_at:
        return ""
    why = "Nothing was asked for two hours. " if ended == "idle" else ""
    return f"{why}Kept: {opened.progress}. Go on with: ownvoice blind-test {typed.run}"


def _own_sheet(folder: Path, typed: ToTest) -> StoredSheet:
    """The author's newest; or a new one, where there is none or she begins again."""
    own = [each for each in stored_sheets(folder) if not each.sheet.for_others]
    if own and not typed.again:
        return own[-1]
    return add_sheet(folder, _chosen(read_record(folder), typed))


def _show(address: str, opened: OpenSitting, typed: ToTest, tell: Callable[[str], None], doorstep: Path) -> None:
    tell(f"The blind test of Run {typed.run}, {opened.progress}. In your browser:\n\n  {address}\n")
    tell("Every answer is kept at once. Ctrl-C or the page's button ends this; the same command goes on.")
    if typed.open_browser:
        threading.Thread(target=_open_browser, args=(address, doorstep), daemon=True).start()


def _open_browser(address: str, doorstep: Path) -> None:
    """Whether one can be opened or not: the address is printed.

    A command line shows in `ps`: what it names is a file of this user's, which leads to the address with its token.
    """
    doorstep.touch(mode=0o600)
    doorstep.write_text(f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">\n')
    with suppress(webbrowser.Error, OSError):
        webbrowser.open(doorstep.as_uri())


def _kept(folder: Path, sheet: Sheet, done: Sitting) -> ShownTest:
    """The result is shown where the log can't be written as well: the next command writes it."""
    try:
        return _keep(folder, sheet, done)
    except LogbookError as error:
        shown = shown_test(count(read_record(folder), sheet, done))
        return shown._replace(notes=(*shown.notes, f"It isn't in the log yet: {error.found}."))


def _make_file(folder: Path, file: Path, typed: ToTest) -> str:
    record, file = read_record(folder), file.expanduser()
    if file.suffix.lower() not in (".html", ".htm") or file.exists():
        found = "is there already" if file.exists() else "does not end with .html"
        raise BlindTestError(f"{file}: {found}", "a new file, such as for-jo.html")
    stored = add_sheet(folder, _chosen(record, typed))
    write_atomically(file, file_page(stored.sheet))
    return (
        f"{file}: {len(stored.sheet.passages)} passages; what each is isn't in it, and stays in {stored.folder}.\n"
        "Whoever opens it in a browser judges them, and saves the answers as a file for you. Take that in with:\n"
        f"  ownvoice blind-test {typed.run} --import blind-test-answers.json"
    )


def _take_in(folder: Path, answers: Path, typed: ToTest) -> str:
    taken = read_given(answers.expanduser(), typed.name, typed.run, stored_sheets(folder), _now())
    write_sitting(taken.of.next_sitting, taken.sitting)
    return _result(folder, typed)


def _result(folder: Path, typed: ToTest) -> str:
    """Of every finished sitting; what an earlier command couldn't write into the record is written now."""
    stored = stored_sheets(folder)
    for each in stored:
        for sitting in each.sittings.values():
            if sitting.finished_at:
                _keep(folder, each.sheet, sitting)
    record = read_record(folder)
    if not record.blind_tests:
        raise BlindTestError(
            f"no blind test of Run {typed.run} is finished{_begun(stored)}",
            "every passage judged: a test counts whole, or stopping when it looks well would count",
            f"ownvoice blind-test {typed.run}",
        )
    if typed.as_json:
        return as_json(BlindTests(run=record.number, tests=record.blind_tests))
    return f"{render_tests(record)}\n\nAnother sitting: ownvoice blind-test {typed.run} --again"


def _begun(stored: list[StoredSheet]) -> str:
    begun = [each for each in stored if not each.sheet.for_others]
    return f" ({progress(begun[-1].sheet, _own_sitting(begun[-1]))})" if begun else ""


def _keep(folder: Path, sheet: Sheet, done: Sitting) -> ShownTest:
    """Write what it says into the record, its entry and the log, if it isn't there."""
    record = read_record(folder)
    test = count(record, sheet, done)
    if not any(_same(each, test) for each in record.blind_tests):
        tests = sorted((*record.blind_tests, test), key=lambda each: each.finished_at)
        rewrite_run(artifacts_folder(), record.model_copy(update={"blind_tests": tuple(tests)}))
    return shown_test(test)


def _same(one: BlindTest, other: BlindTest) -> bool:
    return (one.sheet, one.judge) == (other.sheet, other.judge)


def _chosen(record: RunRecord, typed: ToTest) -> Sheet:
    data = record.config.data
    have_here(data.pairs)
    author = read_pairs(essays_place(data.pairs), data.columns)
    wanted = Wanted(_now(), typed.number, typed.file is not None)
    return choose_passages(record, author, wanted, secrets.randbits(SEED_BITS))


def _own_path(stored: StoredSheet) -> Path:
    return next(iter(stored.sittings), stored.next_sitting)


def _own_sitting(stored: StoredSheet) -> Sitting:
    return next(iter(stored.sittings.values()), Sitting(sheet=stored.sheet.id))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
