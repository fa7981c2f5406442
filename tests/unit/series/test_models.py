"""What a comparison of models may say, and what it leaves open."""

from __future__ import annotations

import pytest

from ownvoice.errors import ConfigError
from ownvoice.experiment_files import load_experiment, parse_experiment
from ownvoice.paths import EXPERIMENTS
from ownvoice.phase_configs import CompareConfig, as_typed
from ownvoice.records.answers import ModelAnswers
from ownvoice.series.members import members_of
from ownvoice.series.models import Between, ModelComparison, conclude, measure_comparison
from ownvoice.series.next_steps import suggest_after
from ownvoice.voice.results import Interval
from tests.unit.records_for_tests import TUNED_PROSE, outputs_for_tests
from tests.unit.series.test_overfit import UNTUNED
from tests.unit.series.test_scale_up import inputs_of, record_of


def around(mean: float, half: float = 0.1) -> Interval:
    return Interval(mean=mean, low=mean - half, high=mean + half)


def between(tuned: Interval | None) -> Between:
    return Between(one="a", other="b", tuned=tuned, likelier=None)


@pytest.mark.parametrize(
    ("apart", "said"),
    [
        (around(0.8), "Fine-tuned, a comes nearer to you than b (+0.80 z, 95% interval +0.70 to +0.90)."),
        (around(-0.8), "Fine-tuned, b comes nearer to you than a (+0.80 z, 95% interval +0.70 to +0.90)."),
        (around(0.05), "a and b come equally near to you, within 0.5 z"),
        (around(0.3, 0.6), "These runs can't tell whether a or b comes nearer to you, fine-tuned"),
        (None, "was not measured"),
    ],
)
def test_two_models_are_told_apart_only_where_it_is_shown(apart: Interval | None, said: str) -> None:
    assert said in conclude((), [between(apart)])
    assert "which of these explains a difference these runs can't tell" in conclude((), [between(apart)])


def compared(prompted: bool = True) -> ModelComparison:
    records = []
    for number, nats in ((1, 950.0), (2, 900.0)):
        record = record_of(number, 3, nats)
        likelihoods = record.baseline.likelihoods
        shown = ModelAnswers(outputs=outputs_for_tests({"A": TUNED_PROSE}, TUNED_PROSE)) if prompted else ModelAnswers()
        untuned = ModelAnswers(outputs=outputs_for_tests({"A": UNTUNED}, UNTUNED), likelihoods=likelihoods)
        records.append(record.model_copy(update={"baseline": untuned, "prompted": shown}))
    return measure_comparison(inputs_of(*records).model_copy(update={"phase": "compare"}))


def test_real_records_are_compared_in_every_way_on_one_axis() -> None:
    result = compared()
    first, second = result.models
    assert [way.way for way in first.ways] == ["untuned", "prompted", "tuned"]
    assert all(way.level is not None for model in result.models for way in model.ways)
    assert first.gain == second.gain  # both wrote the very same
    assert result.between[0].tuned == Interval(mean=0, low=0, high=0)
    assert result.between[0].likelier is not None
    assert result.between[0].likelier.mean < 0  # the second's essays are likelier
    assert [answer.way for answer in result.canaries[0].answers] == ["untuned", "prompted", "tuned"] * 2
    assert "training and asking come as far as each other" in result.conclusion
    assert ModelComparison.model_validate_json(result.model_dump_json()) == result


def test_without_asking_so_the_next_step_is_to_ask() -> None:
    config = load_experiment(EXPERIMENTS / "compare.toml", ("prompted=false",))
    result = compared(prompted=False)
    renamed = [model.model_copy(update={"name": "smollm2-135m"}) for model in result.models]
    steps = "\n".join(suggest_after(result.model_copy(update={"models": tuple(renamed)}), config))
    assert "`ownvoice run compare`" in steps
    assert "`ownvoice run compare --set prompted=false --set training.seeds=3`" in steps


def test_a_model_that_learned_by_heart_is_trained_less_and_not_scaled_up() -> None:
    config = load_experiment(EXPERIMENTS / "compare.toml")
    result = compared()
    first, second = (
        model.model_copy(update={"name": name})
        for model, name in zip(result.models, ("smollm2-135m", "gemma-3-270m"), strict=True)
    )
    apart = (Between(one="smollm2-135m", other="gemma-3-270m", tuned=around(-0.9), likelier=None),)
    whole = result.model_copy(update={"models": (first, second), "between": apart})
    recites = whole.model_copy(update={"models": (first, second.model_copy(update={"memorised": "fail"}))})
    assert any("scale-up --model gemma-3-270m" in step for step in suggest_after(whole, config))
    steps = suggest_after(recites, config)
    assert not any("scale-up --model gemma-3-270m" in step for step in steps)
    assert any("gemma-3-270m learned by heart" in step and "training.epochs=" in step for step in steps)


def test_a_model_that_is_typed_is_one_more_and_a_run_is_typed_as_its_model_alone() -> None:
    config = load_experiment(EXPERIMENTS / "compare.toml", model="gpt2")
    assert isinstance(config, CompareConfig)
    assert config.models == ("smollm2-135m", "gemma-3-270m", "gpt2")
    assert config.with_model("gpt2") == config
    assert config.models_in_words == "smollm2-135m and gemma-3-270m and gpt2"
    one = members_of(config)[1].config
    typed = as_typed(one)
    assert isinstance(typed, CompareConfig)
    assert [member.config for member in members_of(typed)] == [one]


def test_no_model_twice() -> None:
    with pytest.raises(ConfigError, match="models: each must name a model"):
        parse_experiment({"phase": "compare", "models": ["gpt2", "gpt2"]}, "x.toml")
