"""Finds sentences of a series' entry that contradict its figures or each other; knows nothing of how the entry is made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ownvoice.series.head_start import HeadStart
from ownvoice.series.models import ModelComparison
from ownvoice.series.overfit import OverfitDiagnostic
from ownvoice.series.record import SeriesRecord
from ownvoice.series.scale_up import ScaleUp
from ownvoice.series.sweep import Sweep

NEAREST = re.compile(
    r"comes nearest to you|writes more like you than|beats asking|comes nearer to you than|brought more than showing"
)


def contradictions(entry: str, record: SeriesRecord) -> list[str]:
    """A sentence each; empty where the entry says what the record's figures say."""
    plain = re.sub("“[^”]*”", "“”", entry)
    found = [*_runs(plain, record), *_by_heart(entry, record), *_shown(entry, record), *_trusted(entry)]
    return [*found, *_readings(plain, record)]


def in_short(entry: str) -> str:
    """The part that is read first; of an entry without one, what stands in bold above its first table."""
    found = re.search(r"\*\*In short\.(.*?)(?= Next: )", entry, re.DOTALL) or re.search(
        r"\*\*(.+?)\*\*", entry, re.DOTALL
    )
    return found[1] if found else ""


def _runs(entry: str, record: SeriesRecord) -> Iterator[str]:
    told = entry.partition("### What went wrong")[2].partition("\n###")[0]
    found = record.result
    missing = isinstance(found, HeadStart) and bool(found.missing)
    unmeasured = found is not None and not isinstance(found, HeadStart) and not found.words
    if (record.failed or record.not_compared or missing or unmeasured) and ("- Nothing" in told or "- " not in told):
        yield "nothing went wrong, and something did"
    if record.failed and re.search(r"^Yes: ", entry, re.MULTILINE):
        yield "it ran, and runs failed"
    if not record.failed and re.search(r"^No: |\bFAILED\b", entry, re.MULTILINE):
        yield "it failed, and every run went through"


def _by_heart(entry: str, record: SeriesRecord) -> Iterator[str]:
    """What was learned by heart is no gain, and what is read first says that it was."""
    found, first = record.result, in_short(entry)
    if isinstance(found, ScaleUp) and any(size.memorised == "fail" for size in found.sizes) and "by heart" not in first:
        yield "a size learned by heart, which what is read first doesn't say"
    if isinstance(found, OverfitDiagnostic) and (found.onset is not None) != (
        "knew an essay by heart" in first or "known by heart" in first
    ):
        yield "what is read first and the looks disagree on what was known by heart"
    if isinstance(found, ModelComparison):
        for model in found.models:
            if model.memorised == "fail":
                parts = re.split(r"[;.:](?=\s)", first)
                if any(model.name in part and NEAREST.search(part) for part in parts):
                    yield f"{model.name} is praised, and it recites"
                if not any(model.name in part and "by heart" in part for part in parts):
                    yield f"{model.name} recites, which what is read first doesn't say"
    if isinstance(found, Sweep):
        best = re.search(r"Best of [^:]+: “?(.*?)”?(?::|\*\*| gained)", f"{first}**")
        recited = [tried.label for tried in found.tried if tried.memorised == "fail"]
        if best and best[1].rstrip("*") in recited:
            yield f"{best[1]} is the best, and it recites"


def _shown(entry: str, record: SeriesRecord) -> Iterator[str]:
    """What the first sentence says is shown, and what it says is open."""
    found, first = record.result, in_short(entry)
    match found:
        case ScaleUp():
            last = max(found.growth, key=lambda each: (each.more, each.fewer), default=None)
            if last and "still help" in first and not last.helped:
                yield "more essays still help, and it isn't shown"
            recited = [size.pairs for size in found.sizes if size.memorised == "fail"]
            shown = last is not None and last.more not in recited and (last.helped or last.brought_nothing)
            if shown and re.match(r"[* ]*Open", first):
                yield "open, and it is shown"
            if "stopped helping at" in first and found.stopped_at is None and "where more stop" not in first:
                yield "stopped, and it isn't shown"
            if last and last.hurt and "worse" not in first and "harm" not in first and "one against" not in first:
                yield "more essays did harm, which what is read first doesn't say"
        case OverfitDiagnostic():
            stop = re.search(r"[Ss]top after epoch (\d+)", first)
            if stop and int(stop[1]) != found.best_epoch:
                yield f"stop after epoch {stop[1]}, and epoch {found.best_epoch} is the best"
        case ModelComparison():
            yield from _of_models(first, found)
        case Sweep():
            if "Best of" in first and not (found.lead and found.lead.above_zero):
                yield "the best, and it leads by chance"
        case HeadStart():
            effects = [
                each for each in found.effects if each.measure == "specificity" and each.other == found.arms[0].name
            ]
            if "helps" in first and not any(each.interval and each.interval.above_zero for each in effects):
                yield "the head start helps, and it isn't shown"
            if "harms" in first and not any(each.interval and each.interval.below_zero for each in effects):
                yield "the head start harms, and it isn't shown"


def _of_models(first: str, found: ModelComparison) -> Iterator[str]:
    winner = re.search(r"([\w./-]+) comes nearest to you(?! these)", first)
    if winner:
        beaten = [
            each
            for each in found.between
            if each.tuned
            and (
                (each.one == winner[1] and each.tuned.above_zero) or (each.other == winner[1] and each.tuned.below_zero)
            )
        ]
        if not beaten:
            yield f"{winner[1]} comes nearest, and it isn't shown"
    for model in found.models:
        apart = model.tuned_minus_prompted
        if (
            apart
            and re.search(rf"with (?:each of them|[^;]*{re.escape(model.name)}[^;]*) training brought more", first)
            and not apart.above_zero
        ):
            yield f"training {model.name} brought more, and it isn't shown"


def _readings(entry: str, record: SeriesRecord) -> Iterator[str]:
    """Harm to unseen essays is told in words, and only where it is shown."""
    found = record.result
    rows = found.sizes if isinstance(found, ScaleUp) else found.models if isinstance(found, ModelComparison) else ()
    harmed = any(row.held_out and row.held_out.below_zero for row in rows)
    if harmed != ("more than before training" in entry):
        yield "what unseen essays lost is told otherwise than the figures say"


def _trusted(entry: str) -> Iterator[str]:
    first = in_short(entry)
    if re.match(r"[* ]*(?:Open|None)", first) and re.search(r"Trust it (?:well|fully|with care)", first):
        yield "open, and to be trusted"
