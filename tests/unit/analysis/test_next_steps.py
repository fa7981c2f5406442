"""Commands in the log repeat the very run, with the change that they name."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from ownvoice.analysis.next_steps import COUNTERPART, FEWEST, again, in_phase, suggest
from ownvoice.config import ExperimentConfig, TrainingConfig
from ownvoice.experiment_files import load_experiment
from ownvoice.models.known import KNOWN_MODELS, KnownModel, find_known
from ownvoice.paths import ROOT
from ownvoice.phase_configs import CompareConfig
from ownvoice.records.model import Kind
from ownvoice.voice.verdict import Direction, Verdict
from tests.unit.analysis.test_answers import SMOKE_TEST, analysis_of
from tests.unit.records_for_tests import pair_set_for_tests, training_for_tests, tuned_for_tests

SETTINGS = ("data.pairs=my essays", "training.epochs=7", "decoding.seed=3", "data.tiers=[1, 2]", "control=true")


def experiment(phase: str = "smoke-test", *settings: str, model: str | None = None) -> ExperimentConfig:
    return load_experiment(ROOT / "data" / "experiments" / f"{phase}.toml", settings, model)


def typed(command: str) -> ExperimentConfig:
    """The experiment that the command line makes of a command."""
    name, run, phase, *options = shlex.split(command)
    assert (name, run) == ("ownvoice", "run")
    settings = [value for flag, value in zip(options[::2], options[1::2], strict=True) if flag == "--set"]
    models = [value for flag, value in zip(options[::2], options[1::2], strict=True) if flag == "--model"]
    return experiment(phase, *settings, model=models[0] if models else None)


def test_the_command_again_is_the_same_run_but_for_the_change() -> None:
    config = experiment("smoke-test", *SETTINGS, model="a b/model")
    wanted = config.model_copy(update={"training": config.training.model_copy(update={"learning_rate": 3e-6})})
    assert typed(again(config, training__learning_rate=3e-6)) == wanted


def test_an_experiment_as_its_file_has_it_needs_the_change_alone() -> None:
    assert again(experiment(), training__epochs=30) == "ownvoice run smoke-test --set training.epochs=30"


def test_another_phase_takes_the_essays_along_and_nothing_of_the_phase() -> None:
    config = experiment("smoke-test", *SETTINGS, "training.method=lora", model="gpt2")
    assert typed(in_phase(config, "control")) == experiment(
        "control", "data.pairs=my essays", "training.method=lora", model="gpt2"
    )


def test_another_model_trains_in_its_own_way() -> None:
    config = experiment("smoke-test", "training.method=lora", model="gpt2")
    assert in_phase(config, "smoke-test", "smollm2-135m") == "ownvoice run smoke-test"


def test_the_log_of_an_experiment_file_of_ones_own_is_repeated_by_settings(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('phase = "scale-up"\n[training]\nepochs = 2\nlearning_rate = 1e-4\n')
    config = load_experiment(file)
    assert typed(again(config, training__epochs=4)).training.learning_rate == 1e-4


def test_next_steps_follow_from_what_was_found_and_carry_the_command() -> None:
    steps = "\n".join(analysis_of(config=SMOKE_TEST).next_steps)
    for command in (
        "`ownvoice run scale-up`",
        "`ownvoice run smoke-test --model gemma-3-270m`",
        "`ownvoice run smoke-test --set decoding.max_new_tokens=400`",
        "`ownvoice run overfit-diagnostic`",
    ):
        assert command in steps


def test_a_run_that_overfits_is_told_where_to_stop_and_not_to_train_on() -> None:
    losses = ((None, 3.4), (3.2, 3.1), (0.3, 3.6))
    config = SMOKE_TEST.model_copy(update={"model": "a b/model", "training": TrainingConfig(epochs=2)})
    steps = "\n".join(analysis_of(training=training_for_tests(losses), config=config).next_steps)
    assert "after epoch 1: `ownvoice run smoke-test --model 'a b/model' --set training.epochs=1`" in steps
    assert "diagnostic" not in steps


def test_a_run_that_learned_nothing_is_told_to_learn_first() -> None:
    losses = training_for_tests(((None, 3.4), (3.2, 3.4), (3.2, 3.4)))
    steps = analysis_of(training=losses, config=SMOKE_TEST).next_steps
    assert "`ownvoice run smoke-test --set training.learning_rate=0.0005`" in steps[0]
    assert "`ownvoice run smoke-test --set training.epochs=6`" in steps[1]


@pytest.mark.parametrize("direction", get_args(Direction))
def test_there_are_three_steps_at_least_each_with_a_command_and_none_twice(direction: Direction) -> None:
    losses = training_for_tests(((None, 3.4), (3.2, 3.1), (0.3, 3.6)))
    config = CompareConfig(models=("smollm2-135m",), control=True)
    for training in (losses, training_for_tests(((None, 3.4), (3.2, 3.4), (3.2, 3.4))), training_for_tests()):
        for each in (SMOKE_TEST, config):
            verdict = Verdict(direction=direction, reason="So it is.")
            steps = suggest(pair_set_for_tests(), tuned_for_tests(), training, each, "instruct", verdict)
            commands = [re.findall("`(ownvoice run [^`]+)`", step) for step in steps]
            assert len(steps) >= FEWEST
            assert all(len(found) == 1 for found in commands)
            assert len({found[0] for found in commands}) == len(commands)


@pytest.mark.parametrize(("kind", "other"), [("base", "smollm2-135m"), ("instruct", "gemma-3-270m")])
def test_a_model_is_compared_with_one_of_the_other_kind_whatever_its_name(kind: Kind, other: str) -> None:
    """A folder's name says nothing: a base model from the hub was taken for an instruct model."""
    config = ExperimentConfig(model="/models/some-base")
    (step,) = [step for step in analysis_of(kind=kind, config=config).next_steps if "for comparison" in step]
    assert f"The same essays on {other}" in step


@pytest.mark.parametrize("known", KNOWN_MODELS, ids=lambda known: known.name)
def test_no_known_model_is_compared_with_itself_or_with_one_that_needs_the_hub(known: KnownModel) -> None:
    other = find_known(COUNTERPART[known.kind])
    assert other is not None
    assert (other.kind != known.kind, bool(other.packages)) == (True, True)
