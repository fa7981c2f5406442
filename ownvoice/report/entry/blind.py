"""Puts blind tests into words and rows: for the entry, the report, the page's last side and the terminal.

A judge's name and the topics come from people: untrusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ownvoice.blind_tests import SHOWN, Apart, BesideVoice, BlindTest, Difference, Source, Taken
from ownvoice.markdown import one_line
from ownvoice.records.run import RunRecord
from ownvoice.report.shown_table import Column, ShownTable

WRITERS: dict[Source, str] = {
    "own": "You",
    "tuned": "The fine-tuned model",
    "baseline": "The untuned model",
    "prompted": "The untuned model, shown essays of yours",
    "placebo": "The model trained on another writer",
}
COLUMNS = (
    Column("Written by", is_figure=False),
    Column("Passages"),
    Column("Taken for yours"),
    Column("Share (95% interval)"),
    Column("Of these certain"),
)
TOPIC_CHARACTERS, NAME_CHARACTERS = 120, 60
APART_SHOWN = 6
MEMORY = (
    "You know what you wrote, so passages of yours may pass by memory: for you it is the fine-tuned model's share that counts. "
    "Somebody who knows your writing, and not these essays, can judge both."
)
INTERVAL = (
    "The interval is where a share may lie beyond these passages: 95 of 100 intervals made this way hold the true one "
    "(exact, Clopper and Pearson)."
)


class ShownTest(NamedTuple):
    """One judge's test. All of it is plain text: what shows it escapes it."""

    title: str
    summary: tuple[str, ...]
    """The result in two or three sentences."""
    table: ShownTable
    notes: tuple[str, ...]
    """What limits it, and where judge and VOICE disagree."""


def shown_tests(record: RunRecord) -> list[ShownTest]:
    """Every judge's, in the order in which they were done; none where nobody has judged."""
    last = len(record.blind_tests) - 1
    return [shown_test(each, explained=place == last) for place, each in enumerate(record.blind_tests)]


def shown_test(test: BlindTest, explained: bool = True) -> ShownTest:
    """`explained`: with what an interval is, which is said once."""
    judge = one_line(test.judge, NAME_CHARACTERS)
    return ShownTest(
        title=f"Blind test by {judge or 'you'}, {test.finished_at[:10]}",
        summary=tuple(_summary(test, judge or "You")),
        table=ShownTable(COLUMNS, tuple(map(_row, test.taken))),
        notes=(*_notes(test, judge or "You"), *([INTERVAL] if explained else [])),
    )


def _row(taken: Taken) -> tuple[str, ...]:
    return WRITERS[taken.source], str(taken.passages), str(taken.taken), _share(taken), str(taken.certain)


def _summary(test: BlindTest, judge: str) -> Iterator[str]:
    tuned, own = test.of("tuned"), test.of("own")
    if tuned is None:
        return
    of_own = f", and {_of(own)} of your own" if own else ""
    yield f"{judge} took {_of(tuned)} passages of the fine-tuned model for yours{of_own}."
    if own is None:
        yield "No essay of yours could be used: how often your own writing would be taken for yours can't be said."
    for each in test.differences:
        if other := test.of(each.source):
            yield _beside_own(each, tuned, other) if each.source == "own" else _beside_untuned(each, tuned, other)


def _beside_own(found: Difference, tuned: Taken, own: Taken) -> str:
    if found.p >= SHOWN:
        return f"Whether they can be told from yours is open: {_reach(found, tuned, own, 'fewer')}."
    fewer = tuned.taken * own.passages < own.taken * tuned.passages
    return f"They {'can be told from yours' if fewer else 'pass for yours more often than your own do'}: {_chance(found.p)}."


def _beside_untuned(found: Difference, tuned: Taken, untuned: Taken) -> str:
    before = f"of the untuned model's it is {_of(untuned)}, and"
    if found.p >= SHOWN:
        return f"Whether training helped is open: {before} {_reach(found, tuned, untuned, 'more')}."
    more = tuned.taken * untuned.passages > untuned.taken * tuned.passages
    return f"Training {'helped it to pass' if more else 'made it pass less often'}: {before} {_chance(found.p)}."


def _reach(found: Difference, tuned: Taken, other: Taken, way: str) -> str:
    """What so few passages could have shown."""
    passages = f"with {tuned.passages} passages beside {other.passages}"
    if found.needed is None:
        return f"{passages} no number would have shown it"
    ends = {0: "none", tuned.passages: "all"}
    needed = ends.get(found.needed, f"{found.needed} or {way}")
    return f"{passages} only a large difference shows, here {needed} of {tuned.passages}"


def _chance(p: float) -> str:
    """Of Fisher's exact test."""
    often = "fewer than 1" if p < 0.001 else str(round(p * 1000))
    return f"by chance alone so large a difference comes in {often} of 1,000 tests"


def _of(taken: Taken) -> str:
    return f"{taken.taken} of {taken.passages}"


def _share(taken: Taken) -> str:
    return f"{taken.taken / taken.passages:.0%} ({taken.low:.0%} to {taken.high:.0%})"


def _notes(test: BlindTest, judge: str) -> Iterator[str]:
    if own := test.of("own"):
        yield _own_passages(test, own)
    short = [f"{each.too_short} of {each.answers} of {_within(each.source)}" for each in test.taken if each.too_short]
    if short:
        yield f"Answers that were too short for a passage are left out, and of them the shares say nothing: {'; '.join(short)}."
    if not test.judge and own:
        yield MEMORY
    if test.beside_voice:
        yield from _beside_voice(test.beside_voice, judge)


def _own_passages(test: BlindTest, own: Taken) -> str:
    essays = f"{test.essays} essay{'s' * (test.essays != 1)}"
    if test.trained_on:
        return (
            f"There is no essay of yours that the model was not trained on: your {own.passages} passages come from {essays} that "
            "it has seen. How unseen ones would be taken can't be said, and a model that knows yours by heart passes for that."
        )
    within = f"; {test.from_within} of them begin further down in one" if test.from_within else ""
    return f"Your {own.passages} passages come from {essays} that the model was not trained on{within}."


def _beside_voice(found: BesideVoice, judge: str) -> Iterator[str]:
    yield (
        f"VOICE, the measure of the voice, is about 0 for other writers and {found.own:.1f} for your essays; from "
        f"{found.near_from:.1f} on it takes a passage for yours. {judge} and VOICE agree on {found.agreed} of the "
        f"{found.passages} passages of models that it has scored."
    )
    yield from map(_apart, found.apart[:APART_SHOWN])
    if len(found.apart) > APART_SHOWN:
        yield f"They disagree on {len(found.apart) - APART_SHOWN} more."


def _apart(each: Apart) -> str:
    topic = f"\N{LEFT DOUBLE QUOTATION MARK}{one_line(each.topic, TOPIC_CHARACTERS)}\N{RIGHT DOUBLE QUOTATION MARK}"
    said = "Taken for yours, though VOICE says far" if each.taken else "Not taken for yours, though VOICE says near"
    return f"{said} ({each.voice:+.1f}): answer {each.sample + 1} of {_within(each.source)} on {topic}."


def _within(source: Source) -> str:
    """Within a sentence."""
    return WRITERS[source][0].lower() + WRITERS[source][1:]
