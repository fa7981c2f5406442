"""Base or instruct with the fake worker: an arm a model and format, a run an arm, author and seed; models made here."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ownvoice.models import known
from ownvoice.models.known import GEMMA, KnownModel, Making
from ownvoice.phase_configs import BaseOrInstructConfig
from ownvoice.series.head_start import HeadStart
from tests.flow.studio import Studio


def study(studio: Studio, second: str | None = None, seeds: int = 1) -> BaseOrInstructConfig:
    """Two authors, two arms."""
    other = studio.folder / "other-model"
    if not other.exists():
        shutil.copytree(studio.model, other)
        (other / "config.json").write_text((other / "config.json").read_text().replace("512", "500"))
    values = studio.config().model_dump() | {"phase": "base-or-instruct", "authors": [str(studio.placebo)]}
    values["data"] |= {"placebo": ""}
    values["training"] |= {"seeds": seeds}
    values["arms"] = [{"name": "base", "model": str(studio.model)}, {"name": "other", "model": second or str(other)}]
    return BaseOrInstructConfig.model_validate(values)


def test_every_arm_is_trained_on_every_author_and_asked_once_untuned(studio: Studio) -> None:
    record = studio.run_series(study(studio, seeds=2)).record
    calls = studio.calls()
    assert (calls.count("generate baseline"), calls.count("train") + calls.count("train placebo")) == (2, 8)
    result = record.result
    assert isinstance(result, HeadStart)
    assert [run.label for run in record.runs][:3] == [
        "base, essays, seed 13",
        "other, essays, seed 13",
        "base, placebo, seed 13",
    ]
    assert (result.authors, result.seeds) == (("essays", "placebo"), (13, 14))
    assert {cell.runs for cell in result.cells if cell.author == "essays"} == {(1, 5), (2, 6)}
    assert "### Runs" in studio.logbook()
    again = studio.run_series(study(studio, seeds=2))
    assert (studio.calls(), again.log.added) == ([], False)


def test_runs_that_are_in_the_log_are_not_done_again_though_their_weights_are_gone(studio: Studio) -> None:
    studio.run_series(study(studio))
    shutil.rmtree(studio.artifacts / "cache")
    studio.calls()
    record = studio.run_series(study(studio, seeds=2)).record
    assert len([call for call in studio.calls() if call.startswith("train")]) == 4  # the second seed's
    assert [run.run for run in record.runs] == [1, 2, 3, 4, 5, 6, 7, 8]


@pytest.fixture
def made(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> KnownModel:
    """A model of the table that is made of the studio's."""
    own = {"packages": (), "gguf_sha256": "", "terms": None, "name": "made-here", "kind": "instruct"}
    making = Making(base=str(studio.model), texts="assistant", passes=1)
    model = GEMMA.model_copy(update={**own, "made": making})
    monkeypatch.setattr(known, "KNOWN_MODELS", (*known.KNOWN_MODELS, model))
    monkeypatch.setenv("OWNVOICE_MODELS", str(studio.folder / "models"))
    return model


def test_a_model_is_made_once_before_the_first_run_that_uses_it(studio: Studio, made: KnownModel) -> None:
    result = studio.run_series(study(studio, made.name)).record.result
    assert isinstance(result, HeadStart)
    assert result.arms[1].kind == "instruct"
    folder = Path(studio.folder / "models" / made.name)
    assert (folder / "chat_template.jinja").exists()
    calls = studio.calls()
    assert len([call for call in calls if call.startswith("train")]) == 5  # a making, four cells
    info = studio.record(2).model
    assert info is not None
    assert "made here of" in info.source
    assert "kept back" in info.source
    assert [step.name for step in studio.record(2).steps][:2] == ["Fetch the model", "Make made-here"]


def test_a_making_that_was_stopped_begins_anew_and_leaves_no_half_model(studio: Studio, made: KnownModel) -> None:
    studio.orders.write_text("train die once\n")
    studio.run_series(study(studio, made.name))
    first = studio.record(2)
    assert first.status == "completed"
    assert studio.calls().count("train") >= 2
