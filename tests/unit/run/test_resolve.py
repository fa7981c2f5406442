"""A config becomes a plan."""

from __future__ import annotations

from ownvoice.config import ExperimentConfig
from ownvoice.run.resolve import method_of


def test_the_method_is_the_configs_then_the_models_own() -> None:
    assert method_of(ExperimentConfig(model="llama-3.2-1b-instruct")) == "lora"
    assert method_of(ExperimentConfig(model="gpt2-xl")) == "full"
    config = ExperimentConfig.model_validate({"model": "gpt2-xl", "training": {"method": "lora"}})
    assert method_of(config) == "lora"
