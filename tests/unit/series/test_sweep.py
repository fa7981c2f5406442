"""A sweep's combinations, and which of its runs is the best."""

from __future__ import annotations

import shlex

import pytest

from ownvoice.analysis.next_steps import again
from ownvoice.errors import ConfigError
from ownvoice.experiment_files import apply_setting, load_experiment, parse_experiment
from ownvoice.paths import EXPERIMENTS
from ownvoice.phase_configs import SweepConfig, as_typed
from ownvoice.records.answers import ModelAnswers
from ownvoice.series.members import members_of
from ownvoice.series.next_steps import suggest_after
from ownvoice.series.sweep import Sweep, Tried, conclude, measure_sweep
from ownvoice.voice.results import Interval, Level
from tests.unit.records_for_tests import outputs_for_tests
from tests.unit.series.test_overfit import UNTUNED
from tests.unit.series.test_scale_up import inputs_of, record_of


def around(mean: float, half: float = 0.1) -> Interval:
    return Interval(mean=mean, low=mean - half, high=mean + half)


def tried(label: str, specificity: float | None, memorised: Level = "none", gain: float | None = 0.3) -> Tried:
    return Tried(
        label=label,
        run=1,
        specificity=None if specificity is None else around(specificity),
        gain=None if gain is None else around(gain),
        validation_after=3.0,
        memorised=memorised,
        direction="insufficient evidence",
    )


def sweep_of(grid: object, **values: object) -> SweepConfig:
    config = parse_experiment({"phase": "sweep", "grid": grid, **values}, "x.toml")
    assert isinstance(config, SweepConfig)
    return config


def test_every_combination_is_a_run_and_the_last_setting_changes_fastest() -> None:
    config = sweep_of({"training.learning_rate": [1e-5, 5e-5], "training": {"epochs": [3, 5]}})
    assert [member.label for member in members_of(config)] == [
        "learning_rate 1e-05, epochs 3",
        "learning_rate 1e-05, epochs 5",
        "learning_rate 5e-05, epochs 3",
        "learning_rate 5e-05, epochs 5",
    ]
    last = members_of(config)[-1].config
    assert (last.training.learning_rate, last.training.epochs, type(last).__name__) == (5e-5, 5, "ExperimentConfig")


def test_of_too_many_combinations_the_same_ones_are_drawn_each_time() -> None:
    grid = {"training.epochs": list(range(1, 21))}
    drawn = [member.label for member in members_of(sweep_of(grid, most_runs=5))]
    assert len(drawn) == 5
    assert drawn == [member.label for member in members_of(sweep_of(grid, most_runs=5))]
    assert set(drawn) < {member.label for member in members_of(sweep_of(grid, most_runs=6))}


def test_a_grid_can_be_typed_as_a_setting() -> None:
    values: dict[str, object] = {"phase": "sweep"}
    apply_setting(values, "grid.training.epochs=[3, 5]")
    config = parse_experiment(values, "x.toml")
    assert [member.label for member in members_of(config)] == ["epochs 3", "epochs 5"]


@pytest.mark.parametrize(
    ("grid", "problem"),
    [
        ({"training.epoch": [3]}, r"grid\.training\.epoch: no such field \(found 3\)"),
        ({"training.epoch": [3], "training.epochs": [0]}, r"training\.epoch: .*; grid\.training\.epochs: "),
        ({"training.epochs": [3, 3]}, r"training\.epochs: values to try, no two the same"),
        ({"phase": ["control"]}, "phase: the same in all runs of a sweep"),
        ({"data.pairs": ["a", "b"]}, r"data\.pairs: the same in all runs of a sweep"),
        ({"training.epochs": {"x": [1]}}, r"grid\.training\.epochs\.x"),
        ({"training.epochs": [0]}, r"grid\.training\.epochs: .*greater than or equal to 1"),
        ({"training.epochs": []}, r"training\.epochs: values to try, no two the same \(found \[\]\)"),
        ({"training.epochs": 3}, "grid"),
    ],
)
def test_a_wrong_grid_is_refused_with_its_field(grid: object, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        sweep_of(grid)


@pytest.mark.parametrize(
    "grid", [{"training.epochs": (3, 5)}, {"training.batch_size": (1, 2), "decoding.seed": (1, 2)}, {}]
)
def test_a_sweep_is_repeated_with_its_own_grid(grid: dict[str, tuple[int, ...]]) -> None:
    config = load_experiment(EXPERIMENTS / "sweep.toml").model_copy(update={"grid": grid})
    _, _, phase, *options = shlex.split(again(config, training__epochs=7))
    settings = tuple(options[1::2])
    assert members_of(load_experiment(EXPERIMENTS / f"{phase}.toml", settings)) == members_of(
        config.model_copy(update={"training": config.training.model_copy(update={"epochs": 7})})
    )


def test_settings_whose_names_end_alike_are_told_apart() -> None:
    labels = [member.label for member in members_of(sweep_of({"training.seed": [1], "decoding.seed": [1, 2]}))]
    assert labels == ["training.seed 1, decoding.seed 1", "training.seed 1, decoding.seed 2"]


def test_a_run_of_a_sweep_is_typed_as_a_sweep_over_nothing() -> None:
    config = load_experiment(EXPERIMENTS / "sweep.toml")
    one = members_of(config)[0].config
    typed = as_typed(one)
    assert isinstance(typed, SweepConfig)
    assert typed.grid == {}
    assert [member.config for member in members_of(typed)] == [one]


def test_what_memorised_can_not_be_the_best_whatever_it_gained() -> None:
    sweep = Sweep(
        words=1, tried=(tried("b", 0.4), tried("a", 2.0, "fail")), with_placebo=True, lead=None, conclusion=""
    )
    assert sweep.first is not None
    assert sweep.first.label == "b"
    assert tried("c", None, gain=None).objective is None
    assert tried("d", None).objective == around(0.3)


def test_the_best_is_called_best_only_where_it_is_shown() -> None:
    able = [tried("a", 0.9), tried("b", 0.4)]
    assert "Best of 2 runs: a gained most over the same model trained on another writer" in conclude(
        able, 2, around(0.5), True
    )
    assert "can't tell it from the next, b (lead +0.05 z" in conclude(able, 2, around(0.05), True)
    assert "which form alone may bring" in conclude(able, 2, None, False)
    assert conclude([], 2, None, True).startswith("None of the 2 runs can be the best")
    nothing = conclude([tried("a", 0.05), tried("b", -0.3)], 2, around(0.35), True)
    assert nothing.startswith(
        "None of the 2 runs is shown to gain anything over the same model trained on another writer"
    )


def test_real_records_are_ranked_on_one_axis_and_the_next_step_repeats_the_best() -> None:
    inputs = inputs_of(record_of(1, 1, 950.0), record_of(2, 3, 900.0)).model_copy(update={"phase": "sweep"})
    result = measure_sweep(inputs)
    assert [each.run for each in result.tried] == [1, 2]
    assert (result.with_placebo, result.words > 0) == (False, True)
    assert Sweep.model_validate_json(result.model_dump_json()) == result
    config = load_experiment(EXPERIMENTS / "sweep.toml")
    label = members_of(config)[1].label
    ranked = result.model_copy(update={"tried": (tried(label, 0.9),), "with_placebo": True})
    command = suggest_after(ranked, config)[0]
    assert "train “learning_rate 2e-05, epochs 5” once more" in command
    for part in ("--set training.learning_rate=2e-05", "--set training.seed=14", "--set 'grid={}'"):
        assert part in command


def test_a_run_that_was_asked_otherwise_is_held_against_its_own_untuned_model() -> None:
    first, second = record_of(1, 3, 950.0), record_of(2, 3, 900.0)
    other = ModelAnswers(outputs=outputs_for_tests({}, UNTUNED))
    for baseline, gains in ((first.baseline, 0), (other, 1)):
        result = measure_sweep(inputs_of(first, second.model_copy(update={"baseline": baseline})))
        measured = {each.run: each.gain for each in result.tried}
        assert (
            sum(gain is not None for gain in measured.values()) == gains
        )  # the first's answers are too short to score
