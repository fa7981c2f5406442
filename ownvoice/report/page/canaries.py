"""Puts the answers to each canary side by side, of one run or of several, with what was copied and what is hers marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ownvoice.records.answers import ModelAnswers, Output
from ownvoice.records.essays import Canary
from ownvoice.records.run import RunRecord
from ownvoice.report.page.text import ShownText, copied_in, habits_of, shown_text

IN_FULL_RUNS = 4
"""Of more runs than these only the answers before and after training stand side by side."""


class ShownAnswer(NamedTuple):
    who: str
    how: str
    """How it ended: '200 tokens, cut off at the length limit'."""
    is_tuned: bool
    text: ShownText


class AnswersOf(NamedTuple):
    """One run's answers to a canary."""

    run: int
    model: str
    answers: tuple[ShownAnswer, ...]
    same_as: str
    """Answers that stand with another run already, in a sentence; empty where there are none."""


class Hers(NamedTuple):
    """A few words of the writer's own on something alike."""

    topic: str
    text: ShownText


class ShownCanary(NamedTuple):
    canary: Canary
    hers: Hers | None
    """None where no essay of hers is about anything alike."""
    found: tuple[str, ...]
    """What was found of its facts, a sentence a run; may quote a model: untrusted."""
    runs: tuple[AnswersOf, ...]


def canaries_of(runs: Sequence[RunRecord], characters: int) -> list[ShownCanary]:
    """Every canary that a run was asked, by id and topic; an untuned model that several runs share answers once."""
    canaries = {(each.id, each.topic): each for run in runs if run.data for each in run.data.canaries}
    return [
        ShownCanary(canary, _hers(canary, runs), tuple(_facts(canary, runs)), tuple(_by_run(canary, runs, characters)))
        for canary in canaries.values()
    ]


def _hers(canary: Canary, runs: Sequence[RunRecord]) -> Hers | None:
    """Of the first run that has one."""
    for run in runs:
        passage = run.analysis.own_words.canaries.get(canary.id) if run.analysis else None
        if passage and run.analysis:
            text = shown_text(passage.text, len(passage.text), habits_of(run.analysis.findings))
            return Hers(passage.topic, text)
    return None


def models_of(record: RunRecord) -> Iterator[tuple[str, ModelAnswers]]:
    """The models that answered, by the names that a person reads."""
    shown = len(record.prompted_with)
    yield "Untuned", record.baseline
    if shown:
        yield f"Untuned, shown {shown} essay{'s' * (shown != 1)} of yours first", record.prompted
    yield TUNED, record.tuned
    for placebo in record.placebos:
        whose = f" ({placebo.writer})" if placebo.writer else ""
        yield f"Placebo, trained on another writer{whose}", placebo.answers


TUNED = "Fine-tuned on your essays"


def _by_run(canary: Canary, runs: Sequence[RunRecord], characters: int) -> Iterator[AnswersOf]:
    seen: dict[str, int] = {}
    for run in runs:
        answered = [(who, output) for who, models in models_of(run) for output in _to(canary, models)]
        if len(runs) > IN_FULL_RUNS:
            answered = [(who, output) for who, output in answered if who in ("Untuned", TUNED)]
        new = [(who, output) for who, output in answered if output.text not in seen]
        same = [f"{who.lower()}, as in Run {seen[output.text]}" for who, output in answered if output.text in seen]
        seen |= {output.text: run.number for _, output in new}
        if answered:
            shown = tuple(_shown(run, who, output, characters) for who, output in new)
            yield AnswersOf(run.number, run.model_name, shown, f"Not repeated here: {'; '.join(same)}." if same else "")


def _to(canary: Canary, models: ModelAnswers) -> tuple[Output, ...]:
    output = models.canary(canary.id)
    return (output,) if output else ()


def _shown(run: RunRecord, who: str, output: Output, characters: int) -> ShownAnswer:
    findings = run.analysis.findings if run.analysis else None
    spans = findings.memorisation.spans if findings and who == TUNED else ()
    copied = copied_in(spans, output.prompt_id, output.sample)
    text = shown_text(output.text, characters, habits_of(findings), copied)
    return ShownAnswer(who, ending(output), who == TUNED, text)


def ending(output: Output) -> str:
    how = "cut off at the length limit" if output.cut_off else "ended by the model"
    return f"{output.tokens:,} token{'s' * (output.tokens != 1)}, {how}"


def _facts(canary: Canary, runs: Sequence[RunRecord]) -> Iterator[str]:
    for run in runs:
        findings = run.analysis.findings if run.analysis else None
        for check in findings.facts if findings else ():
            if check.prompt_id == canary.id:
                yield f"Run {run.number}: {check.summary}" if len(runs) > 1 else check.summary
