"""Shows on a terminal what two runs differ in: side by side where there is room, else one below the other."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from ownvoice.markdown import one_line, show_invisible
from ownvoice.report.difference import CanaryPair, Difference
from ownvoice.report.listing import NARROW, WIDEST
from ownvoice.report.run_figures import ABOUT_Z, Figure
from ownvoice.report.tables import as_text

NOT_REACHED = "\N{EN DASH}"
LONGEST_VALUE = 200


def render_difference(found: Difference, width: int) -> str:
    """What a model wrote is shown with its invisible characters made visible, and is no markup."""
    one, other = f"Run {found.one}", f"Run {found.other}"
    wide = width >= NARROW
    settings = [(each.name, _line(each.one), _line(each.other)) for each in found.settings]
    figures = [(_marked(pair.name, pair.why_not), _shown(pair.one), _shown(pair.other)) for pair in found.figures]
    parts: list[str | Table] = [f"{one} and {other}", ""]
    parts += _beside(("Settings that differ", one, other), settings, wide) if settings else ["Same settings."]
    if figures:
        parts += [
            "",
            *_beside(("Figures, with 95% intervals", one, other), figures, wide),
            "",
            *_doubts(found),
            ABOUT_Z,
        ]
    else:
        parts += ["", "Neither has figures to compare."]
    for canary in found.canaries:
        parts += ["", *_canary(canary, one, other, wide)]
    return as_text(min(width, WIDEST), *parts)


def _beside(head: tuple[str, str, str], rows: list[tuple[str, str, str]], wide: bool) -> list[str | Table]:
    if not wide:
        lines = [f"{name}\n  {head[1]}: {one}\n  {head[2]}: {other}" for name, one, other in rows]
        return [f"{head[0]}:", *lines]
    table = Table(*head, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for row in rows:
        table.add_row(*row)
    return [table]


def _doubts(found: Difference) -> Iterator[str]:
    """Why figures don't compare; nothing where all of them do."""
    for why, names in found.doubts.items():
        yield f"* Not comparable: {why}. That is said of: {', '.join(names)}."


def _canary(pair: CanaryPair, one: str, other: str, wide: bool) -> Iterator[str | Table]:
    yield f"Canary {_line(pair.id)}: {_line(pair.topic)}"
    if not wide:
        yield from (f"\n{name}:\n{_text(answer)}" for name, answer in ((one, pair.one), (other, pair.other)))
        return
    table = Table(one, other, box=None, padding=(0, 3, 0, 0), pad_edge=False)
    for column in table.columns:
        column.ratio = 1
    table.expand = True
    table.add_row(_text(pair.one), _text(pair.other))
    yield table


def _marked(name: str, why_not: str) -> str:
    return f"{name} *" if why_not else name


def _shown(figure: Figure | None) -> str:
    return figure.in_words() if figure else NOT_REACHED


def _line(text: str) -> str:
    return one_line(text, LONGEST_VALUE)


def _text(answer: str | None) -> str:
    return NOT_REACHED if answer is None else show_invisible(answer).strip() or "(empty)"
