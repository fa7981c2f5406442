"""Every command in the README and the docs is one that the command line takes, with its options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup
from typer.main import get_command

from flows.cli.app import app
from ownvoice.paths import ROOT

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
UsageError: type[Exception] = typer.BadParameter.__bases__[0]  # typer's own copy of click names it nowhere else
INCOMPLETE = ("MissingParameter", "BadOptionUsage")
COMPLETION = ("--install-completion", "--show-completion")
BLOCK = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^ownvoice .*", re.MULTILINE)
NAMED = re.compile(r"`(ownvoice [^`\n]+)`")


def refusals_in(text: str) -> dict[str, str]:
    """Why the command line wouldn't take what stands in a line of its own, whole, or is named in a sentence, by its first words."""
    found = {line: refusal(words_of(line), whole=False) for line in NAMED.findall(text)}
    found |= {
        line: refusal(words_of(line), whole=True) for block in BLOCK.findall(text) for line in TYPED.findall(block)
    }
    return {line: why for line, why in found.items() if why}


def words_of(line: str) -> list[str]:
    """`RUN...` and `[RUN]` are places to be filled in."""
    words = shlex.split(re.split(r"\s+[#>|] ?|$", line)[0])[1:]
    return ["3" if re.fullmatch(r"\[?RUN(\.\.\.)?\]?", word) else word for word in words if word != "..."]


def refusal(words: list[str], whole: bool) -> str:
    """What the command line says against it, before anything is done; empty where it takes it."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    name, *rest = words
    if name.startswith("-"):
        return "" if name in COMPLETION or any(name in option.opts for option in group.params) else f"no option {name}"
    if name not in group.commands:
        return f"no command {name}"
    try:
        group.commands[name].make_context(name, rest)
    except UsageError as error:
        return "" if not whole and type(error).__name__ in INCOMPLETE else f"{error}"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_on_the_page_is_taken(page: Path) -> None:
    assert refusals_in(page.read_text("utf-8")) == {}


def test_a_command_or_option_that_is_none_is_seen() -> None:
    text = "```\nownvoice rnu smoke-test\nownvoice report 3 --ouvert   # a slip\nownvoice plan\n```\n`ownvoice plan`, `ownvoice lpan`"
    assert [*refusals_in(text)] == [
        "ownvoice plan",
        "ownvoice lpan",
        "ownvoice rnu smoke-test",
        "ownvoice report 3 --ouvert   # a slip",
    ]
