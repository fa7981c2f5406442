"""The experiment's config: what it reads, and how it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownvoice.config import ExperimentConfig
from ownvoice.errors import ConfigError
from ownvoice.experiment_files import load_experiment, parse_experiment
from ownvoice.paths import ROOT
from ownvoice.phase_configs import ScaleUpConfig, as_typed, trains_here
from ownvoice.phases import NAMES
from ownvoice.series.members import members_of


def test_the_shipped_experiments_say_what_the_design_says() -> None:
    smoke = load_experiment(ROOT / "data/experiments/smoke-test.toml")
    assert (smoke.phase, smoke.data.tiers, smoke.data.train_pairs) == ("smoke-test", (4,), 3)
    assert (smoke.training.epochs, smoke.training.learning_rate) == (3, 5e-5)
    scale = load_experiment(ROOT / "data/experiments/scale-up.toml")
    assert isinstance(scale, ScaleUpConfig)
    assert (scale.phase, scale.data.tiers, scale.sizes) == ("scale-up", (1, 2, 3, 4), (3, 6, 13))
    assert scale.training.epochs == 5
    control = load_experiment(ROOT / "data/experiments/control.toml")
    assert [each.training.seeds for each in (smoke, scale, control)] == [1, 1, 3]
    assert control.training.model_copy(update={"seeds": 1}) == scale.training


@pytest.mark.parametrize("name", NAMES)
def test_the_shipped_experiments_begin_with_the_command_that_runs_them(name: str) -> None:
    first = (ROOT / f"data/experiments/{name}.toml").read_text("utf-8").split("\n")[0]
    assert first == f"#   ownvoice run {name}"


def test_settings_and_the_model_override_the_file() -> None:
    settings = ("training.epochs=7", "data.pairs=essays", "data.tiers=[1, 2]", "training.lora.rank=4")
    config = load_experiment(ROOT / "data/experiments/smoke-test.toml", settings, model="owner/name")
    assert (config.training.epochs, config.data.pairs, config.data.tiers) == (7, "essays", (1, 2))
    assert (config.training.lora.rank, config.model) == (4, "owner/name")


def test_a_folder_of_writers_beside_the_file_is_meant_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "writers").mkdir()
    file = tmp_path / "mine.toml"
    file.write_text('[data]\nplacebos = "writers"\nthird_authors = "writers"\n[training]\nseeds = 21\n')
    with pytest.raises(ConfigError, match=r"training\.seeds"):
        load_experiment(file)
    data = load_experiment(file, ("training.seeds=20",)).data
    assert data.placebos == data.third_authors == str(tmp_path / "writers")


def test_every_wrong_field_is_named_with_the_valid_names() -> None:
    values = {"phase": "smoke", "training": {"epoch": 3, "learning_rate": 2}, "colour": "red"}
    with pytest.raises(ConfigError) as caught:
        parse_experiment(values, "x.toml")
    lines = caught.value.found.split("\n")
    assert f"x.toml: phase: no such phase; the phases are {', '.join(NAMES)} (found 'smoke')" in lines
    assert "x.toml: training.learning_rate: Input should be less than or equal to 1 (found 2)" in lines
    assert any(line.startswith("x.toml: training.epoch: no such field; the fields here are method,") for line in lines)
    assert any(line.startswith("x.toml: colour: no such field; the fields here are phase, model,") for line in lines)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.epochs", "--set training.epochs"),
        ("model.name=x", "model is no group"),
        ("training.epochs=many", "training.epochs: Input should be a valid integer"),
    ],
)
def test_a_wrong_setting_is_told(setting: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_experiment(ROOT / "data/experiments/smoke-test.toml", (setting,))
    assert message in caught.value.found


def test_a_file_that_is_missing_or_no_toml_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_experiment(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("phase =\nmodel = 1\n", "utf-8")
    with pytest.raises(ConfigError, match="line 1"):
        load_experiment(tmp_path / "bad.toml")


def test_a_config_is_frozen_and_round_trips_through_json() -> None:
    config = ExperimentConfig()
    with pytest.raises(ValueError, match="frozen"):
        config.model = "other"  # type: ignore[misc]
    assert ExperimentConfig.model_validate_json(config.model_dump_json()) == config


def test_a_run_of_a_series_is_typed_as_the_series_of_it_alone() -> None:
    scale = load_experiment(ROOT / "data/experiments/scale-up.toml", ("training.epochs=7",))
    one = next(member.config for member in members_of(scale) if member.label.startswith("6 "))
    typed = as_typed(one)
    assert isinstance(typed, ScaleUpConfig)
    assert typed.sizes == (6,)
    assert [member.config for member in members_of(typed)] == [one]
    assert as_typed(scale) is scale


def test_a_field_of_a_series_is_named_among_its_phases_fields_alone() -> None:
    with pytest.raises(ConfigError, match="sizes: no such field"):
        parse_experiment({"phase": "smoke-test", "sizes": [3]}, "x.toml")
    with pytest.raises(ConfigError, match=r"the fields here are phase, .*sizes"):
        parse_experiment({"phase": "scale-up", "size": [3]}, "x.toml")


def test_where_the_runs_of_a_series_run_is_no_part_of_what_they_are() -> None:
    here = load_experiment(ROOT / "data/experiments/scale-up.toml")
    spread = load_experiment(ROOT / "data/experiments/scale-up.toml", ("spread.over=pool", "spread.at_once=4"))
    assert members_of(spread) == members_of(here)
    assert (trains_here(here), trains_here(spread), trains_here(ExperimentConfig())) == (True, False, True)
    with pytest.raises(ConfigError, match="spread: no such field"):
        parse_experiment({"phase": "smoke-test", "spread": {}}, "x.toml")


def test_what_a_series_would_overwrite_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"data: data\.order must be"):
        parse_experiment({"phase": "scale-up", "data": {"order": "tier"}}, "x.toml")
    assert parse_experiment({"phase": "scale-up", "data": {"tiers": [1]}}, "x.toml").data.order == "across tiers"
    with pytest.raises(ConfigError, match="revision: a revision is of one model"):
        parse_experiment({"phase": "compare", "revision": "abc"}, "x.toml")


def test_a_phase_with_a_config_of_its_own_takes_no_other_phase() -> None:
    for phase in ("scale-up", "overfit-diagnostic", "compare", "sweep"):
        config = parse_experiment({"phase": phase}, "x.toml")
        with pytest.raises(ValueError, match="phase"):
            type(config).model_validate(config.model_dump() | {"phase": "smoke-test"})


def test_a_diagnostic_of_ones_own_looks_unless_it_says_otherwise() -> None:
    training = parse_experiment({"phase": "overfit-diagnostic", "training": {"epochs": 2}}, "x.toml").training
    assert (training.epochs, training.look_every, training.keep) == (2, 2, "best")


def test_a_mistake_of_the_whole_does_not_print_all_of_it() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_experiment({"phase": "sweep", "grid": {"training.epoch": [3]}}, "x.toml")
    assert caught.value.found == "x.toml: grid.training.epoch: no such field (found 3)"


def with_engine(**values: object) -> ExperimentConfig:
    return ExperimentConfig.model_validate(values)


def test_the_default_engine_stands_in_no_record_and_another_does() -> None:
    assert "engine" not in ExperimentConfig().model_dump(mode="json")
    assert "engine" not in ExperimentConfig().model_dump_json()
    shared = with_engine(engine={"backend": "accelerate", "processes": 2})
    assert shared.model_dump(mode="json")["engine"] == {"backend": "accelerate", "processes": 2}
    assert ExperimentConfig.model_validate_json(shared.model_dump_json()) == shared


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (("engine.processes=2",), 'engine: processes counts only with backend = "accelerate"'),
        (("engine.backend=accelerate",), 'engine: processes must be 2 or more with backend = "accelerate"'),
        (("engine.backend=deepspeed",), "engine.backend: Input should be 'single' or 'accelerate'"),
        (
            ("engine.backend=accelerate", "engine.processes=2", "training.look_every=1"),
            "training.look_every: one process alone can't be asked",
        ),
    ],
)
def test_what_an_engine_cannot_do_is_refused_with_the_fields_name(settings: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_experiment(ROOT / "data/experiments/smoke-test.toml", settings)
    assert message in refused.value.found
