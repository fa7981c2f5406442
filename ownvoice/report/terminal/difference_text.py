"""Shows on a terminal what two runs differ in, side by side."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from ownvoice.markdown import one_line, show_invisible
from ownvoice.report.run_figures import ABOUT_Z, Figure
from ownvoice.report.tables import WIDTH, as_text
from ownvoice.report.terminal.difference import CanaryPair, Difference

NOT_REACHED = "\N{EN DASH}"
LONGEST_VALUE = 200
LEAST_COLUMN = 30
"""Of an answer, in characters: narrower columns read badly."""


def render_difference(found: Difference) -> str:
    """What a model wrote is shown with its invisible characters made visible, and is no markup."""
    one, other = f"Run {found.one}", f"Run {found.other}"
    settings = [(each.name, _line(each.one), _line(each.other)) for each in found.settings]
    figures = [(_marked(pair.name, pair.why_not), _shown(pair.one), _shown(pair.other)) for pair in found.figures]
    parts: list[str | Table] = [f"{one} and {other}", ""]
    parts += _beside("Settings that differ:", (one, other), settings) if settings else ["Same settings."]
    if figures:
        parts += [
            "",
            *_beside("Figures, with 95% intervals:", (one, other), figures),
            "",
            *_doubts(found),
            ABOUT_Z,
        ]
    else:
        parts += ["", "Neither has figures to compare."]
    for canary in found.canaries:
        parts += ["", *_canary(canary, one, other)]
    return as_text(WIDTH, *parts)


def _beside(title: str, runs: tuple[str, str], rows: list[tuple[str, str, str]]) -> list[str | Table]:
    table = Table("", *runs, box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for row in rows:
        table.add_row(*row)
    return [title, table]


def _doubts(found: Difference) -> Iterator[str]:
    """Why figures don't compare; nothing where all of them do."""
    for why, names in found.doubts.items():
        yield f"* Not comparable: {why}. That is said of: {', '.join(names)}."


def _canary(pair: CanaryPair, one: str, other: str) -> Iterator[str | Table]:
    """Each answer in half the width; where that is too little, one below the other."""
    yield f"Canary {_line(pair.id)}: {_line(pair.topic)}"
    table = Table(box=None, padding=(0, 3, 0, 0), pad_edge=False, expand=True)
    for name in (one, other):
        table.add_column(name, ratio=1, min_width=LEAST_COLUMN)
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
