"""Counts a judge's answers: how often each source was taken for the author's, and where the judge and VOICE disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ownvoice.blind.exact import clopper_pearson, fisher
from ownvoice.blind.sheet import CERTAIN, Judgement, Passage, Sheet, Sitting
from ownvoice.blind_tests import SHOWN, SOURCES, Apart, BesideVoice, BlindTest, Difference, Source, Taken
from ownvoice.records.essays import Canary, Probe
from ownvoice.records.run import RunRecord
from ownvoice.voice.results import ScoredAnswer


def count(record: RunRecord, sheet: Sheet, sitting: Sitting) -> BlindTest:
    """What a finished sitting says, for the record."""
    answers = {each.id: each for each in sitting.answers}
    taken = tuple(_taken(sheet, answers, source) for source in SOURCES if _of(sheet, source))
    own = _of(sheet, "own")
    return BlindTest(
        sheet=sheet.id,
        judge=sitting.judge,
        finished_at=sitting.finished_at,
        seed=sheet.seed,
        words=sheet.words,
        essays=len({passage.of for passage in own}),
        from_within=sum(1 for passage in own if not passage.is_beginning),
        trained_on=sheet.trained_on,
        taken=taken,
        differences=tuple(_differences({each.source: each for each in taken})),
        beside_voice=_beside_voice(record, sheet, answers),
    )


def _of(sheet: Sheet, source: Source) -> list[Passage]:
    return [passage for passage in sheet.passages if passage.source == source]


def _taken(sheet: Sheet, answers: Mapping[str, Judgement], source: Source) -> Taken:
    judged = [answers[passage.id] for passage in _of(sheet, source)]
    mine = [each for each in judged if each.mine]
    bounds = clopper_pearson(len(mine), len(judged))
    return Taken(
        source=source,
        passages=len(judged),
        taken=len(mine),
        low=bounds.low,
        high=bounds.high,
        certain=sum(1 for each in mine if each.sure == CERTAIN),
        answers=sheet.answers.get(source, 0),
        too_short=sheet.too_short.get(source, 0),
    )


def _differences(taken: Mapping[Source, Taken]) -> Iterator[Difference]:
    """Of the tuned model's passages from hers and from the baseline's."""
    beside: tuple[Source, ...] = ("own", "baseline")
    tuned = taken["tuned"]
    for other in (taken[source] for source in beside if source in taken):
        p = fisher(tuned.taken, tuned.passages, other.taken, other.passages)
        yield Difference(source=other.source, p=p, needed=_needed(tuned.passages, other))


def _needed(passages: int, other: Taken) -> int | None:
    """The number of tuned passages taken for hers that would just have shown a difference."""
    numbers = range(passages + 1)
    shown = [each for each in numbers if fisher(each, passages, other.taken, other.passages) < SHOWN]
    if other.source == "own":
        return max((each for each in shown if each * other.passages < other.taken * passages), default=None)
    return min((each for each in shown if each * other.passages > other.taken * passages), default=None)


def _beside_voice(record: RunRecord, sheet: Sheet, answers: Mapping[str, Judgement]) -> BesideVoice | None:
    """None where the run has no VOICE of its answers, or her essays lie no nearer to her than other writers' do."""
    figures = record.figures
    own = sum(figures.held_out) / len(figures.held_out) if figures and figures.held_out else 0.0
    if figures is None or own <= 0:
        return None
    scores: dict[Source, Sequence[ScoredAnswer]] = {"tuned": figures.tuned, "baseline": figures.baseline}
    nearest = figures.against[0].writer if figures.against else ""
    if figures.placebo and record.placebo and nearest in ("", record.placebo.writer):
        scores["placebo"] = figures.placebo
    known = {
        (source, each.prompt_id, each.sample): each.voice
        for source, rows in scores.items()
        for each in rows
        if each.training == 0 and each.voice is not None
    }
    found = [
        (passage, answers[passage.id].mine, voice)
        for passage in sheet.passages
        if (voice := known.get((passage.source, passage.of, passage.sample))) is not None
    ]
    near_from = own / 2
    apart = [
        Apart(source=passage.source, topic=_topic(record, passage.of), sample=passage.sample, taken=mine, voice=voice)
        for passage, mine, voice in found
        if mine != (voice >= near_from)
    ]
    if not found:
        return None
    return BesideVoice(
        own=own,
        near_from=near_from,
        passages=len(found),
        agreed=len(found) - len(apart),
        apart=tuple(sorted(apart, key=lambda each: -abs(each.voice - near_from))),
    )


def _topic(record: RunRecord, prompt_id: str) -> str:
    asked: tuple[Canary | Probe, ...] = (*record.data.canaries, *record.data.probes) if record.data else ()
    return next((each.topic for each in asked if each.id == prompt_id), prompt_id)
