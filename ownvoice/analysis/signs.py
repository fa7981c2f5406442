"""Observations on the answers, each with its quote: what the canaries open with, copying, traits, flaws."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

from ownvoice.markdown import shortened
from ownvoice.records import Canary, Output, Outputs, PairSet
from ownvoice.text import words_of
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.flaws import form_of

SHOWN_STATUSES = ("there", "moved towards", "overdone")
QUOTE_CHARACTERS = 110


def find_signs(pair_set: PairSet, baseline: Outputs, tuned: Outputs, findings: VoiceFindings) -> tuple[str, ...]:
    """What a reader would point at. Quotes are a model's: untrusted."""
    return (
        *(
            sign
            for canary in pair_set.canaries
            if (sign := _describe_canary(canary, baseline.canary(canary.id), tuned.canary(canary.id)))
        ),
        *(check.summary for check in findings.facts),
        findings.memorisation.reason,
        *_note_traits(findings),
        *_note_flaws(findings),
        *_note_identical(baseline, tuned),
    )


def _describe_canary(canary: Canary, base: Output | None, new: Output | None) -> str | None:
    if base is None or new is None:
        return None
    if base.text == new.text:
        return f"Canary {canary.id}: both models give the very same answer, {_opening(new)}."
    return f"Canary {canary.id}: the baseline is {_opening(base)}; the tuned answer is {_opening(new)}."


def _opening(output: Output) -> str:
    form = form_of(output.text)
    if form == "empty":
        return "empty"
    first_line = next(line for line in output.text.splitlines() if words_of(line))
    return f"{form} that opens “{shortened(' '.join(first_line.split()), QUOTE_CHARACTERS)}”"


def _note_traits(findings: VoiceFindings) -> Iterator[str]:
    """The table has the figures; here is what the answers themselves show of each trait that is there or coming."""
    for trait in findings.traits:
        if trait.status in SHOWN_STATUSES and trait.quotes:
            quotes = "; ".join(f"“{quote.text}” ({quote.prompt_id})" for quote in trait.quotes)
            yield f"{trait.name.capitalize()}, {trait.status} in the tuned answers: {quotes}."


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
