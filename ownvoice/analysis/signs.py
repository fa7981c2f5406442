"""Observations on the answers, each with its quote: facts, copying, traits, flaws."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

from ownvoice.records.answers import Outputs
from ownvoice.voice.findings import VoiceFindings

SHOWN_STATUSES = ("there", "moved towards", "overdone")


def find_signs(baseline: Outputs, tuned: Outputs, findings: VoiceFindings) -> tuple[str, ...]:
    """What a reader would point at. Quotes are a model's: untrusted."""
    return (
        *(check.summary for check in findings.facts),
        findings.memorisation.reason,
        *_note_traits(findings),
        *_note_flaws(findings),
        *_note_identical(baseline, tuned),
    )


def _note_traits(findings: VoiceFindings) -> Iterator[str]:
    """The table has the figures; here is what the answers themselves show of each trait that is there or coming."""
    for trait in findings.traits:
        if trait.status in SHOWN_STATUSES and trait.is_hers and trait.quotes:
            quotes = "; ".join(f"“{quote.text}” ({quote.prompt_id})" for quote in trait.quotes)
            yield f"{trait.name.capitalize()}, {trait.in_words} in the tuned answers: {quotes}."


def _note_flaws(findings: VoiceFindings) -> Iterator[str]:
    """A cut-off answer shows no ending, and needs no quote."""
    for count in findings.degeneration.flaws:
        if count.quotes and count.flaw != "cut off":
            quotes = "; ".join(f"“{quote.text}” ({quote.prompt_id})" for quote in count.quotes)
            yield f"Tuned answers with the flaw “{count.flaw}”: {count.tuned}, baseline {count.base}: {quotes}."


def _note_identical(baseline: Outputs, tuned: Outputs) -> tuple[str, ...]:
    """An answer that did not move is worth a line of its own; none is not."""
    texts = {(output.prompt_id, output.sample): output.text for output in baseline.outputs}
    same = [texts.get((output.prompt_id, output.sample)) == output.text for output in tuned.outputs]
    if not any(same):
        return ()
    return (f"Unchanged, word for word: {sum(same)} of {len(same)} answers ({mean(same):.0%}).",)
