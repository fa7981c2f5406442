"""The verdict's table, row by row, with a case just on either side of every line."""

from __future__ import annotations

from typing import Any

import pytest

from ownvoice.voice.likelihood import Contrast, Likelier
from ownvoice.voice.results import AgainstPlacebo, Distances, Interval, NoProse, OnProfile, Rank
from ownvoice.voice.verdict import Direction, Found, Verdict, judge

ZERO = Interval(mean=0.0, low=-0.3, high=0.3)


def between(low: float, high: float) -> Interval:
    return Interval(mean=round((low + high) / 2, 6), low=low, high=high)


ABOVE = between(0.01, 1.2)
MOVED = between(0.2, 1.0)
SAME = between(-0.4, 0.4)


def placebo(
    tuned_minus_placebo: Interval = ABOVE,
    topic: Interval | None = ABOVE,
    writer: str = "Elia",
    placebo_minus_baseline: Interval = ZERO,
    nearer_than: float | None = 0.9,
) -> AgainstPlacebo:
    return AgainstPlacebo(
        writer=writer,
        level=ZERO,
        tuned_minus_placebo=tuned_minus_placebo,
        placebo_minus_baseline=placebo_minus_baseline,
        topic=topic,
        nearer_than=nearer_than,
    )


def rank(ahead: int, others: int, ahead_by: float = 2.5) -> Rank:
    """Of a gain that lies so many deviations above the mean of the others'."""
    mean, deviation = 0.5, 0.25
    return Rank(
        gain=mean + ahead_by * deviation,
        others=others,
        ahead=ahead,
        nearest=(OnProfile(name="Elia", gain=0.5),),
        mean=mean,
        deviation=deviation,
    )


ALL_ALIKE = rank(0, 39).model_copy(update={"deviation": 0.0})
ONE_OTHER = rank(0, 1).model_copy(update={"deviation": 0.0})


def likelier(low: float | None, against_placebo: float | None = None) -> Likelier:
    return Likelier(tuned=gained(low), against_placebo=None if against_placebo is None else gained(against_placebo))


def gained(low: float | None) -> Contrast:
    return Contrast(
        unit="character",
        own_gain=0.2,
        control_gain=0.1,
        mean=0.1,
        low=low,
        high=None if low is None else 0.2 - low,
        generic_share=0.5,
        own_essays=3,
        control_essays=4,
    )


def verdict(shift: Interval, trainings: int = 1, **evidence: Any) -> Verdict:
    """Of a run that passes every test of hers, but for what `evidence` changes."""
    distances = Distances(
        prompts=12, answers=24 * trainings, trainings=trainings, baseline=ZERO, tuned=ZERO, tuned_minus_baseline=shift
    )
    passed: dict[str, Any] = {"against": (placebo(),), "rank": rank(0, 39), "likelier": likelier(0.01)}
    return judge(Found(**({"unchanged": False, "distances": distances} | passed | evidence)))


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        (between(0.1, 0.9), "voice moved"),  # 0.5 z is worth having
        (between(0.1, 0.898), "insufficient evidence"),  # 0.499 z isn't, though it may be more
        (between(0.001, 1.5), "voice moved"),
        (between(0.0, 1.5), "insufficient evidence"),  # so large, and as well nothing
        (between(-0.001, 1.5), "insufficient evidence"),
        (between(-0.9, -0.1), "moved away from you"),
        (between(-0.898, -0.1), "insufficient evidence"),
        (between(-1.5, -0.001), "moved away from you"),
        (between(-1.5, 0.0), "insufficient evidence"),
        (between(-0.499, 0.499), "not moved"),
        (between(-0.5, 0.499), "insufficient evidence"),
        (between(-0.499, 0.5), "insufficient evidence"),
        (between(0.1, 0.499), "not moved"),
        (between(-0.499, -0.1), "not moved"),
        (between(0.1, 0.5), "insufficient evidence"),
    ],
    ids=lambda value: f"{value.low} to {value.high}" if isinstance(value, Interval) else str(value),
)
def test_the_shift_decides_first(shift: Interval, expected: Direction) -> None:
    found = verdict(shift)
    assert found.direction == expected
    assert f"{shift.mean:+.2f} z (95% interval {shift.low:+.2f} to {shift.high:+.2f})" in found.reason


@pytest.mark.parametrize(
    ("evidence", "expected"),
    [
        ({"rank": rank(0, 19)}, "voice moved"),  # p = .05
        ({"rank": rank(0, 18)}, "moved: format or voice"),
        ({"rank": rank(1, 39)}, "voice moved"),
        ({"rank": rank(1, 38)}, "moved: format or voice"),
        ({"rank": rank(2, 39)}, "moved: format or voice"),
        ({"rank": rank(0, 39, ahead_by=2.0)}, "voice moved"),
        ({"rank": rank(0, 39, ahead_by=1.99)}, "moved: format or voice"),
        ({"rank": rank(0, 39, ahead_by=-0.5)}, "moved: format or voice"),
        ({"rank": rank(1, 39, ahead_by=2.0)}, "voice moved"),
        ({"rank": rank(2, 39, ahead_by=9.0)}, "moved: format or voice"),  # far ahead, and not of two of them
        ({"rank": ONE_OTHER}, "moved: format or voice"),
        ({"rank": ALL_ALIKE}, "moved: format or voice"),
        ({"rank": None}, "moved: format or voice"),
        ({"against": (placebo(between(0.001, 1.0)),)}, "voice moved"),
        ({"against": (placebo(between(0.0, 1.0)),)}, "moved: format or voice"),
        ({"against": (placebo(between(-2.0, -1.0)),)}, "moved: format or voice"),
        ({"against": (placebo(), placebo())}, "voice moved"),
        ({"against": (placebo(), placebo(between(-0.1, 1.0)))}, "moved: format or voice"),
        ({"against": ()}, "moved: format or voice"),
        ({"likelier": likelier(0.001)}, "voice moved"),
        ({"likelier": likelier(0.0)}, "moved: format or voice"),
        ({"likelier": likelier(-0.05)}, "moved: format or voice"),
        ({"likelier": likelier(None)}, "voice moved"),  # one held-out essay has no interval
        ({"likelier": Likelier()}, "voice moved"),  # answers from elsewhere
        ({"likelier": likelier(-0.05, against_placebo=0.001)}, "voice moved"),
        ({"likelier": likelier(-0.05, against_placebo=0.0)}, "moved: format or voice"),
        ({"topic": between(-2.0, -1.0)}, "voice moved"),
    ],
    ids=str,
)
def test_what_moved_is_voice_where_it_is_hers_and_not_just_anyones(
    evidence: dict[str, Any], expected: Direction
) -> None:
    assert verdict(MOVED, **evidence).direction == expected


@pytest.mark.parametrize("nearer_than", [None, 0.0, 0.49, 0.5, 1.0])
@pytest.mark.parametrize("tuned_minus_placebo", [ABOVE, between(-0.1, 1.0)], ids=str)
def test_what_kind_of_writer_a_placebo_is_changes_no_verdict(
    nearer_than: float | None, tuned_minus_placebo: Interval
) -> None:
    """The notes tell it: see `ownvoice.report.entry.voice`."""
    of_her_kind = verdict(MOVED, against=(placebo(tuned_minus_placebo, nearer_than=0.9),))
    assert verdict(MOVED, against=(placebo(tuned_minus_placebo, nearer_than=nearer_than),)) == of_her_kind
    assert of_her_kind.direction == ("voice moved" if tuned_minus_placebo.above_zero else "moved: format or voice")


@pytest.mark.parametrize(
    ("evidence", "says"),
    [
        ({"rank": rank(0, 18)}, "18 other writers are too few to tell your voice from: it takes 19"),
        ({"rank": rank(2, 39)}, "as far towards 2 of 39 other writers, or further (p = 0.07)"),
        ({"rank": rank(1, 18)}, "too few"),
        ({"rank": rank(19, 19)}, "as far towards 19 of 19 other writers"),
        ({"rank": None}, "no other writers"),
        ({"against": ()}, "control = true"),
        (
            {"against": (placebo(between(-0.1, 1.0)),)},
            "trained on another writer comes as near (yours less its: +0.45 z",
        ),
        (
            {"against": (placebo(), placebo(between(-0.1, 1.0), writer="Lamb"))},
            "trained on another writer (Lamb) comes as near",
        ),
        ({"likelier": likelier(-0.05)}, "gained more likelihood than third authors' (+0.100 bits a character"),
        (
            {"rank": rank(0, 39, ahead_by=1.5)},
            "further towards you than towards 39 other writers by too little (1.5 deviations of what they gained on these, where 2 are",
        ),
    ],
    ids=str,
)
def test_a_test_of_hers_that_was_not_passed_is_said(evidence: dict[str, Any], says: str) -> None:
    found = verdict(MOVED, **evidence)
    assert found.direction == "moved: format or voice"
    assert says in found.reason


def test_every_doubt_is_said_and_not_the_first_alone() -> None:
    doubted = verdict(MOVED, rank=rank(9, 39), likelier=likelier(-0.05), against=(placebo(between(-0.1, 1.0)),)).reason
    assert "comes as near" in doubted
    assert "9 of 39 other writers" in doubted
    assert "so it stays open" in doubted


def test_the_evidence_for_her_voice_is_said_with_its_figures() -> None:
    nearest = between(0.04, 0.6)
    reason = verdict(MOVED, rank=rank(1, 39), against=(placebo(between(0.3, 1.2)), placebo(nearest))).reason
    assert "each of 2 other writers: +0.32 z (95% interval +0.04 to +0.60)" in reason
    assert "further towards you than towards all but 1 of 39 other writers (p = 0.050)" in reason
    assert "became likelier beyond third authors' (+0.100 bits a character)" in reason
    assert "proves little" not in reason


def test_a_placebo_that_moved_away_proves_little() -> None:
    away = placebo(placebo_minus_baseline=between(-0.9, -0.001))
    assert "moved away from you and so proves little" in verdict(MOVED, against=(away,)).reason
    beside = placebo(placebo_minus_baseline=between(-0.9, 0.0))
    assert "proves little" not in verdict(MOVED, against=(beside,)).reason


def test_the_first_place_is_told_as_nearer_to_her_than_to_any_other_writer() -> None:
    reason = verdict(MOVED, rank=rank(0, 39)).reason
    assert "39" in reason
    assert "(p = 0.025)" in reason
    assert "than to no other" not in reason


def test_one_training_says_that_it_speaks_for_itself_and_three_do_not() -> None:
    one, three = verdict(MOVED).reason, verdict(MOVED, trainings=3).reason
    assert "for this training: another seed may move it (training.seeds)" in one
    assert "this training" not in three
    assert "24 answers to 12 new topics" in one
    assert "72 answers of 3 trainings to 12 new topics" in three


@pytest.mark.parametrize(
    ("shift", "evidence", "expected"),
    [
        (SAME, {"topic": between(0.001, 0.2)}, "moved: topic only"),
        (SAME, {"topic": between(0.0, 0.2)}, "not moved"),
        (SAME, {"topic": None}, "not moved"),
        (between(-0.5, 0.4), {"topic": ABOVE}, "insufficient evidence"),  # voice may have moved away
        (between(-0.4, 0.5), {"topic": ABOVE}, "insufficient evidence"),  # or come as near as is worth having
        (SAME, {"topic": ABOVE, "against": (placebo(topic=between(0.001, 0.2)),)}, "moved: topic only"),
        (SAME, {"topic": ABOVE, "against": (placebo(topic=between(0.0, 0.2)),)}, "not moved"),
        (SAME, {"topic": ABOVE, "against": (placebo(), placebo(topic=between(-0.1, 0.2)))}, "not moved"),
        (SAME, {"topic": ABOVE, "against": (placebo(topic=None),)}, "not moved"),
        (SAME, {"topic": ABOVE, "against": ()}, "not moved"),
        (SAME, {"topic": ABOVE, "against": (placebo(between(-1.0, -0.1)),)}, "moved: topic only"),
    ],
    ids=str,
)
def test_topic_only_needs_a_voice_that_is_shown_to_have_stayed_and_a_topic_beyond_every_placebos(
    shift: Interval, evidence: dict[str, Any], expected: Direction
) -> None:
    assert verdict(shift, **evidence).direction == expected


@pytest.mark.parametrize(
    ("shift", "is_trifle"), [(between(0.01, 0.4), True), (between(-0.4, -0.01), True), (SAME, False)], ids=str
)
def test_a_shift_that_is_there_and_small_is_called_a_trifle(shift: Interval, is_trifle: bool) -> None:
    found = verdict(shift)
    assert found.direction == "not moved"
    assert ("too little to be worth having" in found.reason) == is_trifle


def test_an_open_shift_says_what_is_open_and_what_would_be_worth_having() -> None:
    nearer, either = verdict(between(0.1, 0.7)).reason, verdict(between(-0.1, 1.5)).reason
    assert "came nearer to you, by how much is open" in nearer
    assert "may have come nearer to you or not" in either
    for reason in (nearer, either):
        assert "0.5 z is worth having" in reason


def test_a_shift_that_lies_below_zero_is_not_told_as_one_that_may_have_come_nearer() -> None:
    found = verdict(between(-0.7, -0.1))
    assert found.direction == "insufficient evidence"
    assert "may have come nearer" not in found.reason


@pytest.mark.parametrize("shift", [MOVED, SAME, between(-2.0, -1.0)], ids=str)
def test_memory_goes_before_voice(shift: Interval) -> None:
    found = verdict(shift, memorised="It recites your essay.", unchanged=True)
    assert (found.direction, found.reason) == ("memorised", "It recites your essay.")


def test_answers_that_did_not_change_have_not_moved_whatever_could_be_scored() -> None:
    for found in (verdict(ZERO, unchanged=True), verdict(ZERO, unchanged=True, distances=None)):
        assert found.direction == "not moved"
        assert "word for word" in found.reason


def test_too_few_prompts_say_what_to_do() -> None:
    found = verdict(MOVED, distances=None)
    assert found.direction == "insufficient evidence"
    assert "Fewer than 6 probes" in found.reason
    assert "add probes" in found.reason


def test_a_model_whose_answers_are_half_no_prose_is_named_with_the_first_reason() -> None:
    half = NoProse(model="tuned", answers=12, of=24, reasons=("no prose: a loop", "no prose: verse"))
    fewer = NoProse(model="baseline", answers=11, of=24, reasons=("no prose: a list",))
    found = verdict(MOVED, distances=None, no_prose=(fewer, half))
    assert found.direction == "insufficient evidence"
    assert "12 of 24 answers of the tuned model (no prose: a loop)" in found.reason
    assert "baseline" not in found.reason
    assert "Fewer than 6 probes" in verdict(MOVED, distances=None, no_prose=(fewer,)).reason
