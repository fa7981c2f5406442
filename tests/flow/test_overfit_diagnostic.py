"""The overfitting diagnostic with the fake worker: one training, its looks, and none of them twice."""

from __future__ import annotations

from pathlib import Path

from ownvoice.phase_configs import OverfitConfig
from ownvoice.report.kept.series import WrittenSeries
from ownvoice.series.overfit import OverfitDiagnostic
from tests.flow.studio import Studio
from tests.flow.test_scale_up import until


def diagnostic(studio: Studio) -> OverfitConfig:
    config = studio.config(epochs=6, look_every=2, keep="best")
    return OverfitConfig.model_validate(config.model_dump() | {"phase": "overfit-diagnostic"})


def diagnose(studio: Studio) -> WrittenSeries:
    from flows.overfit_diagnostic import run_overfit_diagnostic

    return run_overfit_diagnostic(diagnostic(studio))


def test_one_training_is_looked_at_and_logged_as_a_run_and_a_series(studio: Studio) -> None:
    written = diagnose(studio)
    calls = studio.calls()
    assert calls.count("train") == 1
    assert [call for call in calls if call.startswith("look")] == ["look 2", "look 4", "look 6"]
    result = written.record.result
    assert isinstance(result, OverfitDiagnostic)
    assert [look.epoch for look in result.looks] == [2, 4, 6]
    training = studio.record(1).training
    assert training is not None
    assert (training.kept_epoch, result.kept_epoch) == (6, 6)
    assert {o.prompt_id for look in training.looks for o in look.answers.outputs.outputs} == {"p1", "p2"}  # type: ignore[union-attr]
    assert "## Series 1: overfit-diagnostic" in studio.logbook()
    assert not (studio.artifacts / "cache" / "looks").exists() or not any((studio.artifacts / "cache/looks").iterdir())
    again = diagnose(studio)
    assert (studio.calls(), again.log.added) == ([], False)


def test_a_look_that_was_taken_before_a_kill_is_not_taken_again(studio: Studio) -> None:
    studio.orders.write_text("look die once")
    diagnose(studio)  # the next memory setting takes it up
    assert [call for call in studio.calls() if call.startswith("look")] == ["look 2", "look 2", "look 4", "look 6"]


def test_a_killed_diagnostic_goes_on_with_the_looks_that_it_has(studio: Studio) -> None:
    studio.orders.write_text("look sleep")
    path = Path(studio.experiment_file())
    top = 'phase = "overfit-diagnostic"\n'
    path.write_text(f'{top}{path.read_text()}[training]\nepochs = 6\nlook_every = 2\nkeep = "best"\n')
    first = studio.command("run", str(path))
    until(lambda: any((studio.artifacts / "cache").glob("looks/*/*/2.json")))
    first.kill()
    first.wait()
    studio.orders.unlink()
    studio.calls()
    second = studio.command("run", str(path))
    out, errors = second.communicate(timeout=120)
    assert second.returncode == 0, errors
    assert "Series 1 is in" in out
    assert [call for call in studio.calls() if call.startswith(("look", "train"))] == ["train", "look 4", "look 6"]
