"""The placebo's check: which of its pairs are trained on, which are measured, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ownvoice.config import ExperimentConfig
from ownvoice.errors import PairsError
from ownvoice.essays.check import check_pairs
from ownvoice.essays.placebo import check_placebo
from ownvoice.models.prompt_format import Reading
from ownvoice.records import CheckedPlacebo
from tests.unit.essays.folders import BASE, counter, essay, experiment, write_essay

OWN = (("a", 1, "train"), ("b", 1, "train"), ("c", 3, "train"), ("d", 1, "validation"))
OTHERS = (
    ("m1", 1, "train"),
    ("m2", 1, "train"),
    ("m3", 1, "train"),
    ("n1", 2, "train"),
    ("o1", 3, "train"),
    ("v1", 1, "validation"),
    ("v4", 4, "validation"),
)


def write(folder: Path, entries: tuple[tuple[str, int, str], ...], paragraphs: int = 1) -> Path:
    for name, tier, split in entries:
        write_essay(folder, name, f"Topic {name}", essay(f"{folder.name}{name}", paragraphs), tier=tier, split=split)
    return folder


def config_for(tmp_path: Path, control: bool = True, **data: Any) -> ExperimentConfig:
    pairs, placebo = write(tmp_path / "own", OWN), tmp_path / "other"
    if not placebo.exists():
        write(placebo, OTHERS)
    values: dict[str, Any] = {"placebo": str(placebo), "tiers": [1, 2, 3], **data}
    config = experiment(pairs, **values)
    return config.model_copy(update={"control": control})


def check(config: ExperimentConfig, context_tokens: int = 1000) -> CheckedPlacebo:
    own = check_pairs(config, Reading(BASE, counter(), context_tokens)).pair_set
    return check_placebo(config, own, Reading(BASE, counter(), context_tokens))


def refusal(config: ExperimentConfig, context_tokens: int = 1000) -> str:
    with pytest.raises(PairsError) as caught:
        check(config, context_tokens)
    return caught.value.found


def test_as_many_pairs_as_the_author_has_in_each_tier_are_trained_on(tmp_path: Path) -> None:
    placebo = check(config_for(tmp_path))
    assert [pair.id for pair in placebo.checked.pair_set.of("train")] == ["m1", "m2", "o1"]
    assert [pair.id for pair in placebo.checked.pair_set.of("validation")] == ["v1"]
    assert [pair.id for pair in placebo.control] == ["v1", "v4", "m3", "n1"]
    assert placebo.checked.notes == ("Placebo: 3 training pairs in the same tiers, 54 tokens beside the author's 54.",)


def test_what_a_tier_lacks_comes_from_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / "other", OTHERS[1:4] + OTHERS[5:])
    placebo = check(config_for(tmp_path))
    assert [pair.id for pair in placebo.checked.pair_set.of("train")] == ["m2", "m3", "n1"]
    assert "not all in the same tiers" in placebo.checked.notes[0]


def test_the_choice_is_the_same_for_another_author_with_as_many_essays(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    first = check(config)
    for name, tier, split in OWN:
        write_essay(tmp_path / "own", name, f"Another {name}", essay(f"x{name}", 3), tier=tier, split=split)
    again = check(config)
    assert again.checked.pair_set == first.checked.pair_set
    assert again.checked.notes != first.checked.notes


def test_without_control_nothing_is_trained_on_and_the_same_essays_are_measured_first(tmp_path: Path) -> None:
    placebo = check(config_for(tmp_path, control=False))
    assert placebo.checked.pair_set.pairs == ()
    assert [pair.id for pair in placebo.control] == ["v1", "v4", "m3", "n1", "m1", "m2", "o1"]
    limited = check(config_for(tmp_path, control=False, control_essays=2))
    assert [pair.id for pair in limited.control] == ["v1", "v4"]


def test_a_placebo_of_another_size_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "other", OTHERS[:2] + OTHERS[5:])
    found = refusal(config_for(tmp_path))
    assert "2 training pairs, and the author trains on 3" in found
    assert check(config_for(tmp_path, control=False)).control


def test_an_essay_that_is_the_authors_own_is_refused_with_both_places(tmp_path: Path) -> None:
    write(tmp_path / "other", OTHERS)
    write_essay(tmp_path / "other", "m1", "Topic m1", essay("owna", 1))
    for control in (True, False):
        found = refusal(config_for(tmp_path, control=control))
        assert "the placebo's essay 'm1' is the same text as the author's 'a'" in found


def test_the_authors_own_folder_is_no_placebo(tmp_path: Path) -> None:
    assert "the author's own essays" in refusal(config_for(tmp_path, placebo=str(tmp_path / "own")))


def test_an_essay_with_the_topic_of_a_prompt_is_left_out_where_the_placebo_is_trained(tmp_path: Path) -> None:
    write(tmp_path / "other", OTHERS)
    write_essay(tmp_path / "other", "m1", "Baking bread badly", essay("otherm1"))
    placebo = check(config_for(tmp_path)).checked
    assert "m1" not in [pair.id for pair in placebo.pair_set.of("train")]
    assert placebo.notes[0] == "Placebo: m1 is not trained on, as it has the topic of a prompt."
    assert check(config_for(tmp_path, control=False)).control


def test_a_long_essay_is_truncated_to_be_measured_and_refused_to_be_trained_on(tmp_path: Path) -> None:
    write(tmp_path / "other", OTHERS, paragraphs=4)
    context = 1 + 1 + 1 + 2 + 24 + 1
    assert {len(pair.essay.split()) for pair in check(config_for(tmp_path, control=False), context).control} == {20}
    assert "more than the model's" in refusal(config_for(tmp_path), context)


def test_every_problem_of_reading_is_told(tmp_path: Path) -> None:
    write(tmp_path / "other", OTHERS)
    for name in ("m1", "m2"):
        (tmp_path / "other" / f"{name}.md").write_text("nothing in front\n")
    assert refusal(config_for(tmp_path, control=False)).count("no front matter") == 2
