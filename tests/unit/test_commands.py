"""Commands in the log repeat the very run, with the change that they name."""

from __future__ import annotations

import shlex
from pathlib import Path

from ownvoice.analysis.next_steps import again, in_phase
from ownvoice.config import ExperimentConfig, load_experiment
from ownvoice.paths import ROOT

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
