"""Several seeds and several placebos in one run, with the fake worker: rows of the plan, paid once, told apart."""

from __future__ import annotations

import shutil

import pytest

from flows.planned import plan_here
from ownvoice.config import ExperimentConfig
from ownvoice.errors import OutOfMemory
from ownvoice.essays.check import read_pairs
from ownvoice.ladder import LADDER
from ownvoice.report.upkeep.cleanup import find_prunable
from ownvoice.run.plan import RunPlan, Training
from ownvoice.run.rejudge import material_of_run
from tests.flow.studio import Studio

ASKED = ["generate tuned", "likelihood tuned", "prefixes tuned"]
OF_PLACEBO = ["train placebo", "generate placebo", "likelihood placebo"]


def with_writers(studio: Studio, *names: str, seeds: int = 1) -> ExperimentConfig:
    """Each writes the studio's placebo essays with other words in them."""
    folder = studio.folder / "writers"
    for number, name in enumerate(names):
        shutil.copytree(studio.placebo, folder / name, dirs_exist_ok=True)
        for file in (folder / name).iterdir():
            front, body = file.read_text().rsplit("---\n", 1)
            text = " ".join(f"{word}{number}" for word in body.split())
            file.write_text(f"{front}---\nPlacebo {text}\n")
    config = studio.config(control=True, seeds=seeds)
    return config.model_copy(update={"data": config.data.model_copy(update={"placebos": str(folder)})})


def plan_of(config: ExperimentConfig) -> RunPlan:
    plan = plan_here(config)
    assert plan is not None
    return plan


def trainings(plan: RunPlan) -> dict[str, Training]:
    return {training.id: training for training in plan.trainings}


def test_a_further_seed_is_rows_of_its_own_and_the_first_ones_have_the_keys_of_a_run_with_one(studio: Studio) -> None:
    one, two = (plan_of(studio.config(seeds=seeds)) for seeds in (1, 2))
    added = [step for step in two.steps if step.id not in {each.id for each in one.steps}]
    assert [(step.id, step.name) for step in added] == [
        ("tuned, seed 14/train", "Fine-tune, seed 14"),
        ("tuned, seed 14/generate", "Tuned answers to the canaries, seed 14"),
        ("tuned, seed 14/likelihood", "Tuned likelihood, seed 14"),
        ("tuned, seed 14/prefixes", "Tuned prefix probe, seed 14"),
    ]
    keys, others = ({step.id: step.key for step in plan.steps} for plan in (one, two))
    assert {name: others[name] for name in keys} == keys
    assert trainings(plan_of(studio.config(seed=14)))["tuned/train"].key == others["tuned, seed 14/train"]


def test_every_writer_is_trained_on_with_every_seed_and_compared_with_the_first(studio: Studio) -> None:
    plan = plan_of(with_writers(studio, "columnist", "newsletter", seeds=2))
    assert {name: training.like for name, training in trainings(plan).items()} == {
        "tuned/train": "",
        "tuned, seed 14/train": "tuned/train",
        "placebo columnist/train": "tuned/train",
        "placebo columnist, seed 14/train": "placebo columnist/train",
        "placebo newsletter/train": "tuned/train",
        "placebo newsletter, seed 14/train": "placebo newsletter/train",
    }
    assert len({training.key for training in plan.trainings}) == 6
    names = [step.name for step in plan.steps if step.model == "placebo columnist, seed 14"]
    assert names == [
        "Placebo columnist: fine-tune, seed 14",
        "Placebo columnist: answers to the canaries, seed 14",
        "Placebo columnist: likelihood, seed 14",
    ]


def test_a_run_with_more_seeds_trains_those_alone_and_its_record_holds_all(studio: Studio) -> None:
    studio.run()
    studio.calls()
    record = studio.run(seeds=3).record
    assert studio.calls() == ["train", *ASKED, "train", *ASKED]
    assert [run.seed for run in record.seeds] == [14, 15]
    assert len(record.trainings) == len({training.weights.path for training in record.trainings}) == 3
    assert all(run.answers.outputs and run.answers.likelihoods and run.answers.prefixes for run in record.seeds)
    assert "| Seed 15 |" in studio.logbook()
    assert not studio.run(seeds=3).log.added
    assert studio.calls() == []


def test_several_placebos_stand_in_the_record_by_their_writers_and_are_judged_again(studio: Studio) -> None:
    record = studio.run_with(with_writers(studio, "columnist", "newsletter", seeds=2)).record
    assert studio.calls()[-12:] == OF_PLACEBO * 4
    assert [placebo.writer for placebo in record.placebos] == ["columnist", "newsletter"]
    assert [[run.seed for run in placebo.seeds] for placebo in record.placebos] == [[14], [14]]
    material = material_of_run(record, read_pairs(studio.essays))
    assert len(material.tuned) == 2
    assert [(placebo.writer, len(placebo.essays), len(placebo.models)) for placebo in material.placebos] == [
        ("columnist", 3, 2),
        ("newsletter", 3, 2),
    ]
    (studio.folder / "writers" / "columnist" / "0.md").unlink()
    gone, there = material_of_run(record, read_pairs(studio.essays)).placebos
    assert (gone.essays, len(there.essays)) == ((), 3)


def test_another_author_of_the_same_size_takes_all_placebos_from_the_cache(studio: Studio) -> None:
    config = with_writers(studio, "columnist", "newsletter")
    studio.run_with(config)
    studio.becomes_another_author()
    studio.calls()
    studio.run_with(config)
    assert [call for call in studio.calls() if call.startswith(("train", "generate"))] == ["train", "generate tuned"]


def test_a_further_seed_begins_at_the_memory_setting_that_the_first_ended_at(studio: Studio) -> None:
    studio.orders.write_text("train out-of-memory once\n")
    record = studio.run(control=True, seeds=2).record
    assert {training.rung for training in record.trainings} == {LADDER[1].name}
    (further,) = record.seeds
    assert [attempt.ended for attempt in further.attempts] == ["completed"]


def test_a_further_seed_that_fails_leaves_what_was_reached_and_its_attempts(studio: Studio) -> None:
    studio.run()
    studio.orders.write_text("train out-of-memory")
    with pytest.raises(OutOfMemory):
        studio.run(seeds=3)
    record = studio.record(2)
    assert record.failure is not None
    assert record.failure.step == "Fine-tune, seed 14"
    (further,) = record.seeds
    assert (further.seed, further.training) == (14, None)
    assert len(further.attempts) > 3
    assert list(record.answers_by_seed()) == [13]


def test_all_weights_of_a_run_are_kept_as_long_as_it_is_one_of_the_newest(studio: Studio) -> None:
    plan = plan_of(studio.config(control=True, seeds=2))
    studio.run(control=True, seeds=2)
    folders = {folder.name for folder in (studio.artifacts / "cache" / "weights").iterdir()}
    assert folders == {training.key for training in plan.trainings}
    pruning = find_prunable(studio.artifacts, studio.folder / "models", now=2e10)
    assert not [each for each in pruning.prunable if each.path.name in folders]
