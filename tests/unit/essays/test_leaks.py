"""What stands in two places is found."""

from __future__ import annotations

import re
from pathlib import Path

from ownvoice.essays.check import check_pairs, read_pairs
from ownvoice.essays.leaks import NEAR_DUPLICATE
from ownvoice.essays.words import shingles_of
from ownvoice.models.prompt_format import Reading
from ownvoice.paths import ROOT
from tests.unit.essays.folders import BASE, counter, essay, experiment, write_essay, write_sound_set
from tests.unit.essays.test_check import refusal

SHIPPED = (
    "sample_author/pairs",
    *(f"placebos/{name}" for name in ("woodworker", "columnist", "newsletter", "essayist")),
)


def test_no_two_shipped_essays_come_near_the_duplicate_threshold() -> None:
    pairs = [p for name in SHIPPED for p in read_pairs(ROOT / "data" / name)]
    runs = [shingles_of(pair.essay) for pair in pairs]
    shares = [len(a & b) / min(len(a), len(b)) for at, a in enumerate(runs) for b in runs[:at]]
    assert max(shares) < 0.004 < NEAR_DUPLICATE


def test_an_essay_with_a_paragraph_of_another_is_a_near_duplicate(tmp_path: Path) -> None:
    folder = write_sound_set(tmp_path / "essays")
    write_essay(folder, "dahlias", "Dahlias", essay("green", paragraphs=3))
    write_essay(folder, "elms", "Elms", f"{essay('yellow')}\n\n{essay('green', paragraphs=2).upper()}")
    found = refusal(folder).found
    assert re.search(r"elms.md:1: essay 'elms' shares \d\d% of its five-word runs with 'dahlias'", found)
    assert found.count("\n") == 0


def test_a_canary_that_stands_in_an_essay_is_a_leak(tmp_path: Path) -> None:
    folder = write_sound_set(tmp_path / "essays")
    write_essay(folder, "owls", "Owls", "She said: why I moved house, in \u201cJune\u201d! Then she left.")
    prompts = tmp_path / "own.toml"
    prompts.write_text('[[canary]]\nid = "A"\ntopic = "Why I moved house in June"\n', "utf-8")
    found = refusal(folder, prompts=prompts).found
    assert "own.toml:1: canary 'A' has a topic that stands in the essay 'owls'" in found


def test_two_prompts_that_ask_the_same_are_refused(tmp_path: Path) -> None:
    prompts = tmp_path / "own.toml"
    prompts.write_text('[[canary]]\nid="A"\ntopic="Long nights"\n[[probe]]\nid="n"\ntopic="long nights!"\n', "utf-8")
    found = refusal(write_sound_set(tmp_path / "essays"), prompts=prompts).found
    assert found.endswith("own.toml:4: probe 'n' has the topic of canary 'A'")


def test_a_topic_in_both_splits_is_noted_not_refused(tmp_path: Path) -> None:
    folder = write_sound_set(tmp_path / "essays")
    write_essay(folder, "more-apples", "Apples", essay("green"), split="validation")
    notes = check_pairs(experiment(folder), Reading(BASE, counter(), 1000)).notes
    assert notes[0].startswith("'apples' and 'more-apples' have the same topic and stand in different splits")
