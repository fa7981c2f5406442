"""The checked pairs as a table for a terminal: pairs, words and tokens by tier and split."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table

from ownvoice.records import CheckedPairs, PairFigures


def render_check(checked: CheckedPairs) -> str:
    """Plain text, 80 columns, without colour: it goes to terminals, logs and files alike."""
    table = Table("tier", "split", box=box.SIMPLE)
    for name in ("pairs", "words", "tokens", "longest"):
        table.add_column(name, justify="right")
    figures = checked.figures
    for tier, split in sorted({(each.tier, each.split) for each in figures}):
        _add(table, str(tier), split, [each for each in figures if (each.tier, each.split) == (tier, split)])
    table.add_section()
    for split in ("train", "validation"):
        _add(table, "all", split, [each for each in figures if each.split == split])
    _add(table, "all", "both", figures)
    pair_set = checked.pair_set
    console = Console(file=StringIO(), width=80, color_system=None)
    console.print(table)
    console.print(f"{len(pair_set.canaries)} canaries, {len(pair_set.probes)} probes.", markup=False)
    for note in checked.notes:
        console.print(note, markup=False)
    output = console.file
    assert isinstance(output, StringIO)
    return "\n".join(line.rstrip() for line in output.getvalue().strip("\n").split("\n"))


def _add(table: Table, tier: str, split: str, figures: Sequence[PairFigures]) -> None:
    """`longest` is the longest pair in tokens, prompt and end-of-text counted: what the context must hold."""
    words, tokens = sum(each.words for each in figures), [each.tokens for each in figures]
    table.add_row(tier, split, f"{len(figures)}", f"{words:,}", f"{sum(tokens):,}", f"{max(tokens, default=0):,}")
