"""What a writer left out is filled in, what is asked for is a wish, and each choice is noted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ownvoice.essays.check import check_pairs
from ownvoice.essays.choose import choose
from ownvoice.essays.split import held_out_of
from ownvoice.models.prompt_format import Reading
from ownvoice.records.essays import Pair
from tests.unit.essays.folders import BASE, counter, essay, experiment, write_sound_set


@pytest.mark.parametrize(
    ("data", "note"),
    [
        ({"tiers": [2]}, "No validation essay in tier 2: those of all tiers are taken."),
        ({"tiers": [3, 4]}, "No train essay in tier 3, 4: those of all tiers are taken."),
        ({"train_pairs": 9}, "2 essays to train on, of the 9 asked for: there are no more."),
    ],
)
def test_what_is_asked_for_is_a_wish_and_what_was_chosen_is_noted(
    tmp_path: Path, data: dict[str, Any], note: str
) -> None:
    checked = check_pairs(experiment(write_sound_set(tmp_path / "essays"), **data), Reading(BASE, counter(), 1000))
    assert note in checked.notes
    assert {pair.split for pair in checked.pair_set.pairs} == {"train", "validation"}


def test_choosing_takes_training_pairs_by_tier_then_id_and_every_validation_pair() -> None:
    pairs = [pair_of("z", 1), pair_of("b", 2), pair_of("a", 2)]
    pairs += [pair_of("v", 2, "validation"), pair_of("w", 4, "validation")]
    chosen = choose(pairs, (1, 2), 2)
    assert [each.id for each in chosen.kept] == ["z", "a", "v"]
    assert chosen.notes == ()


def test_where_no_essay_validates_one_that_is_not_needed_is_held_out() -> None:
    pairs = [pair_of(name, 1) for name in "abcd"]
    chosen = choose(pairs, (1,), 2)
    held_out = [each.id for each in chosen.kept if each.split == "validation"]
    assert len(held_out) == 1
    assert held_out[0] in "cd"
    assert [each.id for each in chosen.kept if each.split == "train"] == ["a", "b"]
    assert chosen.notes == (f"No essay is set aside for validation: '{held_out[0]}' is, and is not trained on.",)
    assert len(choose(pairs, (1,), None).kept) == 4


def test_across_tiers_fewer_pairs_are_some_of_more_and_the_same_essay_validates() -> None:
    pairs = [pair_of(f"{tier}{name}", tier) for tier in (1, 2, 4) for name in "abcde"]
    kept = {number: choose(pairs, (1, 2, 4), number, "across tiers").kept for number in range(1, 15)}
    trained = {number: {each.id for each in chosen if each.split == "train"} for number, chosen in kept.items()}
    assert all(trained[number] < trained[number + 1] for number in range(1, 14))
    assert {pair.tier for pair in kept[3]} == {1, 2, 4}
    assert len({each.id for chosen in kept.values() for each in chosen if each.split == "validation"}) == 1
    assert [each.id for each in kept[6] if each.split == "train"] == sorted(trained[6])


def test_across_tiers_is_drawn_by_what_the_essays_say_and_not_by_their_names() -> None:
    pairs = [pair_of(name, 1) for name in "abcdefgh"]
    renamed = [pair.model_copy(update={"id": f"z{pair.id}"}) for pair in reversed(pairs)]
    first, again = (choose(each, (1,), 3, "across tiers").kept for each in (pairs, renamed))
    assert {f"z{each.id}" for each in first} == {each.id for each in again}
    assert {each.id for each in choose(pairs, (1,), 3).kept if each.split == "train"} == set("abc")


@pytest.mark.parametrize("number", [3, 6, 8, 50])
def test_a_set_without_tiers_and_splits_is_completed_and_the_same_each_time(tmp_path: Path, number: int) -> None:
    rows = [{"topic": f"Topic {n}", "essay": essay(f"word{n}")} for n in range(number)]
    file = tmp_path / "essays.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    checked = check_pairs(experiment(file), Reading(BASE, counter(), 1000))
    assert len(checked.pair_set.of("validation")) == held_out_of(number)
    assert {pair.tier for pair in checked.pair_set.pairs} == {1}
    assert checked.notes[0] == f"{number} essays without a tier: tier 1, closest to the voice."
    assert checked.notes[1].startswith(f"{number} essays without a split: 'essays-")
    held_out = {pair.essay for pair in checked.pair_set.of("validation")}
    file.write_text("\n".join(json.dumps(row) for row in reversed(rows)))
    again = check_pairs(experiment(file), Reading(BASE, counter(), 1000))
    assert {pair.essay for pair in again.pair_set.of("validation")} == held_out


def pair_of(name: str, tier: int, split: str = "train") -> Pair:
    return Pair.model_validate(
        {"id": name, "topic": name, "essay": name, "tier": tier, "split": split, "source": "x:1"}
    )
