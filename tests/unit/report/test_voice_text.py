"""The rows and notes of the VOICE figures: without a placebo, with one, with two, and with what makes them less certain."""

from __future__ import annotations

from typing import Any

import pytest

from ownvoice.report.entry.voice import TWO_BY_TWO, voice_notes, voice_rows
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.results import (
    AgainstPlacebo,
    Distances,
    Interval,
    NoProse,
    OnProfile,
    Others,
    Rank,
    ScoredAnswer,
    TwoByTwo,
    VoiceFigures,
)
from tests.unit.records_for_tests import baseline_for_tests, findings_for_tests, tuned_for_tests

SCORED = (ScoredAnswer(prompt_id="p", sample=0, voice=0.5, topic=None),)


def at(mean: float) -> Interval:
    return Interval(mean=mean, low=round(mean - 0.3, 6), high=round(mean + 0.3, 6))


BASELINE, TUNED, HELD_OUT, SHIFT, INDEX = at(-0.5), at(0.4), at(2.2), at(0.9), at(0.33)
FOUR = TwoByTwo(tuned_on_hers=at(1.1), placebo_on_hers=at(0.2), tuned_on_theirs=at(0.1), placebo_on_theirs=at(1.2))
RANK = Rank(
    gain=1.1,
    others=39,
    ahead=1,
    nearest=(OnProfile(name="a writer", gain=1.2), OnProfile(name="placebo: Elia", gain=0.3)),
    mean=0.1,
    deviation=0.4,
)


def distances(trainings: int = 1, **changes: Any) -> Distances:
    return Distances(
        prompts=12,
        answers=24 * trainings,
        trainings=trainings,
        baseline=BASELINE,
        tuned=TUNED,
        tuned_minus_baseline=SHIFT,
        held_out=HELD_OUT,
        index=INDEX,
        **changes,
    )


def figures(**changes: Any) -> VoiceFigures:
    given: dict[str, Any] = {
        "words": 150,
        "references": 13,
        "others": Others(background="the 24 nearest of 87 writers", authors=24, voices=(-1.5, 0.2, 1.1)),
        "held_out": (2.0, 2.4),
        "baseline": SCORED,
        "tuned": SCORED,
        "placebo": None,
        "distances": distances(),
        "topic": None,
    }
    return VoiceFigures(**(given | changes))


def placebo(writer: str = "Elia", level: float = 0.0, **changes: Any) -> AgainstPlacebo:
    given: dict[str, Any] = {
        "tuned_minus_placebo": at(round(0.4 - level, 6)),
        "placebo_minus_baseline": at(round(level + 0.5, 6)),
        "nearer_than": 0.8,
    }
    return AgainstPlacebo(writer=writer, answers=24, level=at(level), **(given | changes))


def findings(found: VoiceFigures | None) -> VoiceFindings:
    return findings_for_tests(baseline_for_tests(), tuned_for_tests(), figures=found)


def rows_of(found: VoiceFigures) -> list[tuple[str, float, str]]:
    return [(row["name"], row["interval"].mean, row["texts"]) for row in voice_rows(findings(found))]


def names_of(found: VoiceFigures) -> list[str]:
    return [name for name, _, _ in rows_of(found)]


def notes_of(found: VoiceFigures) -> list[str]:
    return voice_notes(findings(found))


def test_without_figures_or_distances_there_is_no_row() -> None:
    for each in (None, findings(None), findings(figures(distances=None))):
        assert voice_rows(each) == []
        assert voice_notes(each) == []


def test_without_a_placebo_the_rows_are_hers_and_the_models() -> None:
    assert rows_of(figures()) == [
        ("Baseline", -0.5, "24"),
        ("Fine-tuned", 0.4, "24"),
        ("Your own essays, each against the others", 2.2, "2"),
        ("Fine-tuned minus baseline", 0.9, ""),
        ("V, from 0 (baseline) to 1 (your own essays)", 0.33, ""),
    ]
    assert notes_of(figures()) == []


def test_a_record_from_before_several_placebos_shows_its_one_from_the_distances() -> None:
    old = distances(placebo=at(-0.1), tuned_minus_placebo=at(0.5), placebo_minus_baseline=at(0.4))
    found = figures(placebo=SCORED, distances=old)
    assert rows_of(found) == [
        ("Baseline", -0.5, "24"),
        ("Placebo: the model trained on another writer", -0.1, "24"),
        ("Fine-tuned", 0.4, "24"),
        ("Your own essays, each against the others", 2.2, "2"),
        ("Fine-tuned minus baseline", 0.9, ""),
        ("Fine-tuned minus placebo", 0.5, ""),
        ("Placebo minus baseline", 0.4, ""),
        ("V, from 0 (baseline) to 1 (your own essays)", 0.33, ""),
    ]
    assert notes_of(found) == []


def test_one_placebo_has_the_rows_that_it_had_and_what_each_model_gained_on_each_profile() -> None:
    found = figures(against=(placebo(two_by_two=FOUR),), unseen=at(0.7), placebo=SCORED)
    assert rows_of(found) == [
        ("Baseline", -0.5, "24"),
        ("Placebo: the model trained on another writer", 0.0, "24"),
        ("Fine-tuned", 0.4, "24"),
        ("Your own essays, each against the others", 2.2, "2"),
        ("Fine-tuned minus baseline", 0.9, ""),
        ("The same, against your unseen essays alone", 0.7, ""),
        ("Fine-tuned minus placebo", 0.4, ""),
        ("Placebo minus baseline", 0.5, ""),
        ("V, from 0 (baseline) to 1 (your own essays)", 0.33, ""),
        ("Gain of the fine-tuned on your profile *", 1.1, ""),
        ("... of the placebo's (Elia) model on your profile *", 0.2, ""),
        ("... of the fine-tuned on the placebo's (Elia) profile *", 0.1, ""),
        ("... of the placebo's (Elia) model on its own writer's profile *", 1.2, ""),
    ]
    assert notes_of(found) == [
        TWO_BY_TWO,
        "The placebo (Elia) is a writer nearer to you than 80% of the writers at hand.",
    ]


def test_the_distances_of_the_nearest_placebo_are_not_shown_twice() -> None:
    both = distances(placebo=at(0.0), tuned_minus_placebo=at(0.4), placebo_minus_baseline=at(0.5))
    assert rows_of(figures(against=(placebo(),), distances=both)) == rows_of(figures(against=(placebo(),)))


def test_two_placebos_are_named_in_their_order() -> None:
    found = figures(against=(placebo("Lamb", 0.1), placebo("Elia", -0.2)))
    assert [name for name in names_of(found) if "Lamb" in name or "Elia" in name][:2] == [
        "Placebo: the model trained on Lamb",
        "Placebo: the model trained on Elia",
    ]
    assert [row for row in rows_of(found) if row[0].startswith("Fine-tuned minus placebo")] == [
        ("Fine-tuned minus placebo Lamb", 0.3, ""),
        ("Fine-tuned minus placebo Elia", 0.6, ""),
    ]
    assert "trained on another writer" not in " ".join(names_of(found))
    assert [note.partition(" is ")[0] for note in notes_of(found)] == ["The placebo (Lamb)", "The placebo (Elia)"]


def test_a_placebos_name_is_written_as_it_is_in_every_row() -> None:
    names = names_of(figures(against=(placebo("Lamb"), placebo("the Man from Elia"))))
    assert "Placebo Lamb minus baseline" in names
    assert "Placebo the Man from Elia minus baseline" in names


def test_profiles_of_one_placebo_alone_are_told_where_the_others_essays_are_not_known() -> None:
    found = figures(against=(placebo("Lamb", nearer_than=None), placebo("Elia", two_by_two=FOUR)))
    assert [name for name in names_of(found) if "profile" in name and "Lamb" in name] == []
    assert len([name for name in names_of(found) if name.endswith("*")]) == 4
    assert notes_of(found)[0] == TWO_BY_TWO


def test_three_trainings_count_their_answers_together_and_the_baselines_once() -> None:
    rows = {name: texts for name, _, texts in rows_of(figures(distances=distances(trainings=3)))}
    assert (rows["Baseline"], rows["Fine-tuned"]) == ("24", "72")


def test_the_rank_is_told_with_how_far_it_leads() -> None:
    assert notes_of(figures(rank=RANK)) == [
        "Yours, or anyone's: the gain on your profile (+1.10) has 1 of 39 other writers' ahead of it, p = 0.050, and lies "
        "2.5 deviations above their mean; the most that was gained on theirs: a writer +1.20, Elia +0.30."
    ]


@pytest.mark.parametrize(
    ("nearer_than", "says"),
    [
        (1.0, "is a writer nearer to you than 100% of the writers at hand."),
        (0.5, "is a writer nearer to you than 50% of the writers at hand."),
        (0.49, "is a writer nearer to you than 49% of the writers at hand; one that is nearer tells more."),
        (0.0, "is a writer nearer to you than 0% of the writers at hand; one that is nearer tells more."),
        (None, "has no essays at hand that can be measured, so whether it is a writer of your kind is open."),
    ],
)
def test_a_placebo_far_from_her_is_said_to_be(nearer_than: float | None, says: str) -> None:
    assert notes_of(figures(against=(placebo(nearer_than=nearer_than),))) == [f"The placebo (Elia) {says}"]


@pytest.mark.parametrize(("high", "moved_away"), [(-0.001, True), (0.0, False), (0.2, False)])
def test_a_placebo_that_moved_away_is_said_to_have_made_the_difference_larger(high: float, moved_away: bool) -> None:
    moved = Interval(mean=-0.5, low=-0.9, high=high)
    (note,) = notes_of(figures(against=(placebo(placebo_minus_baseline=moved),)))
    assert ("moved away from you, which makes the difference to yours larger" in note) == moved_away
    assert note.startswith("The placebo (Elia) is a writer nearer to you than 80% of the writers at hand.")


@pytest.mark.parametrize(("share", "says"), [(0.0, ""), (0.0004, ""), (0.0005, "0.1%"), (0.123, "12.3%")])
def test_what_was_copied_is_told_as_a_share_of_the_words(share: float, says: str) -> None:
    notes = notes_of(figures(copied_share=share))
    assert [note.partition(" of the fine-tuned")[0] for note in notes] == ([f"Not scored: {says}"] if says else [])


def test_answers_that_are_no_prose_are_told_by_model_with_their_reasons() -> None:
    found = (
        NoProse(model="tuned", answers=3, of=24, reasons=("no prose: a loop", "too short")),
        NoProse(model="placebo: Elia", answers=1, of=24, reasons=("no prose: verse",)),
    )
    first, second = notes_of(figures(no_prose=found))
    assert first.startswith("3 of 24 answers of the tuned model are no prose")
    assert first.endswith("no prose: a loop, too short.")
    assert second.startswith("1 of 24 answers of the model trained on Elia are no prose")


def test_the_notes_stand_in_one_order_and_caveats_are_last() -> None:
    found = figures(
        against=(placebo("Lamb", two_by_two=FOUR), placebo("Elia")),
        rank=RANK,
        copied_share=0.02,
        no_prose=(NoProse(model="tuned", answers=3, of=24, reasons=("too short",)),),
        caveats=("2 of 24 of the tuned answers read as verse.",),
    )
    beginnings = (
        "* Profiles",
        "Yours, or",
        "The placebo (Lamb)",
        "The placebo (Elia)",
        "Not scored",
        "3 of 24",
        "2 of 24",
    )
    notes = notes_of(found)
    assert len(notes) == len(beginnings)
    assert all(note.startswith(beginning) for note, beginning in zip(notes, beginnings, strict=True))


def test_where_nothing_could_be_judged_only_the_caveats_are_left() -> None:
    found = figures(distances=None, copied_share=0.5, caveats=("Much is quoted.",))
    assert notes_of(found) == ["Much is quoted."]
