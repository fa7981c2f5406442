"""The voice's figures as rows of the entry's tables."""

from __future__ import annotations

from ownvoice.markdown import Markdown
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.results import Distances, Interval, VoiceFigures
from ownvoice.voice.traits import Trait

Row = dict[str, str]


def voice_rows(findings: VoiceFindings | None) -> list[Row]:
    """Where each group of texts lies, then how far they are apart; none where nothing could be measured."""
    figures = findings.figures if findings else None
    distances = figures.distances if figures else None
    if figures is None or distances is None:
        return []
    return [*_groups(figures, distances), *_differences(distances)]


def trait_rows(findings: VoiceFindings | None) -> list[Row]:
    return [
        {
            "name": f"{trait.name} ({trait.unit})",
            "own": f"{trait.own_mean:.1f} ({trait.own_low:.1f} to {trait.own_high:.1f})",
            "base": _figure(trait.base),
            "tuned": _figure(trait.tuned),
            "status": _status(trait),
        }
        for trait in (findings.traits if findings else ())
    ]


def _groups(figures: VoiceFigures, distances: Distances) -> list[Row]:
    answers = str(distances.answers)
    rows = [
        _row("Baseline", distances.baseline, answers),
        _row("Placebo: the model trained on another writer", distances.placebo, answers),
        _row("Fine-tuned", distances.tuned, answers),
        _row("Your own essays, each against the others", distances.held_out, str(len(figures.held_out))),
    ]
    return [row for row in rows if row]


def _differences(distances: Distances) -> list[Row]:
    rows = [
        _row("Fine-tuned minus baseline", distances.tuned_minus_baseline, ""),
        _row("Fine-tuned minus placebo", distances.tuned_minus_placebo, ""),
        _row("Placebo minus baseline", distances.placebo_minus_baseline, ""),
        _row("V, from 0 (baseline) to 1 (your own essays)", distances.index, ""),
    ]
    return [row for row in rows if row]


def _row(name: str, interval: Interval | None, texts: str) -> Row:
    if interval is None:
        return {}
    # Markdown already: a sign needs no escape inside a cell.
    span = Markdown(f"{interval.low:+.2f} to {interval.high:+.2f}")
    return {"name": name, "mean": Markdown(f"{interval.mean:+.2f}"), "interval": span, "texts": texts}


def _figure(value: float | None) -> str:
    return "\u2013" if value is None else f"{value:.1f}"


def _status(trait: Trait) -> str:
    if not trait.own_high and trait.status == "there":
        return "no habit of yours"
    return "there, as before" if trait.status == trait.base_status == "there" else trait.status
