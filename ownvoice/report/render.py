"""Fills in templates: Python computes, the templates format, and no untrusted text becomes structure.

What a template prints is escaped as its format asks, told by the template's name: in Markdown by `ownvoice.markdown`, unless
a filter here made it Markdown; in SVG and HTML by Jinja itself. A value that is missing is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ownvoice.markdown import Markdown, code_span, fenced, inline, one_line, prose_with_commands, show_invisible
from ownvoice.paths import SHIPPED
from ownvoice.report.shown_table import as_markdown
from ownvoice.units import count, date, duration, gib, loss, percent
from ownvoice.voice.likelihood import Contrast
from ownvoice.voice.results import Interval

MARKDOWN = ".md.j2"


def render(template: str, values: dict[str, Any]) -> str:
    """The text of a template in templates/."""
    environment = _markdown() if template.endswith(MARKDOWN) else _markup()
    return environment.get_template(template).render(values)


def signed(value: float | None, digits: int = 2) -> Markdown:
    """'+0.14': in a table's cell a sign needs no escape; a dash for what wasn't measured."""
    return Markdown("\N{EN DASH}" if value is None else f"{value:+.{digits}f}")


def spread(found: Interval | Contrast | None, digits: int = 2) -> Markdown:
    """'+0.94 (+0.46 to +1.41)', a mean with its interval where it has one; a dash for what wasn't measured."""
    if found is None:
        return Markdown("\N{EN DASH}")
    around = f" ({found.low:+.{digits}f} to {found.high:+.{digits}f})" if found.low is not None else ""
    return Markdown(f"{found.mean:+.{digits}f}{around}")


MEMORISED = {"none": "no", "warn": "signs", "fail": "yes"}
WAYS = {
    "untuned": "untuned",
    "prompted": "untuned, shown essays of yours first",
    "tuned": "fine-tuned",
    "placebo": "fine-tuned on another writer",
}

FIGURES: dict[str, Callable[..., str]] = {
    "duration": duration,
    "gib": gib,
    "count": count,
    "date": date,
    "loss": loss,
    "percent": percent,
    "signed": signed,
    "spread": spread,
    "way": WAYS.__getitem__,
}


@cache
def _markdown() -> Environment:
    environment = _environment(autoescape=False, finalize=_escape_unless_markdown)  # autoescape is HTML's
    environment.filters |= {
        "fenced": fenced,
        "code": code_span,
        "commands": prose_with_commands,
        "inline": inline,
        "link": Markdown,
        "table": as_markdown,
    }
    return environment


@cache
def _markup() -> Environment:
    environment = _environment(autoescape=True, finalize=_shown_unless_markup)
    environment.filters |= {"cut": one_line, "commands": _commands}
    return environment


def _environment(**settings: Any) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(SHIPPED / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        **settings,
    )
    environment.filters |= FIGURES
    return environment


def _shown_unless_markup(value: object) -> object:
    """Jinja escapes what comes back; control characters and marks of direction would still do something, unseen."""
    return show_invisible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _commands(text: str) -> Markup:
    """A sentence with its `commands` as code."""
    parts = show_invisible(text).split("`")
    return Markup("").join(Markup("<code>{}</code>" if n % 2 else "{}").format(part) for n, part in enumerate(parts))


def _escape_unless_markdown(value: object) -> object:
    return inline(value) if isinstance(value, str) and not isinstance(value, Markdown) else value
