"""Works out what a page shows of one run, from its record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

from ownvoice.records.answers import Output
from ownvoice.records.essays import Canary, DataSummary, Probe
from ownvoice.records.run import RunRecord, folder_name
from ownvoice.report.entry.blind import shown_tests
from ownvoice.report.entry.training import attempts_table
from ownvoice.report.page.canaries import canaries_of
from ownvoice.report.page.plots import Plot, loss_plot, recital_plot, voice_plot
from ownvoice.report.page.text import ShownText, copied_in, habits_of, shown_text
from ownvoice.report.page.words import next_move_of, reason_of, trust_of, verdict_of
from ownvoice.report.shown_table import Column, ShownTable
from ownvoice.units import count, date, duration
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.traits import Trait


class Link(NamedTuple):
    name: str
    address: str


class CopiedAnswer(NamedTuple):
    """An answer in which a passage of hers stands."""

    words: int
    essay_id: str
    prompt: str
    text: ShownText


def view_of_run(record: RunRecord, characters: int, with_canaries: bool, to_artifacts: str) -> dict[str, Any]:
    """The values of templates/report_run.html.j2.

    Args:
        characters: Of each answer at most so many are shown.
        with_canaries: False where the page shows them side by side with other runs'.
        to_artifacts: The artifacts folder as the page finds it; ends in a slash.
    """
    findings = record.analysis.findings if record.analysis else None
    name = f"run-{record.number}"
    return {
        "record": record,
        "name": name,
        "date": date(record.started_at),
        "verdict": verdict_of(record),
        "reason": reason_of(record),
        "trust": trust_of(record),
        "next_move": next_move_of(record),
        "blind_tests": shown_tests(record),
        "findings": findings,
        "voice_plot": voice_plot(record, f"{name}-voice"),
        "learning_plots": _learning_plots(record, name),
        "canaries": canaries_of([record], characters) if with_canaries else [],
        "habits": habits_of(findings),
        "copied": list(_copied(record, findings, characters)),
        "traits": _traits(findings),
        "attempts": attempts_table(record.attempts),
        "steps": _steps(record),
        "settings": settings_table(record.settings),
        "data": _data(record.data) if record.data else None,
        "links": list(_links(record, to_artifacts)),
    }


def _learning_plots(record: RunRecord, name: str) -> list[Plot]:
    return [plot for plot in (loss_plot(record, f"{name}-loss"), recital_plot(record, f"{name}-recital")) if plot]


def _copied(record: RunRecord, findings: VoiceFindings | None, characters: int) -> Iterator[CopiedAnswer]:
    """With the longest copied passages first; of several trainings the first answer in which one is found."""
    if findings is None or record.data is None:
        return
    asked: tuple[Canary | Probe, ...] = (*record.data.canaries, *record.data.probes)
    topics = {each.id: each.topic for each in asked}
    for span in findings.memorisation.spans:
        prompt_id, sample = span.quote.prompt_id, span.quote.sample
        copied = copied_in([span], prompt_id, sample)
        for output in _tuned_answers(record, prompt_id, sample):
            text = shown_text(output.text, characters, (), copied)
            if text.marked:
                yield CopiedAnswer(span.words, span.essay_id, topics.get(prompt_id, prompt_id), text)
                break


def _tuned_answers(record: RunRecord, prompt_id: str, sample: int) -> Iterator[Output]:
    for answers in record.answers_by_seed().values():
        for output in answers.outputs.outputs if answers.outputs else ():
            if (output.prompt_id, output.sample) == (prompt_id, sample):
                yield output


def _traits(findings: VoiceFindings | None) -> ShownTable | None:
    if findings is None or not findings.traits:
        return None
    columns = (
        *(Column("Habit", is_figure=False), Column("Your essays"), Column("Untuned"), Column("Fine-tuned")),
        Column("Reading", is_figure=False),
    )
    return ShownTable(columns, tuple(map(_trait, findings.traits)))


def _trait(trait: Trait) -> tuple[str, ...]:
    own = f"{trait.own_mean:.1f} ({trait.own_low:.1f} to {trait.own_high:.1f})"
    return f"{trait.name}, {trait.unit}", own, _figure(trait.base), _figure(trait.tuned), _reading(trait)


def _figure(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:.1f}"


def _reading(trait: Trait) -> str:
    if trait.status == "there" and not trait.own_high:
        return "no habit of yours"
    return "there, as before" if trait.status == trait.base_status == "there" else trait.status


def settings_table(settings: dict[str, str]) -> ShownTable:
    return ShownTable((Column("Setting", is_figure=False), Column("Value", is_figure=False)), tuple(settings.items()))


def _data(data: DataSummary) -> ShownTable:
    columns = (Column("Topic", is_figure=False), Column("Tier"), Column("Used for", is_figure=False), Column("Words"))
    use = {"train": "training", "validation": "validation"}
    figures = sorted(data.figures, key=lambda each: (each.tier, each.split, each.id))
    return ShownTable(
        columns, tuple((each.topic, str(each.tier), use[each.split], count(each.words)) for each in figures)
    )


def _steps(record: RunRecord) -> ShownTable:
    rows = ((each.name, "from the cache" if each.cached else duration(each.seconds)) for each in record.steps)
    return ShownTable((Column("Step", is_figure=False), Column("Time")), tuple(rows))


def _links(record: RunRecord, to_artifacts: str) -> Iterator[Link]:
    folder = f"{to_artifacts}runs/{quote(folder_name(record))}"
    yield Link("the record, with every figure", f"{folder}/record.json")
    yield Link("the entry in the log", f"{folder}/entry.md")
    if record.baseline.outputs:
        yield Link("all answers of the untuned model", f"{folder}/baseline.jsonl")
    if record.answers_by_seed():
        yield Link("all answers of the fine-tuned model", f"{folder}/tuned.jsonl")
