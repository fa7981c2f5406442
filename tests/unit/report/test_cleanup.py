"""Only weights that can be made again ever go."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ownvoice.files import shared
from ownvoice.records.run import PlaceboRun, SeedRun
from ownvoice.records.training import TrainingResult
from ownvoice.report.kept.runs import write_record
from ownvoice.report.upkeep.cleanup import KEPT_RUNS, SETTLED_SECONDS, find_prunable, prune, weights_lock
from tests.unit.records_for_tests import failed_record_for_tests, record_for_tests, training_for_tests

LONG_AGO = time.time() - 7 * 24 * 3600


def test_the_newest_runs_keep_their_weights_and_older_ones_can_go(tmp_path: Path) -> None:
    folders = [run_with_weights(tmp_path, number) for number in range(1, KEPT_RUNS + 3)]
    pruning = find_prunable(tmp_path, tmp_path / "models")
    assert {each.path for each in pruning.prunable} == set(folders[:2])
    assert "Run 1" in next(each.reason for each in pruning.prunable if each.path == folders[0])
    assert (pruning.bytes, pruning.kept_bytes) == (2 * 100, KEPT_RUNS * 100)


def test_weights_that_a_newer_run_used_again_are_kept(tmp_path: Path) -> None:
    shared = run_with_weights(tmp_path, 1)
    for number in range(2, KEPT_RUNS + 2):
        run_with_weights(tmp_path, number)
    run_with_weights(tmp_path, KEPT_RUNS + 2, folder=shared)
    assert shared not in {each.path for each in find_prunable(tmp_path, tmp_path / "models").prunable}


def test_a_runs_placebo_keeps_its_weights_as_long_as_the_run_does(tmp_path: Path) -> None:
    placebo = weights(tmp_path, "train-placebo", LONG_AGO)
    stamp = training_for_tests().weights.model_copy(update={"path": str(placebo / "model.safetensors")})
    training = training_for_tests().model_copy(update={"weights": stamp})
    write_record(tmp_path / "runs", record_for_tests(1, placebo=PlaceboRun(figures=(), training=training)))
    assert find_prunable(tmp_path, tmp_path / "models").prunable == ()
    for number in range(2, KEPT_RUNS + 2):
        run_with_weights(tmp_path, number)
    (going,) = find_prunable(tmp_path, tmp_path / "models").prunable
    assert (going.path, "Run 1" in going.reason) == (placebo, True)


def test_every_seed_of_the_author_and_of_each_placebo_keeps_its_weights_with_the_run(tmp_path: Path) -> None:
    def trained(name: str) -> TrainingResult:
        folder = weights(tmp_path, name, LONG_AGO)
        stamp = training_for_tests().weights.model_copy(update={"path": str(folder / "model.safetensors")})
        return training_for_tests().model_copy(update={"weights": stamp})

    first, second = (
        PlaceboRun(figures=(), training=trained(name), seeds=(SeedRun(seed=14, training=trained(f"{name}-14")),))
        for name in ("one", "two")
    )
    seeds = (SeedRun(seed=14, training=trained("own-14")), SeedRun(seed=15))
    record = record_for_tests(1, training=trained("own"), seeds=seeds, placebo=first, further_placebos=(second,))
    write_record(tmp_path / "runs", record)
    assert find_prunable(tmp_path, tmp_path / "models").prunable == ()
    for number in range(2, KEPT_RUNS + 2):
        run_with_weights(tmp_path, number)
    going = {each.path.name for each in find_prunable(tmp_path, tmp_path / "models").prunable}
    assert going == {"own", "own-14", "one", "one-14", "two", "two-14"}


def test_weights_of_no_completed_run_go_only_once_they_have_settled(tmp_path: Path) -> None:
    write_record(tmp_path / "runs", failed_record_for_tests(1))
    fresh, old = weights(tmp_path, "train-going-on"), weights(tmp_path, "train-of-a-failed-run", LONG_AGO)
    cut_off = weights(tmp_path, "train-x.partial")
    reasons = {each.path: each.reason for each in find_prunable(tmp_path, tmp_path / "models").prunable}
    assert reasons == {old: "of no completed run", cut_off: "left by a save that was cut off"}
    assert fresh.exists()


def test_what_a_run_uses_or_writes_stays_as_long_as_it_runs(tmp_path: Path) -> None:
    old, writing = weights(tmp_path, "train-old", LONG_AGO), weights(tmp_path, "train-new.partial")
    before = find_prunable(tmp_path, tmp_path / "models")
    assert {each.path for each in before.prunable} == {old, writing}
    with shared(weights_lock(tmp_path, "train-old")), shared(weights_lock(tmp_path, "train-new")):
        assert find_prunable(tmp_path, tmp_path / "models").prunable == ()
        prune(tmp_path, before)  # taken into use after the look
        assert old.exists()
        assert writing.exists()
    prune(tmp_path, before)
    assert not old.exists()
    assert not writing.exists()


def test_files_that_a_kill_left_unfinished_go_after_an_hour(tmp_path: Path) -> None:
    left, fresh = tmp_path / ".record.json.1-ab.unfinished", tmp_path / "runs" / ".entry.md.2-cd.unfinished"
    fetch = tmp_path / "models" / ".fetch-x"
    fresh.parent.mkdir()
    fetch.mkdir(parents=True)
    for file in (left, fresh, fetch / "model.gguf"):
        file.write_text("half")
    for path in (left, fetch / "model.gguf", fetch):
        os.utime(path, (LONG_AGO, LONG_AGO))
    pruning = find_prunable(tmp_path, tmp_path / "models")
    assert {each.path: each.reason for each in pruning.prunable} == {
        left: "left by a write that was cut off",
        fetch: "left by a fetch that was cut off",
    }
    prune(tmp_path, pruning)
    assert not left.exists()
    assert fresh.exists()


def test_looks_of_a_training_that_was_not_taken_up_again_go_after_a_day(tmp_path: Path) -> None:
    looks = tmp_path / "cache" / "looks" / "train-1" / "as-configured"
    looks.mkdir(parents=True)
    (looks / "3.json").write_text("{}")
    assert find_prunable(tmp_path, tmp_path / "models").prunable == ()
    later = time.time() + SETTLED_SECONDS + 60
    (found,) = find_prunable(tmp_path, tmp_path / "models", now=later).prunable
    assert (found.path, found.bytes) == (looks.parent, 2)


def test_a_link_out_of_the_cache_is_never_followed(tmp_path: Path) -> None:
    model = weights(tmp_path, "../../models/mine", LONG_AGO)
    weights(tmp_path, "train-old", LONG_AGO)
    (tmp_path / "cache" / "weights" / "linked").symlink_to(model)
    prune(tmp_path, find_prunable(tmp_path, tmp_path / "models"))
    assert (model / "model.safetensors").exists()
    assert [each.name for each in (tmp_path / "cache" / "weights").iterdir()] == ["linked"]


def test_pruning_removes_weights_and_nothing_else(tmp_path: Path) -> None:
    folders = [run_with_weights(tmp_path, number) for number in range(1, KEPT_RUNS + 2)]
    (tmp_path / "EXPERIMENT_LOG.md").write_text("mine")
    (tmp_path / "cache" / "results").mkdir()
    before = files_outside_weights(tmp_path)
    prune(tmp_path, find_prunable(tmp_path, tmp_path / "models"))
    assert [folder.exists() for folder in folders] == [False, *(True for _ in range(KEPT_RUNS))]
    assert files_outside_weights(tmp_path) == before


def test_an_empty_artifacts_folder_has_nothing_to_remove(tmp_path: Path) -> None:
    assert find_prunable(tmp_path / "none", tmp_path / "none").prunable == ()


def run_with_weights(artifacts: Path, number: int, folder: Path | None = None) -> Path:
    folder = folder or weights(artifacts, f"train-{number}", LONG_AGO)
    training = training_for_tests()
    stamp = training.weights.model_copy(update={"path": str(folder / "model.safetensors")})
    record = record_for_tests(number, training=training.model_copy(update={"weights": stamp}))
    write_record(artifacts / "runs", record)
    return folder


def weights(artifacts: Path, name: str, changed: float | None = None) -> Path:
    folder = artifacts / "cache" / "weights" / name
    folder.mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"w" * 100)
    if changed is not None:
        os.utime(folder / "model.safetensors", (changed, changed))
        os.utime(folder, (changed, changed))
    return folder


def files_outside_weights(artifacts: Path) -> set[str]:
    names = {str(file.relative_to(artifacts)) for file in artifacts.rglob("*") if file.is_file()}
    return {name for name in names if not name.startswith(("cache/weights", "locks/"))}
