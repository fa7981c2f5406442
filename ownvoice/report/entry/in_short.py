"""Says the verdict, how far to trust it and why, and the next move: three sentences for a writer who knows no statistics."""

from __future__ import annotations

from ownvoice.analysis.next_steps import again
from ownvoice.frozen import Frozen
from ownvoice.records.run import RunRecord
from ownvoice.voice.copying import FAIL_SPAN_WORDS, Memorisation
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.recall import longest_match
from ownvoice.voice.results import Distances, VoiceFigures
from ownvoice.voice.verdict import Direction, Why, doubts_of


class InShort(Frozen):
    """`verdict` and `trust` are sentences, in which an essay's id may stand; `next_move` is one with a command in it."""

    direction: str
    verdict: str
    trust: str
    next_move: str


NO_VERDICT = "no verdict"
VERDICTS: dict[Direction, str] = {
    "voice moved": "the model writes more like you than before training, and that is you and not just any writer.",
    "moved: format or voice": "the model writes more like you than before training, and whether that is your voice or only "
    "the form of an essay is open.",
    "moved: topic only": "the model took up your subjects, not your manner.",
    "moved away from you": "the model writes less like you than before training.",
    "not moved": "the model writes as much or as little like you as before training.",
    "memorised": "the model learned essays of yours by heart, so its likeness to you proves nothing.",
    "insufficient evidence": "whether the model came nearer to your voice this run can't tell.",
}
NO_PLACEBO = "no second model was trained on another writer to compare with"
DOUBTS: dict[Why, str] = {
    "placebo": "the same model trained on another writer comes as near to you",
    "no others": "there are no other writers to tell you from",
    "few others": "there are too few other writers to tell you from",
    "rank": "it moved as far towards other writers like you",
    "lead": "it moved nearly as far towards other writers like you",
    "likelihood": "it isn't shown to expect essays of yours that it never saw any better than other people's",
}


def in_short(record: RunRecord) -> InShort:
    """Of any run; one that stopped before its verdict has none, and says so."""
    analysis = record.analysis
    if analysis is None or analysis.findings is None:
        return _without_verdict(record)
    direction = analysis.findings.verdict.direction
    return InShort(
        direction=direction,
        verdict=VERDICTS[direction],
        trust=_trust(record, analysis.findings),
        next_move=_next_move(record),
    )


def _without_verdict(record: RunRecord) -> InShort:
    if record.failure is not None:
        return InShort(
            direction=NO_VERDICT,
            verdict=f"the run stopped at the step “{record.failure.step}”.",
            trust="Of the voice nothing can be said, because it was not measured.",
            next_move=f"mend what stopped it and run it again, what was reached is kept: `{again(record.config)}`.",
        )
    return InShort(
        direction=NO_VERDICT,
        verdict="the voice was not measured in this run.",
        trust="Read the answers yourself, because there is no figure to go by.",
        next_move=_next_move(record),
    )


def _next_move(record: RunRecord) -> str:
    """The first of the next steps, to stand in the midst of a sentence."""
    step = next(iter(record.analysis.next_steps if record.analysis else ()), f"Run it again: `{again(record.config)}`.")
    return step[:1].lower() + step[1:]


def _trust(record: RunRecord, findings: VoiceFindings) -> str:
    distances = findings.figures.distances if findings.figures else None
    match findings.verdict.direction:
        case "memorised":
            return f"Trust it fully, because {_by_heart(findings.memorisation)}."
        case "not moved" if _is_unchanged(record):
            return "Trust it fully, because every answer is the same as before, word for word."
        case direction if distances is not None and findings.figures is not None:
            return _trust_figures(record, findings, findings.figures, distances, direction)
        case _:
            return f"Trust no leaning either way, because {_not_measured(findings)}."


def _trust_figures(
    record: RunRecord, findings: VoiceFindings, figures: VoiceFigures, distances: Distances, direction: Direction
) -> str:
    way, trained = _way(distances), _trainings(distances.trainings)
    match direction:
        case "voice moved":
            how = "Trust it well" if distances.trainings >= 3 else "Trust it with care"
            but = "" if distances.trainings > 1 else "; but it is one training, and another may come out differently"
            return f"{how}, because {way or 'it came nearer to you'}, {_beyond(figures)}{but}."
        case "moved: format or voice":
            moved = f": {way}" if way else ""
            return f"Trust that it moved{moved}; not that it is you, because {_doubts(record, findings, figures)}."
        case "moved: topic only":
            return (
                f"Trust it as far as {trained} goes, because the words came nearer to your essays' than those of a model "
                "trained on another writer, and the manner did not."
            )
        case "moved away from you":
            moved = way or "its answers lie further from you by more than chance explains"
            return f"Trust it as far as {trained} goes, because {moved}."
        case "not moved":
            return (
                f"Trust it as far as {trained} goes, because its {distances.answers} answers leave no room for a change "
                "worth having."
            )
        case _:
            essays = len([each for each in record.data.figures if each.split == "train"]) if record.data else 0
            few = f"{trained} on {essays} essay{'s' * (essays != 1)} and {distances.answers} answers are too little to tell"
            return f"Trust no leaning either way, because {few}{': ' * bool(way)}{way}."


def _way(distances: Distances) -> str:
    """In the share of the way to her own essays, which needs no unit; "" where it and the verdict's figure disagree."""
    index, shift = distances.index, distances.tuned_minus_baseline
    if index is None or (index.above_zero, index.below_zero) != (shift.above_zero, shift.below_zero):
        return ""
    return (
        f"it went {index.mean:.0%} of the way from the model before training to your own essays (chance leaves room for "
        f"{index.low:.0%} to {index.high:.0%})"
    )


def _trainings(number: int) -> str:
    return "one training" if number == 1 else f"the mean of {number} trainings"


def _beyond(figures: VoiceFigures) -> str:
    whom = "another writer" if len(figures.against) == 1 else f"each of {len(figures.against)} other writers"
    said = f"further than the same model trained on {whom}"
    if rank := figures.rank:
        said += f", and further towards you than towards {rank.others - rank.ahead} of {rank.others} writers like you"
    return said


def _doubts(record: RunRecord, findings: VoiceFindings, figures: VoiceFigures) -> str:
    if not figures.against:
        return NO_PLACEBO
    likelier = record.analysis.likelier if record.analysis else findings.likelier
    doubts = [DOUBTS[doubt.why] for doubt in doubts_of(figures.against, figures.rank, likelier)]
    return ", and ".join(doubts) or "of the reason that the appendix gives under “Figures”"


def _by_heart(memorisation: Memorisation) -> str:
    longest = max(memorisation.spans, key=lambda span: span.words, default=None)
    if longest is not None and longest.words >= FAIL_SPAN_WORDS:
        return f"{longest.words} words in a row of your “{longest.essay_id}” stand in an answer"
    recited = longest_match(memorisation.prefixes, ())
    which = f"your “{recited.id}”" if recited else "an essay of yours"
    return f"shown how {which} begins, it went on word for word"


def _is_unchanged(record: RunRecord) -> bool:
    before, after = record.baseline.outputs, record.tuned.outputs
    if before is None or after is None:
        return False
    return [each.text for each in before.outputs] == [each.text for each in after.outputs]


def _not_measured(findings: VoiceFindings) -> str:
    figures = findings.figures
    if figures is None:
        return "the voice of these essays can't be measured"
    empty = [each for each in figures.no_prose if 2 * each.answers >= each.of]
    if empty:
        worst = empty[0]
        when = {"baseline": " before training", "tuned": ""}.get(worst.model, f" of {worst.whose}")
        return f"{worst.answers} of {worst.of} answers{when} are no text in which a voice could show"
    return "too few answers are long enough to be measured"
