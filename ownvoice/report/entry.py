"""A record rendered as Markdown: the entry of a run, and the blank template of the next.

Python computes, the templates format. Whatever a template prints is escaped, unless a filter here made it
Markdown: text from a model or from the writer's files can't become structure (see `escaping`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ownvoice.markdown import Markdown, code_span, fenced, inline, prose_with_commands
from ownvoice.paths import ROOT
from ownvoice.records import RunRecord
from ownvoice.report.entry_view import view_of
from ownvoice.report.picture import PICTURE_NAME
from ownvoice.units import count, date, duration, gib, loss, percent


def render_entry(record: RunRecord, picture: str = PICTURE_NAME) -> str:
    """The run's entry, ending in one line end; a failed run says what it reached.

    `picture` is where the drawing of the VOICE axis is found from where the entry stands, a path or a data URI.
    """
    return _render("log_entry.md.j2", view_of(record, picture))


def render_next_run(number: int) -> str:
    """The blank template for the run with this number."""
    return _render("next_run.md.j2", {"number": number})


def render_logbook_head() -> str:
    """Title and explanation, written once, when the logbook is created."""
    return _render("logbook_head.md.j2", {})


def _render(template: str, values: dict[str, Any]) -> str:
    return _environment().get_template(template).render(values).strip("\n") + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        undefined=StrictUndefined,
        autoescape=False,  # that is HTML's; `finalize` is Markdown's
        finalize=_escape_unless_markdown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters: dict[str, Callable[..., str]] = {
        "fenced": fenced,
        "code": code_span,
        "commands": prose_with_commands,
        "inline": inline,
        "duration": duration,
        "gib": gib,
        "count": count,
        "date": date,
        "loss": loss,
        "percent": percent,
    }
    environment.filters.update(filters)
    return environment


def _escape_unless_markdown(value: object) -> object:
    return inline(value) if isinstance(value, str) and not isinstance(value, Markdown) else value
