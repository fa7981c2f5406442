"""Puts what the verdict rests on into rows and sentences, for the entry in the log and for `ownvoice judge`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.results import PLACEBO, AgainstPlacebo, Distances, Interval, Prompted, Rank, VoiceFigures
from ownvoice.voice.verdict import WORTH_HAVING

Row = dict[str, Any]
OF_HER_KIND = 0.5
"""Of the writers at hand, those who are further from her than a placebo that is of her kind."""
TWO_BY_TWO = (
    "* Profiles made alike, of as many texts of each author. Each half counts by itself: the fine-tuned model must gain "
    "on your profile, and more than the placebo's does; that both learned their own writer proves nothing else."
)


def voice_rows(findings: VoiceFindings | None) -> list[Row]:
    """Where each group of texts lies, then how far they are apart; none where nothing could be measured."""
    figures = findings.figures if findings else None
    distances = figures.distances if figures else None
    if figures is None or distances is None:
        return []
    return [row for row in (*_groups(figures, distances), *_differences(figures, distances)) if row]


def _groups(figures: VoiceFigures, distances: Distances) -> Iterator[Row]:
    answers = str(distances.answers)
    yield _row("Baseline", distances.baseline, str(distances.answers // distances.trainings))
    if figures.against:
        for each in figures.against:
            yield _row(f"Placebo: the model trained on {_whose(figures, each)}", each.level, str(each.answers))
    else:
        yield _row("Placebo: the model trained on another writer", distances.placebo, answers)
    if figures.prompted:
        yield _row("Untuned, asked with essays of yours **", figures.prompted.level, str(figures.prompted.answers))
    yield _row("Fine-tuned", distances.tuned, answers)
    yield _row("Your own essays, each against the others", distances.held_out, str(len(figures.held_out)))


def _differences(figures: VoiceFigures, distances: Distances) -> Iterator[Row]:
    yield _row("Fine-tuned minus baseline", distances.tuned_minus_baseline)
    yield _row("The same, against your unseen essays alone", figures.unseen)
    if not figures.against:
        yield _row("Fine-tuned minus placebo", distances.tuned_minus_placebo)
        yield _row("Placebo minus baseline", distances.placebo_minus_baseline)
    for each in figures.against:
        whose = "" if len(figures.against) == 1 else f" {each.writer}"
        yield _row(f"Fine-tuned minus placebo{whose}", each.tuned_minus_placebo)
        yield _row(f"Placebo{whose} minus baseline", each.placebo_minus_baseline)
    if figures.prompted:
        yield _row("Asked with essays of yours, minus baseline **", figures.prompted.minus_baseline)
        yield _row("Fine-tuned minus asked with essays of yours **", figures.prompted.tuned_minus_prompted)
    yield _row("V, from 0 (baseline) to 1 (your own essays)", distances.index)
    for each in figures.against:
        if four := each.two_by_two:
            yield _row("Gain of the fine-tuned on your profile *", four.tuned_on_hers)
            yield _row(f"... of {_theirs(each)} model on your profile *", four.placebo_on_hers)
            yield _row(f"... of the fine-tuned on {_theirs(each)} profile *", four.tuned_on_theirs)
            yield _row(f"... of {_theirs(each)} model on its own writer's profile *", four.placebo_on_theirs)


def _row(name: str, interval: Interval | None, texts: str = "") -> Row:
    return {"name": name, "interval": interval, "texts": texts} if interval else {}


def _whose(figures: VoiceFigures, each: AgainstPlacebo) -> str:
    return "another writer" if len(figures.against) == 1 else each.writer


def _theirs(each: AgainstPlacebo) -> str:
    return f"the placebo's ({each.writer})"


def voice_notes(findings: VoiceFindings | None) -> list[str]:
    """What a reader should know of the figures, a sentence or two each; writers' names come from the user: untrusted."""
    figures = findings.figures if findings else None
    if figures is None or figures.distances is None:
        return list(figures.caveats) if figures else []
    return [
        *([TWO_BY_TWO] if any(each.two_by_two for each in figures.against) else []),
        *([_rank_note(figures.rank)] if figures.rank else []),
        *map(_placebo_note, figures.against),
        *([_prompted_note(figures.prompted)] if figures.prompted else []),
        *_scoring_notes(figures),
        *figures.caveats,
    ]


def _rank_note(rank: Rank) -> str:
    nearest = ", ".join(f"{each.name.removeprefix(PLACEBO)} {each.gain:+.2f}" for each in rank.nearest)
    return (
        f"Yours, or anyone's: the gain on your profile ({rank.gain:+.2f}) has {rank.ahead} of {rank.others} other writers' ahead of "
        f"it, p = {rank.p:.3f}, and lies {abs(rank.ahead_by):.1f} deviations {'above' if rank.ahead_by >= 0 else 'below'} their mean; the most that was gained on theirs: "
        f"{nearest}."
    )


def _placebo_note(each: AgainstPlacebo) -> str:
    moved = each.placebo_minus_baseline
    says = f"The placebo ({each.writer})"
    if each.nearer_than is not None:
        says += f" is a writer nearer to you than {each.nearer_than:.0%} of the writers at hand"
        says += "; one that is nearer tells more." if each.nearer_than < OF_HER_KIND else "."
    else:
        says += " has no essays at hand that can be measured, so whether it is a writer of your kind is open."
    if moved.high < 0:
        says += " Its model moved away from you, which makes the difference to yours larger than what yours gained."
    return says


def _prompted_note(found: Prompted) -> str:
    """Whether training beats asking, as far as it is shown."""
    apart = found.tuned_minus_prompted
    if apart.above_zero:
        says = f"training beats asking ({apart.in_words()})"
    elif apart.below_zero:
        says = f"asking beats training ({apart.negated.in_words()})"
    elif apart.within(WORTH_HAVING):
        says = f"training and asking come as far as each other, within {WORTH_HAVING} z ({apart.in_words()})"
    else:
        says = f"whether training beats asking is open ({apart.in_words()})"
    copied = f"{found.copied_share:.1%} of its words stand in the essays that it was shown, in runs of four or more, and weren't scored"
    loops = f"; {found.no_prose} of its {found.answers} answers are no prose" if found.no_prose else ""
    return f"** Does training beat asking? Here {says}. The untuned model was shown essays of yours before the topic; {copied}{loops}. Scored on a length of its own."


def _scoring_notes(figures: VoiceFigures) -> Iterator[str]:
    if figures.copied_share >= 0.0005:
        yield (
            f"Not scored: {figures.copied_share:.1%} of the fine-tuned answers' words, which stand in your training essays in "
            "runs of four or more."
        )
    for each in figures.no_prose:
        yield (
            f"{each.answers} of {each.of} answers of {each.whose} are no prose and count as its "
            f"worst, and no better than the untuned model's average: {', '.join(each.reasons)}."
        )
