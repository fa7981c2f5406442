"""The check of other writers: which of their essays are trained on, which are measured, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ownvoice.config import ExperimentConfig
from ownvoice.errors import PairsError
from ownvoice.essays.check import check_pairs
from ownvoice.essays.others import check_others
from ownvoice.models.prompt_format import Reading
from ownvoice.records.essays import CheckedOthers, CheckedPairs
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


def check(config: ExperimentConfig, context_tokens: int = 1000) -> CheckedOthers:
    own = check_pairs(config, Reading(BASE, counter(), context_tokens))
    return check_others(config, own, Reading(BASE, counter(), context_tokens))


def trained(config: ExperimentConfig, context_tokens: int = 1000) -> CheckedPairs:
    """The one placebo's."""
    (placebo,) = check(config, context_tokens).placebos
    return placebo.checked


def measured(config: ExperimentConfig) -> list[str]:
    return [pair.id for pair in check(config).control]


def refusal(config: ExperimentConfig, context_tokens: int = 1000) -> str:
    with pytest.raises(PairsError) as caught:
        check(config, context_tokens)
    return caught.value.found


def test_as_many_pairs_as_the_author_has_in_each_tier_are_trained_on(tmp_path: Path) -> None:
    placebo = trained(config_for(tmp_path))
    assert [pair.id for pair in placebo.pair_set.of("train")] == ["m1", "m2", "o1"]
    assert [pair.id for pair in placebo.pair_set.of("validation")] == ["v1"]
    assert measured(config_for(tmp_path)) == ["other/v1", "other/v4", "other/m3", "other/n1"]
    assert placebo.notes == ("Placebo: 3 training pairs in the same tiers, 54 tokens beside the author's 54.",)


def test_what_a_tier_lacks_comes_from_the_nearest(tmp_path: Path) -> None:
    write(tmp_path / "other", OTHERS[1:4] + OTHERS[5:])
    placebo = trained(config_for(tmp_path))
    assert [pair.id for pair in placebo.pair_set.of("train")] == ["m2", "m3", "n1"]
    assert "not all in the same tiers" in placebo.notes[0]


def test_the_choice_is_the_same_for_another_author_with_as_many_essays(tmp_path: Path) -> None:
    config = config_for(tmp_path)
    first = trained(config)
    for name, tier, split in OWN:
        write_essay(tmp_path / "own", name, f"Another {name}", essay(f"x{name}", 3), tier=tier, split=split)
    again = trained(config)
    assert again.pair_set == first.pair_set
    assert again.notes != first.notes


def test_without_control_nothing_is_trained_on_and_the_same_essays_are_measured_first(tmp_path: Path) -> None:
    config = config_for(tmp_path, control=False)
    assert check(config).placebos == ()
    assert measured(config) == [f"other/{name}" for name in ("v1", "v4", "m3", "n1", "m1", "m2", "o1")]
    assert measured(config_for(tmp_path, control=False, control_essays=2)) == ["other/v1", "other/v4"]


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
    placebo = trained(config_for(tmp_path))
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


def writers(tmp_path: Path, *names: str) -> Path:
    for name in names:
        write(tmp_path / "writers" / name, OTHERS)
    return tmp_path / "writers"


def test_every_writer_of_a_folder_is_trained_on_in_the_place_of_the_placebo(tmp_path: Path) -> None:
    folder = writers(tmp_path, "newsletter", "columnist")
    others = check(config_for(tmp_path, placebos=str(folder)))
    assert [placebo.writer for placebo in others.placebos] == ["columnist", "newsletter"]
    for placebo in others.placebos:
        assert [pair.id for pair in placebo.checked.pair_set.of("train")] == ["m1", "m2", "o1"]
        assert placebo.checked.fingerprint
    assert [pair.id for pair in others.control][:2] == ["other/v1", "other/v4"]
    assert check(config_for(tmp_path, control=False, placebos=str(folder))).placebos == ()


def test_a_writer_may_be_a_file_or_keep_the_essays_in_a_folder_of_pairs(tmp_path: Path) -> None:
    write(tmp_path / "writers" / "columnist" / "pairs", OTHERS)
    rows = [
        {"topic": f"Row {name}", "essay": essay(f"row{name}"), "tier": tier, "split": split, "id": name}
        for name, tier, split in OTHERS
    ]
    (tmp_path / "writers" / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    placebos = check(config_for(tmp_path, placebos=str(tmp_path / "writers"))).placebos
    assert [placebo.writer for placebo in placebos] == ["columnist", "rows"]


def test_the_author_among_them_is_left_out_by_her_place_or_her_essays(tmp_path: Path) -> None:
    folder = writers(tmp_path, "columnist")
    config = config_for(tmp_path, placebos=str(folder))
    shutil.copytree(tmp_path / "own", folder / "copy")
    (folder / "copy" / "a.md").unlink()
    assert [placebo.writer for placebo in check(config).placebos] == ["columnist"]
    shutil.rmtree(folder / "columnist")
    assert "no writer but the author" in refusal(config)
    assert "no writer but the author" in refusal(config_for(tmp_path, placebos=str(alone(tmp_path))))


def alone(tmp_path: Path) -> Path:
    """A folder in which the author's own is the only one."""
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "hers").symlink_to(tmp_path / "own")
    return tmp_path / "alone"


def test_every_problem_of_every_writer_is_told_with_the_name(tmp_path: Path) -> None:
    folder = writers(tmp_path, "columnist", "newsletter", "essayist")
    (folder / "columnist" / "m1.md").write_text("nothing in front\n")
    (folder / "newsletter" / "m3.md").unlink()
    for name in ("m1", "m2", "n1"):
        (folder / "newsletter" / f"{name}.md").unlink()
    write_essay(folder / "essayist", "m2", "Topic m2", essay("ownb"))
    found = refusal(config_for(tmp_path, placebos=str(folder))).split("\n")
    assert [line.partition(": ")[0] for line in found] == ["columnist", "essayist", "newsletter"]
    assert "no front matter" in found[0]
    assert "is the same text as the author's 'b'" in found[1]
    assert "1 training pairs, and the author trains on 3" in found[2]


@pytest.mark.parametrize("name", ["placebos", "third_authors"])
def test_what_is_no_writer_and_a_folder_that_is_not_there_are_told(tmp_path: Path, name: str) -> None:
    nobody: dict[str, Any] = {name: str(tmp_path / "nobody")}
    assert "nothing there" in refusal(config_for(tmp_path, **nobody))
    folder = writers(tmp_path, "columnist")
    strays: dict[str, Any] = {name: str(folder)}
    (folder / "stray.txt").write_text("?")
    (folder / "columnist.jsonl").write_text("{}")
    found = refusal(config_for(tmp_path, **strays))
    assert "stray.txt: not a writer's folder" in found
    assert "two writers are called 'columnist'" in found


def test_essays_of_third_authors_are_dealt_in_turn_and_the_placebo_joins_where_it_is_not_trained_on(
    tmp_path: Path,
) -> None:
    folder = str(writers(tmp_path, "newsletter", "columnist"))
    data: dict[str, Any] = {"third_authors": folder, "control_essays": 5}
    assert measured(config_for(tmp_path, **data)) == [
        "columnist/v1",
        "newsletter/v1",
        "columnist/v4",
        "newsletter/v4",
        "columnist/m1",
    ]
    assert measured(config_for(tmp_path, control=False, **data)) == [
        "columnist/v1",
        "newsletter/v1",
        "other/v1",
        "columnist/v4",
        "newsletter/v4",
    ]
    assert measured(config_for(tmp_path, control=False, placebo="", **data))[2] == "columnist/v4"


def test_a_writer_who_is_trained_on_is_no_third_author_and_where_none_is_left_held_out_essays_serve(
    tmp_path: Path,
) -> None:
    folder = str(writers(tmp_path, "newsletter", "columnist"))
    both = config_for(tmp_path, placebos=folder, third_authors=folder, placebo="")
    assert measured(both)[:3] == ["columnist/v1", "newsletter/v1", "columnist/v4"]
    assert {name.partition("/")[2] for name in measured(both)} == {"v1", "v4", "m3", "n1"}
    other = config_for(tmp_path, placebos=folder, third_authors=folder)
    assert {name.partition("/")[0] for name in measured(other)} == {"other"}


def test_no_essay_of_the_author_and_none_that_a_training_sees_is_measured(tmp_path: Path) -> None:
    folder = writers(tmp_path, "columnist")
    config = config_for(tmp_path, third_authors=str(folder))
    write_essay(folder / "columnist", "v1", "Topic v1", essay("ownd"), split="validation")
    write_essay(folder / "columnist", "v4", "Topic v4", essay("otherm1"), split="validation")
    assert measured(config) == [f"columnist/{name}" for name in ("m1", "m2", "m3", "n1", "o1")]
