"""Scores as a table for a terminal: each text beside the author's own essays and beside other writers."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from statistics import fmean, quantiles

from rich import box
from rich.console import Console
from rich.table import Table

from ownvoice.config import Frozen
from ownvoice.voice.score import NamedScore, ScoreReport
from ownvoice.voice.scores import MeasureScore

WIDTH = 110
HEAD = ("VOICE", "grammar", "characters", "shape", "topic")


class Range(Frozen):
    """Where most of some texts lie on the VOICE axis."""

    low: float
    middle: float
    high: float
    texts: int

    def in_words(self) -> str:
        return f"{_units(self.middle)} ({_units(self.low)} to {_units(self.high)}; {self.texts} texts)"


def render_scores(report: ScoreReport) -> str:
    """Plain text, without colour."""
    own = voices(report.essays)
    table = Table("text", box=box.SIMPLE)
    for name in ("words", *HEAD):
        table.add_column(name, justify="right")
    table.add_column("reading")
    for each in report.texts:
        table.add_row(*_row(each), _reading(each, own, report.others.voices))
    console = Console(file=StringIO(), width=WIDTH, color_system=None, markup=False, highlight=False, emoji=False)
    console.print(report.register_fit.sentence)
    console.print(table)
    for line in _below(report, own):
        console.print(line)
    output = console.file
    assert isinstance(output, StringIO)
    return "\n".join(line.rstrip() for line in output.getvalue().strip("\n").split("\n"))


def voices(scores: Sequence[NamedScore]) -> list[float]:
    return [each.score.voice for each in scores if each.score.voice is not None]


def middle_range(values: Sequence[float], share: int = 20) -> Range:
    """Mean, and the values between which all but one in `share` on either side lie."""
    if len(values) < share:
        return Range(low=min(values), middle=fmean(values), high=max(values), texts=len(values))
    cuts = quantiles(values, n=share)
    return Range(low=cuts[0], middle=fmean(values), high=cuts[-1], texts=len(values))


def _row(each: NamedScore) -> tuple[str, ...]:
    score = each.score
    topic = "" if score.topic is None else f"{score.topic:.2f}"
    voice = "none" if score.voice is None else _units(score.voice)
    return (each.name, str(score.words), voice, *map(_z, (score.grammar, score.characters, score.shape)), topic)


def _z(measure: MeasureScore | None) -> str:
    return _units(measure.z) if measure else ""


def _units(z: float) -> str:
    return f"{round(z, 1) + 0.0:+.1f}"  # adding 0 makes -0.0 a plain 0


def _reading(each: NamedScore, own: Sequence[float], others: Sequence[float]) -> str:
    voice = each.score.voice
    if voice is None:
        return each.score.why_not or ""
    below = fmean(other < voice for other in others)
    if own and voice >= min(own):
        return "within the author's own range"
    nearness = f"nearer than {below:.0%} of other writers' texts"
    return f"below the author's own; {nearness}" if own else nearness


def _below(report: ScoreReport, own: Sequence[float]) -> list[str]:
    found = voices(report.texts)
    topics = [each.score.topic for each in report.essays if each.score.topic is not None]
    others = middle_range(report.others.voices).in_words()
    lines = [f"other writers' texts      {others}, by {report.others.authors} authors"]
    if own:
        lines.insert(0, f"the author's own essays   {middle_range(own).in_words()}, each against the others")
        lines.append(f"topic of the own essays   {fmean(topics):.2f} ({min(topics):.2f} to {max(topics):.2f})")
    else:
        lines.append(f"No range of the author's own essays: {report.essays[0].score.why_not}.")
    if len(found) > 1:
        lines.insert(0, f"these {len(found)} texts together    {_units(fmean(found))}")
    return [
        *lines,
        "",
        f"VOICE is in standard deviations of other writers' texts, which lie about 0; first {report.words} words of each.",
        "One text of 150 words is told from another writer's 86 times in 100, six together 95 (docs/voice.md).",
        "Topic rises with content words as well; what rises in topic and not in VOICE is about the same things, no more.",
        *report.caveats,
    ]
