"""Gives the verdict: voice, format, topic, memory or nothing, as far as the figures allow, and no further.

The rules, in order; the first that holds is the answer. Differences are in z units (the spread of other writers'
texts), intervals are 95%, and a shift worth having is 0.5 z or more, in either direction.

| answer | when |
| --- | --- |
| memorised | a copied span or a recited essay, see `ownvoice.voice.copying` |
| not moved | every answer is the baseline's, word for word |
| insufficient evidence | fewer than 6 prompts with scores, or half of a model's answers are no prose |
| voice moved | tuned - baseline is above 0 and worth having, and every test of *hers* below is passed |
| moved: format or voice | tuned - baseline is above 0 and worth having; a test of *hers* is missing or not passed |
| moved away from you | tuned - baseline is below 0 and worth having |
| moved: topic only | VOICE is equivalent, and the topic measure is above 0, by .05 or more, and above every placebo's |
| not moved | VOICE is equivalent: its interval lies within 0.5 z on either side |
| insufficient evidence | else |

The tests of *hers*, and not just anyone's: the tuned answers are more like her than every placebo's; their gain ranks
among the first 5% of their gains on other writers' profiles, and lies two deviations above the mean of these; and her
held-out essays became likelier than third authors' did, under the tuned model against the baseline or against the
placebo's. Where a test can't be made the answer is the weaker one, but for the likelihood, which answers from elsewhere lack.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ownvoice.frozen import Frozen
from ownvoice.voice.likelihood import Likelier
from ownvoice.voice.results import FEWEST_PROMPTS, AgainstPlacebo, Distances, Interval, NoProse, Rank

Direction = Literal[
    "voice moved",
    "moved: format or voice",
    "moved: topic only",
    "moved away from you",
    "not moved",
    "memorised",
    "insufficient evidence",
]

# Of 168 times a model trained on one author was scored on another's profile it gained less in 144 (tests/known/judged).
WORTH_HAVING = 0.5
# A cosine. Of 1,456 verdicts on models trained on other authors 67 passed all else, and none with more than 0.048.
TOPIC_WORTH_HAVING = 0.05
FAR_AHEAD = 2.0
"""Deviations of the gains on other writers' profiles: the first of 40 may lead by chance, and hardly so far."""
FIRST = 0.05
"""Chance that is left for a rank: with 39 others the first or second place."""


class Verdict(Frozen):
    """The direction of the shift, and the reason in a sentence or two for the writer."""

    direction: Direction
    reason: str


Why = Literal["placebo", "no others", "few others", "rank", "lead", "likelihood"]


class Doubt(Frozen):
    """A test of *hers* that is missing or not passed, by its name and in a clause."""

    why: Why
    says: str


class Found(Frozen):
    """What the verdict rests on."""

    unchanged: bool
    """Every tuned answer is the baseline's, word for word."""
    distances: Distances | None
    """VOICE; None where too few prompts have answers that can be scored, or a model wrote mostly no prose."""
    against: tuple[AgainstPlacebo, ...] = ()
    rank: Rank | None = None
    likelier: Likelier = Likelier()
    """Her held-out essays against third authors'."""
    topic: Interval | None = None
    """Topic measure, tuned - baseline."""
    no_prose: tuple[NoProse, ...] = ()
    memorised: str | None = None
    """The proof in a sentence, where the model recites its essays."""


def judge(found: Found) -> Verdict:
    """Apply the table above."""
    distances = found.distances
    if found.memorised is not None:
        return Verdict(direction="memorised", reason=found.memorised)
    if found.unchanged:
        reason = "Every answer of the tuned model is the baseline's, word for word: the training changed nothing."
        return Verdict(direction="not moved", reason=reason)
    if distances is None:
        return Verdict(direction="insufficient evidence", reason=_nothing_to_judge(found.no_prose))
    shift = distances.tuned_minus_baseline
    if shift.above_zero and shift.mean >= WORTH_HAVING:
        return _moved(found, distances)
    if shift.below_zero and shift.mean <= -WORTH_HAVING:
        reason = f"{_answers(distances)} sound less like you than the untuned model's: {_units(shift)}."
        return Verdict(direction="moved away from you", reason=reason)
    if shift.within(WORTH_HAVING):
        return _equivalent(found, distances)
    return Verdict(direction="insufficient evidence", reason=_undecided(distances))


def _moved(found: Found, distances: Distances) -> Verdict:
    shift = (
        f"{_answers(distances)} sound more like you than the untuned model's: {_units(distances.tuned_minus_baseline)}"
    )
    if not found.against:
        reason = (
            f"{shift}. Whether that is your voice or only the form of an essay, a placebo would tell: the same "
            "training on another writer (control = true)."
        )
        return Verdict(direction="moved: format or voice", reason=reason)
    if doubts := doubts_of(found.against, found.rank, found.likelier):
        told = "; and ".join(doubt.says for doubt in doubts)
        return Verdict(direction="moved: format or voice", reason=f"{shift}; but {told}.")
    return Verdict(direction="voice moved", reason=f"{shift}; {_evidence(found)}.{_for_this_training(distances)}")


def doubts_of(against: Sequence[AgainstPlacebo], rank: Rank | None, likelier: Likelier) -> tuple[Doubt, ...]:
    """What speaks against its being hers; none where every test is passed."""
    found = (_by_placebo(against), _by_rank(rank), _by_likelihood(likelier))
    return tuple(doubt for doubt in found if doubt)


def _by_placebo(against: Sequence[AgainstPlacebo]) -> Doubt | None:
    failed = [each for each in against if not each.tuned_minus_placebo.above_zero]
    if not failed:
        return None
    near = min(failed, key=lambda each: each.tuned_minus_placebo.mean)
    whose = "another writer" if len(against) == 1 else f"another writer ({near.writer})"
    says = (
        f"the same model trained on {whose} comes as near (yours less its: {_units(near.tuned_minus_placebo)}), so this may be no "
        "more than the form of an essay"
    )
    return Doubt(why="placebo", says=says)


def _by_rank(rank: Rank | None) -> Doubt | None:
    if rank is None:
        return Doubt(why="no others", says="there are no other writers to tell your voice from")
    if rank.p > FIRST and rank.others < 1 / FIRST - 1:
        says = f"{rank.others} other writers are too few to tell your voice from: it takes 19"
        return Doubt(why="few others", says=says)
    if rank.p > FIRST:
        says = (
            f"they moved as far towards {rank.ahead} of {rank.others} other writers, or further (p = {rank.p:.2f}), so it may be "
            "what writers of your kind share"
        )
        return Doubt(why="rank", says=says)
    if rank.ahead_by < FAR_AHEAD:
        says = (
            f"they moved further towards you than towards {rank.others} other writers by too little ({rank.ahead_by:.1f} "
            f"deviations of what they gained on these, where {FAR_AHEAD:.0f} are asked for)"
        )
        return Doubt(why="lead", says=says)
    return None


def _by_likelihood(likelier: Likelier) -> Doubt | None:
    if likelier.speaks_for_her is not False:
        return None
    best, low, high = max(likelier.intervals, key=lambda each: each[1])
    says = (
        f"it isn't shown that your held-out essays gained more likelihood than third authors' ({best.mean:+.3f} bits a "
        f"{best.unit}, 95% interval {low:+.3f} to {high:+.3f}), so it stays open"
    )
    return Doubt(why="likelihood", says=says)


def _evidence(found: Found) -> str:
    """What was asked, and answered for her."""
    nearest = min(found.against, key=lambda each: each.tuned_minus_placebo.low)
    others = len(found.against)
    placebo = (
        f"more like you than the same model trained on {'another writer' if others == 1 else f'each of {others} other writers'}: "
        f"{_units(nearest.tuned_minus_placebo)}"
    )
    if nearest.placebo_minus_baseline.high < 0:
        placebo += ", which moved away from you and so proves little"
    said = [placebo]
    if rank := found.rank:
        than = "any" if not rank.ahead else f"all but {rank.ahead}"
        said.append(f"further towards you than towards {than} of {rank.others} other writers (p = {rank.p:.3f})")
    if found.likelier.speaks_for_her:
        best, _, _ = max(found.likelier.intervals, key=lambda each: each[1])
        said.append(f"your held-out essays became likelier beyond third authors' ({best.mean:+.3f} bits a {best.unit})")
    else:
        said.append("whether your held-out essays became likelier was not measured")
    return "; ".join(said)


def _for_this_training(distances: Distances) -> str:
    return " This is for this training: another seed may move it (training.seeds)." if distances.trainings == 1 else ""


def _equivalent(found: Found, distances: Distances) -> Verdict:
    shift, topic = distances.tuned_minus_baseline, found.topic
    beyond_placebo = all(each.topic is not None and each.topic.above_zero for each in found.against)
    if topic is not None and topic.above_zero and topic.mean >= TOPIC_WORTH_HAVING and found.against and beyond_placebo:
        reason = (
            f"The words moved towards your essays ({_cosine(topic)} on the topic measure, and further than a placebo's), the "
            f"manner did not ({_units(shift)}): your subjects were learned and not your voice."
        )
        return Verdict(direction="moved: topic only", reason=reason)
    trifle = ", too little to be worth having" if shift.above_zero or shift.high < 0 else ""
    reason = (
        f"{_answers(distances)} sound like you as much or as little as the untuned model's: {_units(shift)}{trifle}."
    )
    return Verdict(direction="not moved", reason=reason)


def _undecided(distances: Distances) -> str:
    shift = distances.tuned_minus_baseline
    says = (
        "came nearer to you, by how much is open"
        if shift.above_zero
        else "moved away from you, by how much is open"
        if shift.high < 0
        else "may have come nearer to you or not"
    )
    return (
        f"{_answers(distances)} {says}: {_units(shift)}, where {WORTH_HAVING} z is worth having. More probes would narrow it, "
        "in a run planned so from the start."
    )


def _nothing_to_judge(no_prose: Sequence[NoProse]) -> str:
    worst = [each for each in no_prose if 2 * each.answers >= each.of]
    if not worst:
        return _TOO_FEW
    told = ", ".join(f"{each.answers} of {each.of} answers of {each.whose} ({each.reasons[0]})" for each in worst)
    return f"Most answers are nothing that a voice could show in: {told}."


def _answers(distances: Distances) -> str:
    trained = f" of {distances.trainings} trainings" if distances.trainings > 1 else ""
    return f"The tuned model's {distances.answers} answers{trained} to {distances.prompts} new topics"


def _units(interval: Interval) -> str:
    """'+0.9 z (95% interval +0.4 to +1.4)'."""
    return f"{interval.mean:+.2f} z (95% interval {interval.low:+.2f} to {interval.high:+.2f})"


def _cosine(interval: Interval) -> str:
    return f"{interval.mean:+.2f}, 95% interval {interval.low:+.2f} to {interval.high:+.2f}"


_TOO_FEW = (
    f"Fewer than {FEWEST_PROMPTS} probes have answers that can be scored, and fewer can't carry a 95% interval: add "
    "probes, or let answers be longer."
)
