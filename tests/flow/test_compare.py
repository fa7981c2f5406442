"""The comparison with the fake worker: a run a model, asked in every way, side by side."""

from __future__ import annotations

import shutil

import pytest

from ownvoice.errors import ModelUnavailable, RunsFailed
from ownvoice.phase_configs import CompareConfig
from ownvoice.series.models import ModelComparison
from tests.flow.studio import Studio


def comparison(studio: Studio, *further: str) -> CompareConfig:
    """Of the studio's model and a copy of it by another name, which is another model."""
    other = studio.folder / "other-model"
    if not other.exists():
        shutil.copytree(studio.model, other)
        (other / "config.json").write_text((other / "config.json").read_text().replace("512", "500"))
    values = studio.config(control=True).model_dump()
    models = (str(studio.model), str(other), *further)
    return CompareConfig.model_validate(values | {"phase": "compare", "models": models, "prompted": True})


def test_every_model_is_asked_in_every_way_and_the_canaries_stand_side_by_side(studio: Studio) -> None:
    written = studio.run_series(comparison(studio))
    calls = studio.calls()
    assert (calls.count("generate baseline"), calls.count("train"), calls.count("train placebo")) == (4, 2, 2)
    result = written.record.result
    assert isinstance(result, ModelComparison)
    assert [[way.way for way in model.ways] for model in result.models] == [
        ["untuned", "prompted", "tuned", "placebo"]
    ] * 2
    assert len(result.between) == 1
    assert [len(canary.answers) for canary in result.canaries] == [8, 8]
    assert "which of these explains a difference" in result.conclusion
    assert "### Canary A, side by side" in studio.logbook()
    again = studio.run_series(comparison(studio))
    assert (studio.calls(), again.log.added) == ([], False)


def test_a_model_that_cannot_be_had_leaves_the_others(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNVOICE_MODELS", str(studio.folder / "models"))  # nobody accepted Gemma's terms there
    with pytest.raises(RunsFailed, match="1 of 3 runs failed: gemma-3-270m"):
        studio.run_series(comparison(studio, "gemma-3-270m"))
    record = studio.series_record(1)
    assert [run.run for run in record.runs] == [1, 2, None]
    assert "terms" in record.runs[2].failure
    assert isinstance(record.result, ModelComparison)
    assert len(record.result.models) == 2


def test_a_name_that_is_no_model_is_refused_before_anything_runs(studio: Studio) -> None:
    with pytest.raises(ModelUnavailable, match="no-such-model"):
        studio.run_series(comparison(studio, str(studio.folder / "no-such-model")))
    assert studio.calls() == []
