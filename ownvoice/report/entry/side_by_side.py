"""Puts hers, before and after side by side for each canary, with the facts that an answer must hold and what was found."""

from __future__ import annotations

from ownvoice.frozen import Frozen
from ownvoice.markdown import one_line, shortened
from ownvoice.records.analysis import OwnWords
from ownvoice.records.answers import ModelAnswers, Output
from ownvoice.records.essays import Canary
from ownvoice.records.run import RunRecord
from ownvoice.voice.facts import FactCheck
from ownvoice.voice.flaws import form_of

BEGINNING_CHARACTERS = 150
"""About 27 words; the whole answer stands in the appendix."""


class Line(Frozen):
    """Who says what; the words are a model's or the writer's: untrusted."""

    who: str
    text: str
    """Empty where there is none."""


class SideBySide(Frozen):
    canary: Canary
    lines: tuple[Line, ...]
    facts: str
    """What must hold and what was found, in sentences that may quote a model; empty where nothing must."""


def side_by_side(record: RunRecord) -> tuple[SideBySide, ...]:
    """A row a canary, with the beginnings of the answers; none where the essays were not reached."""
    analysis, data = record.analysis, record.data
    own_words = analysis.own_words if analysis else OwnWords()
    checks = {check.prompt_id: check for check in (analysis.findings.facts if analysis and analysis.findings else ())}
    return tuple(
        SideBySide(
            canary=canary,
            lines=_lines(record, canary, own_words),
            facts=_facts(canary, checks.get(canary.id)),
        )
        for canary in (data.canaries if data else ())
    )


def _lines(record: RunRecord, canary: Canary, own_words: OwnWords) -> tuple[Line, ...]:
    models = models_of(record)
    if canary.instruct_only and record.analysis and not any(answered.canary(canary.id) for _, answered in models):
        return (Line(who="Not asked of this model, which was not taught to answer", text=""),)
    return (*_hers(canary, own_words), *(_line(name, answered.canary(canary.id)) for name, answered in models))


def models_of(record: RunRecord) -> list[tuple[str, ModelAnswers]]:
    """The models by the names that a person reads."""
    shown = len(record.prompted_with)
    prompted = [(f"Before training, shown {shown} of your essays first", record.prompted)] if shown else []
    return [("Before training", record.baseline), *prompted, ("After training", record.tuned)]


def _hers(canary: Canary, own_words: OwnWords) -> tuple[Line, ...]:
    passage = own_words.canaries.get(canary.id)
    return (
        (Line(who=f"You, on “{passage.topic}”", text=shortened(passage.text, BEGINNING_CHARACTERS)),) if passage else ()
    )


def _line(name: str, output: Output | None) -> Line:
    if output is None:
        return Line(who=f"{name} (not reached)", text="")
    form = form_of(output.text)
    who = name if form == "prose" else f"{name} ({form})"
    return Line(who=who, text=one_line(output.text, BEGINNING_CHARACTERS))


def _facts(canary: Canary, check: FactCheck | None) -> str:
    if not canary.facts and check is None:
        return ""
    must = f"Must hold: {'; '.join(canary.facts)}. " if canary.facts else ""
    if check is None:
        return f"{must}Not looked for: no pattern was named that contradicts it."
    found = [
        f"{when} it says “{found[0].quote.text}”"
        for when, found in (("after training", check.tuned), ("before", check.base))
        if found
    ]
    if found:
        return f"{must}Found against it: {'; '.join(found)}."
    return f"{must}Found against it, by the patterns named: nothing, before or after."
