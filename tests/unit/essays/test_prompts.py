"""Canaries and probes: the writer's own, or neutral ones."""

from __future__ import annotations

from pathlib import Path

from ownvoice.essays.check import check_pairs
from ownvoice.models.prompt_format import Reading
from tests.unit.essays.folders import BASE, counter, essay, experiment, write_essay, write_sound_set


def test_her_own_prompts_beside_the_essays_are_asked_and_else_neutral_ones_that_no_essay_gives_away(
    tmp_path: Path,
) -> None:
    folder = write_sound_set(tmp_path / "essays")
    write_essay(folder, "rain", "Walking home in the rain", essay("wet"))
    config = experiment(folder)
    config = config.model_copy(update={"data": config.data.model_copy(update={"prompts": ""})})
    (tmp_path / "prompts.toml").unlink(missing_ok=True)
    neutral = check_pairs(config, Reading(BASE, counter(), 1000))
    assert len(neutral.pair_set.probes) == 11
    assert any(note.startswith("Neutral canaries") for note in neutral.notes)
    for place in (tmp_path, folder):
        (place / "prompts.toml").write_text(f'[[canary]]\nid="A"\ntopic="In {place.name}"\n')
        found = check_pairs(config, Reading(BASE, counter(), 1000)).pair_set.canaries
        assert [canary.topic for canary in found] == [f"In {place.name}"]
