"""Makes the tables that a terminal shows: checked pairs, scored texts, the plan of a run. Plain text, for files as well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from io import StringIO
from shutil import get_terminal_size
from statistics import fmean, quantiles
from typing import NamedTuple

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from ownvoice.estimates import RESTS_ON, RunEstimate
from ownvoice.frozen import Frozen
from ownvoice.memory.plan import MemoryPlan, PlannedRung
from ownvoice.memory.predict import needed_bytes
from ownvoice.records.essays import SPLITS, CheckedPairs, PairFigures
from ownvoice.units import about, count, gib
from ownvoice.voice.results import MeasureScore
from ownvoice.voice.score import NamedScore, ScoreReport

ALL = "all"
CHECK_WIDTH, WIDTH, SCORES_WIDTH = 80, 100, 110
WIDEST_WORD = 10_000
BUCKETS, LONGEST_BAR = 8, 40
ROUND_STEPS = (25, 50, 100, 200, 250, 500, 1000, 2000, 5000)


def as_text(width: int, *parts: str | Table) -> str:
    """Sentences and tables as plain text, without colour and without markup; no wider than the terminal, if it is one.

    A table that doesn't fit is shown with its rows one below the other.
    """
    width = min(width, get_terminal_size((width, 24)).columns)
    console = Console(file=StringIO(), width=width, color_system=None, markup=False, highlight=False, emoji=False)
    unbounded = console.options.update(max_width=WIDEST_WORD)  # a measure is never larger than the console's width
    for part in parts:
        if isinstance(part, Table) and Measurement.get(console, unbounded, part).minimum > width:
            part = "\n".join(_rows_as_lines(part))
        console.print(part)
    output = console.file
    assert isinstance(output, StringIO)
    return "\n".join(line.rstrip() for line in output.getvalue().strip("\n").split("\n"))


def _rows_as_lines(table: Table) -> Iterator[str]:
    names = [str(column.header) for column in table.columns]
    for row in zip(*(column.cells for column in table.columns), strict=True):
        cells = [f"{name}: {cell}" if name else str(cell) for name, cell in zip(names, row, strict=True) if cell]
        yield "\n  ".join(cells)


def histogram(words: Sequence[int]) -> list[str]:
    """Lengths of the essays, a bar for each class of lengths, at most eight."""
    step = next((step for step in ROUND_STEPS if step * BUCKETS > max(words, default=0)), ROUND_STEPS[-1])
    counts = Counter(number // step for number in words)
    most = max(counts.values(), default=1)
    rows = [
        f"{place * step:>6,} to {(place + 1) * step - 1:<6,} {'█' * round(LONGEST_BAR * counts[place] / most)} {counts[place]}"
        for place in range(min(counts, default=0), max(counts, default=-1) + 1)
    ]
    return ["Words of an essay, and how many are so long:", *rows] if rows else []


def render_check(checked: CheckedPairs) -> str:
    """The checked pairs by tier and split, in 80 columns without colour: for terminals, logs and files alike."""
    table, rows = Table("tier", "split", box=box.SIMPLE), check_rows(checked.figures)
    for name in CheckRow._fields[2:]:
        table.add_column(name, justify="right")
    for row in rows:
        if row.tier == ALL and rows[rows.index(row) - 1].tier != ALL:
            table.add_section()
        table.add_row(row.tier, row.split, *(f"{figure:,}" for figure in row[2:]))
    words = [each.words for each in checked.figures]
    return as_text(CHECK_WIDTH, table, *histogram(words), "", *check_findings(checked))


def check_findings(checked: CheckedPairs) -> list[str]:
    """What there is to say of a checked set, a sentence each."""
    pair_set = checked.pair_set
    asked = f"{len(pair_set.canaries)} canaries, {len(pair_set.probes)} probes."
    return [asked, *checked.notes, f"Fingerprint {checked.fingerprint}."]


class CheckRow(NamedTuple):
    """Some pairs of a checked set, or all of a split."""

    tier: str
    split: str
    pairs: int
    words: int
    tokens: int
    longest: int
    """Of one pair, in tokens, prompt and end-of-text counted: what the context must hold."""


def check_rows(figures: Sequence[PairFigures]) -> list[CheckRow]:
    """By tier and split, then each split, then all."""
    parts = sorted({(each.tier, each.split) for each in figures})
    rows = [
        _row_of(str(tier), split, [each for each in figures if (each.tier, each.split) == (tier, split)])
        for tier, split in parts
    ]
    rows += [_row_of(ALL, split, [each for each in figures if each.split == split]) for split in SPLITS]
    return [*rows, _row_of(ALL, "both", figures)]


def _row_of(tier: str, split: str, figures: Sequence[PairFigures]) -> CheckRow:
    words, tokens = sum(each.words for each in figures), [each.tokens for each in figures]
    return CheckRow(tier, split, len(figures), words, sum(tokens), max(tokens, default=0))


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
    """The scores of texts, beside the author's own range and other writers'."""
    own = voices(report.essays)
    table = Table("text", box=box.SIMPLE)
    for name in ("words", *HEAD):
        table.add_column(name, justify="right")
    table.add_column("reading")
    for each in report.texts:
        table.add_row(*_row(each), _reading(each, own, report.others.voices))
    return as_text(SCORES_WIDTH, report.register_fit.sentence, table, *_below(report, own))


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


def render_plan(plan: MemoryPlan) -> str:
    """A line on the work, a row a rung, and where a run would start."""
    table = Table("", "memory setting", box=box.SIMPLE)
    table.add_column("predicted peak", justify="right")
    table.add_column("fits")
    table.add_column("changes")
    table.add_column("training alone", justify="right")
    for index, each in enumerate(plan.rungs):
        table.add_row(">" if index == plan.start else "", *_cells(plan, each))
    return as_text(WIDTH, _heading(plan), table, _conclusion(plan))


def _heading(plan: MemoryPlan) -> str:
    shape, work = plan.shape, plan.workload
    return (
        f"{shape.name}: {count(shape.parameters)} parameters, essays of up to {work.tokens:,} tokens, "
        f"batch {work.batch}, on {work.device}; {plan.memory.in_words()}"
    )


def _cells(plan: MemoryPlan, each: PlannedRung) -> tuple[str, str, str, str, str]:
    missing = needed_bytes(each.peak) - plan.memory.bytes
    fits = "yes" if each.fits else f"no, {gib(missing)} short"
    time = about(each.time.seconds) if each.time else "unknown"
    return each.rung.name, gib(each.peak.total), fits, each.rung.changes, time


def _conclusion(plan: MemoryPlan) -> str:
    if plan.start is None:
        return f"A run is refused: {plan.reason}."
    start = plan.rungs[plan.start]
    time = f"\nIts time: {start.time.reason}." if start.time else ""
    return f"A run starts at {start.rung.name!r}: {plan.reason}.\nIts peak: {start.peak.in_words()}.{time}"


def render_steps(estimate: RunEstimate) -> str:
    """What a run would do, step by step, how long it may take, and what that rests on."""
    table = Table("step", box=box.SIMPLE)
    table.add_column("a run")
    table.add_column("expected time", justify="right")
    table.add_column("rests on")
    for step in estimate.steps:
        if step.cached:
            table.add_row(step.name, "takes it from the cache", "", "")
        elif step.expected is None:
            table.add_row(step.name, "does it", "unknown", "no memory setting fits")
        else:
            table.add_row(step.name, "does it", about(step.seconds), RESTS_ON[step.expected.basis])
    return as_text(WIDTH, table, estimate.sentence())
