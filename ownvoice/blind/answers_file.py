"""Takes in the answers of somebody else, as the page of a static file gives them back: JSON, from outside and so not trusted.

{"ownvoice": "blind-test", "run": 3, "sheet": "9c...", "judge": "Jo", "answers": [{"id": "4f...", "mine": true, "sure": 2}, ...],
 "checksum": "1a2b3c4d"}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from ownvoice.blind.sheet import NAME_CHARACTERS, Judgement, Sheet, Sitting
from ownvoice.blind.store import StoredSheet
from ownvoice.errors import BlindTestError, shown_names
from ownvoice.frozen import Frozen
from ownvoice.markdown import one_line, shortened, show_invisible
from ownvoice.parsing import json_of

MOST_BYTES = 1_000_000
"""A file of 100 answers has 6,000."""
EXPECTED = "the file that the page gave back, as it is: every passage of it judged once"
REMEDY = "ask for it again: the page keeps the answers in the browser where they were given"


class Given(Frozen):
    """The file's form."""

    ownvoice: Literal["blind-test"]
    run: int
    sheet: str
    judge: str = ""
    answers: tuple[Judgement, ...]
    checksum: str = ""


class TakenIn(NamedTuple):
    sitting: Sitting
    of: StoredSheet


def read_given(path: Path, name: str | None, run: int, sheets: Sequence[StoredSheet], now: str) -> TakenIn:
    """A finished sitting, under the name typed here or in the page.

    Raises:
        BlindTestError: with all that is wrong with the file.
    """
    given = _parsed(path)
    by_id = {each.sheet.id: each for each in sheets if each.sheet.for_others}
    of = by_id.get(given.sheet)
    if of is None:
        whose = f"of a file that Run {given.run} made" if given.run != run else "of no file that this run made"
        raise _refused(
            path, [f"the answers are {whose}, not of Run {run}'s" if given.run != run else f"the answers are {whose}"]
        )
    judge = one_line(name if name is not None else given.judge, NAME_CHARACTERS)
    problems = [*_wrong_answers(given, of.sheet), *_wrong_judge(judge, given, of)]
    if problems:
        raise _refused(path, problems)
    return TakenIn(Sitting(sheet=given.sheet, judge=judge, answers=given.answers, finished_at=now), of)


def checksum(sheet: str, answers: Iterable[Judgement]) -> str:
    """FNV-1a of the answers, 32 bits, as the page reckons it: it shows a slip of the hand, and stops no forger."""
    found = 0x811C9DC5
    for byte in "\n".join([sheet, *(f"{each.id} {int(each.mine)} {each.sure}" for each in answers)]).encode():
        found = (found ^ byte) * 0x01000193 & 0xFFFFFFFF
    return f"{found:08x}"


def _parsed(path: Path) -> Given:
    try:
        if not path.is_file():
            raise _refused(path, ["no file there"])
        if (size := path.stat().st_size) > MOST_BYTES:
            raise _refused(path, [f"{size:,} bytes, where answers have a few thousand"])
        text = path.read_bytes().decode("utf-8-sig")
        json_of(text, object_pairs_hook=_without_doubles)
        return Given.model_validate_json(text, strict=True)
    except OSError as error:
        raise _refused(path, [error.strerror or str(error)]) from None
    except ValidationError as error:
        raise _refused(path, list(_in_words(error))) from None
    except ValueError as error:
        told = str(error) if isinstance(error, _Twice) else "not JSON that can be read"
        raise _refused(path, [told]) from None


class _Twice(ValueError):
    """A name that stands twice in an object: which one counts?"""


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    doubles = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
    if doubles:
        raise _Twice(f"'{shortened(doubles[0], NAME_CHARACTERS)}' stands twice in one object")
    return dict(pairs)


def _in_words(error: ValidationError) -> Iterator[str]:
    for each in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in each["loc"])
        yield f"{shortened(place, NAME_CHARACTERS)}: {each['msg'][0].lower()}{each['msg'][1:]}"


def _wrong_answers(given: Given, sheet: Sheet) -> Iterator[str]:
    known = {passage.id for passage in sheet.passages}
    times = Counter(each.id for each in given.answers)
    if unknown := [shortened(each, NAME_CHARACTERS) for each in times if each not in known]:
        yield f"answers to passages that aren't in the file that was sent: {shown_names(unknown)}"
    if often := [each for each, number in times.items() if number > 1]:
        yield f"passages that were answered more than once: {shown_names(often)}"
    if lacking := sum(1 for each in known if each not in times):
        yield f"{lacking} of {len(known)} passages have no answer: a test counts whole, or stopping when it looks well would count"
    if given.checksum != checksum(given.sheet, given.answers):
        yield "the answers were changed after the page gave them back (their checksum is another)"


def _wrong_judge(judge: str, given: Given, of: StoredSheet) -> Iterator[str]:
    if not judge:
        yield "no name in it: say whose answers these are, with --name"
    for earlier in of.sittings.values():
        same = _as_set(earlier.answers) == _as_set(given.answers)
        if same and earlier.judge == judge:
            yield f"{judge}'s answers are in already: the very same"
        elif earlier.judge == judge:
            yield f"{judge} gave other answers to this file, taken in at {earlier.finished_at[:16]}: each counts once; --name for somebody else"
        elif same:
            yield f"the very same answers are in already, as {earlier.judge}'s"


def _as_set(answers: Sequence[Judgement]) -> frozenset[tuple[str, bool, int]]:
    return frozenset((each.id, each.mine, each.sure) for each in answers)


def _refused(path: Path, problems: Sequence[str]) -> BlindTestError:
    return BlindTestError(show_invisible("\n".join(f"{path}: {each}" for each in problems)), EXPECTED, REMEDY)
