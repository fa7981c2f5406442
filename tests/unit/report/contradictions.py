"""Finds sentences of an entry that contradict its figures or each other; knows nothing of how the entry is made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ownvoice.analysis.answers import shift_beyond_noise
from ownvoice.records.run import RunRecord
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.traits import Trait

OF_TRAITS = {
    "asides": "asides",
    "punchlines": "punchlines",
    "sentence length": r"sentence length|sentences (?:shorter|longer)|words in a sentence",
    "variety of sentence length": r"variety|sentences too (?:much|uneven)",
    "hyperbole": r"hyperbole|words of the extreme",
    "ironic quotes": "ironic|words in ironic",
    "first person": "first person|uses of I",
    "references": r"references|names of people",
    "different references": r"different (?:references|names)",
    "questions": "questions",
    "dashes": "dashes",
    "contractions": "contractions",
}
"""How a sign or a row of the table begins that is about a trait."""
TOO_MUCH = re.compile(r"overdone|too many|longer than|too uneven", re.IGNORECASE)


def contradictions(entry: str, record: RunRecord) -> list[str]:
    """A sentence each; empty where the entry says what the record's figures say."""
    plain = re.sub("“[^”]*”", "“”", entry)
    found = [*_verdict_first(plain, record), *_trouble(plain, record)]
    if record.analysis and record.analysis.findings:
        found += [*_traits(plain, record.analysis.findings), *_prose(plain, record.analysis.findings)]
        found += [*_memory(plain, record.analysis.findings), *_way(plain, record.analysis.findings)]
    return [*found, *_shift(plain, record)]


def _verdict_first(entry: str, record: RunRecord) -> Iterator[str]:
    if re.search(r"\*\*[^*\n]*\bPASS\b", entry):
        yield "PASS in bold"
    losses = [row.training for row in record.training.losses if row.training is not None] if record.training else []
    if "(PASS)" in entry and (not losses or not losses[-1] <= losses[0]):
        yield "PASS, and the loss did not fall"
    if record.analysis and record.analysis.findings and "PASS" in entry:
        direction = record.analysis.findings.verdict.direction
        if direction not in entry[: entry.index("PASS")].lower():
            yield f"PASS above “{direction}”"


def _lines_of(entry: str, trait: Trait) -> list[str]:
    """List items and rows of the table of traits that are about this one."""
    starts = OF_TRAITS[trait.name]
    item = rf"^(?:-|\d+\.) (?:no |too few |too many |too much of )?(?:{starts})\b"
    row = rf"^\| {re.escape(trait.name)} \("
    return [line for line in entry.splitlines() if re.match(f"{item}|{row}", line, re.IGNORECASE)]


def _traits(entry: str, findings: VoiceFindings) -> Iterator[str]:
    for trait in findings.traits:
        lines = _lines_of(entry, trait)
        if trait.own_high == 0:
            yield from (f"no habit of hers is a sign: {line}" for line in lines if not line.startswith("| "))
            yield from (
                f"a habit she doesn't have: {line}" for line in lines if "|" in line and "no habit of" not in line
            )
        elif trait.base is not None and trait.tuned is not None and trait.tuned < trait.base:
            too_much = [line for line in lines if TOO_MUCH.search(line) and "fell" not in line]
            yield from (f"overdone, and it fell: {line}" for line in too_much)
    learned, _, rest = entry.partition("### What the model learned")[2].partition("### Signs")
    signs = rest.partition("\n###")[0]
    for trait in findings.traits:
        if _lines_of(learned, trait) and _lines_of(signs, trait):
            yield f"learned and not learned: {trait.name}"


def _prose(entry: str, findings: VoiceFindings) -> Iterator[str]:
    sound = findings.degeneration
    fell = sound.tuned_sound * max(1, sound.base_answers) < sound.base_sound * max(1, sound.tuned_answers)
    if fell and sound.base_answers:
        for says in ("**Does the format work?** Yes", "none to teach", "taught it", "did not have to teach"):
            if says in entry:
                yield f"sound prose fell: {says}"


def _memory(entry: str, findings: VoiceFindings) -> Iterator[str]:
    if findings.memorisation.level == "fail":
        for says in ("not memorised", "Nothing is copied", "not that it is you"):
            if says in entry:
                yield f"it recites: {says}"


def _way(entry: str, findings: VoiceFindings) -> Iterator[str]:
    went = re.search(r"it went (-?\d+)%", entry)
    if went is None:
        return
    direction, is_back = findings.verdict.direction, int(went[1]) < 0
    if (is_back and direction in ("voice moved", "moved: format or voice")) or (
        not is_back and direction == "moved away from you"
    ):
        yield f"{direction}, and {went[0]}"


def _shift(entry: str, record: RunRecord) -> Iterator[str]:
    baseline, tuned = record.baseline.outputs, record.tuned.outputs
    said = re.search(r"\*\*Does the output shift\?\*\* (Yes|Partly)", entry)
    if said and baseline and tuned:
        shift = shift_beyond_noise(baseline, tuned)
        if shift is None or not shift.is_above_zero:
            yield f"a shift that chance explains: {said[1]}"


def _trouble(entry: str, record: RunRecord) -> Iterator[str]:
    told = entry.partition("### What went wrong")[2].partition("\n###")[0]
    if "- Nothing" not in told:
        return
    training = record.training
    off = training and training.estimated_seconds and abs(training.seconds / training.estimated_seconds - 1) > 0.25
    notes = record.data.notes if record.data else ()
    if record.failure or record.waited_seconds >= 1 or len(record.attempts) > 1 or notes or off:
        yield "nothing went wrong, and something did"
