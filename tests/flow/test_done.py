"""What is done already is told without Prefect; whatever the flow would do, train or put right goes the whole way."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client

from flows.done import find_done
from ownvoice.config import ExperimentConfig
from ownvoice.paths import ROOT, SHIPPED_BACKGROUND, lock_of_work
from ownvoice.phase_configs import ScaleUpConfig
from ownvoice.report.kept.runs import RUNS
from ownvoice.report.upkeep.removal import remove
from tests.flow.studio import Studio

Change = Callable[[Studio], object]
STEPS = ("fetch", "check", "check-others", "generate", "likelihood", "prefixes", "train", "compare")
HEAVY = ("prefect", "torch", "transformers", "datasets", "pyarrow", "scipy", "spacy", "sklearn", "pandas", "matplotlib")


def experiment(studio: Studio) -> ExperimentConfig:
    """All that a run can read is there: a placebo, other writers, figures of a background, prompts."""
    config = studio.config(control=True)
    data = {"third_authors": str(studio.folder / "others"), "background": str(studio.folder / "background.npz")}
    return config.model_copy(
        update={"data": config.data.model_copy(update=data), "model": str(studio.folder / "model")}
    )


def series(studio: Studio, *sizes: int) -> ScaleUpConfig:
    return studio.scale_up_config(*(sizes or (1, 2))).model_copy(update={"model": str(studio.folder / "model")})


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path, prefect_server: str) -> Iterator[Studio]:
    """A run with its placebo, and a series of two runs, done once."""
    with pytest.MonkeyPatch.context() as patch:
        studio = Studio(tmp_path_factory.mktemp("done"), tiny_model, prefect_server)
        for name, value in studio.environment.items():
            patch.setenv(name, value)
        shutil.copytree(tiny_model, studio.folder / "model")
        shutil.copytree(studio.placebo, studio.folder / "others" / "other")
        shutil.copy(SHIPPED_BACKGROUND, studio.folder / "background.npz")
        studio.run_with(experiment(studio))
        studio.run_series(series(studio))
        shutil.copytree(studio.folder, studio.folder.with_name("as-it-was"))
        yield studio


@pytest.fixture
def studio(done: Studio, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """As it was once all was done; files have their times, so that what isn't touched counts as untouched."""
    for name, value in done.environment.items():
        monkeypatch.setenv(name, value)
    shutil.rmtree(done.folder)
    shutil.copytree(done.folder.with_name("as-it-was"), done.folder)
    return done


def results(studio: Studio) -> list[Path]:
    return [file for file in (studio.artifacts / "cache" / "results").iterdir() if file.is_file()]


def edited(name: str) -> Change:
    """A byte more in a file that the run read."""

    def change(studio: Studio) -> None:
        (file,) = studio.folder.glob(name)
        file.write_bytes(file.read_bytes() + b"\n")

    return change


def gone(name: str) -> Change:
    def change(studio: Studio) -> None:
        found = [*studio.folder.glob(name)]
        assert found
        for file in found:
            shutil.rmtree(file) if file.is_dir() else file.unlink()

    return change


def without_result(step: str) -> Change:
    def change(studio: Studio) -> None:
        found = [file for file in results(studio) if file.name.rpartition("-")[0] == step]
        assert found
        for file in found:
            file.unlink()

    return change


def with_half_a_result(studio: Studio) -> None:
    for file in results(studio):
        if file.name.startswith("train-"):
            file.write_bytes(file.read_bytes()[:-20])


def with_results_of_another_kind(studio: Studio) -> None:
    """As a pickle that Prefect itself would have stored."""
    for file in results(studio):
        record = json.loads(file.read_bytes())
        record["metadata"]["serializer"]["type"] = "pickle"
        file.write_text(json.dumps(record))


def with_an_expired_result(studio: Studio) -> None:
    for file in results(studio):
        record = json.loads(file.read_bytes())
        record["metadata"]["expiration"] = "2020-01-01T00:00:00Z"
        file.write_text(json.dumps(record))


def with_other_weights(studio: Studio) -> None:
    """Of the same size, as a training that was restored wrongly."""
    for weights in studio.artifacts.glob("cache/weights/*/model.safetensors"):
        weights.write_bytes(bytes(reversed(weights.read_bytes())))


def without_the_entry(studio: Studio) -> None:
    book = studio.artifacts / "EXPERIMENT_LOG.md"
    text = book.read_text()
    for of in ("run", "series"):
        start, end = f"<!-- ownvoice:{of} 1 key=", f"<!-- ownvoice:{of} 1 end -->"
        text = text[: text.index(start)] + text[text.index(end) + len(end) :]
    book.write_text(text)


def as_a_failed_one(studio: Studio) -> None:
    for record in studio.artifacts.glob("*/1-*/record.json"):
        record.write_text(record.read_text().replace('"status": "completed"', '"status": "failed"'))


def with_a_chat_template(studio: Studio) -> None:
    (studio.folder / "model" / "chat_template.jinja").write_text("{{ messages }}")


def removed_by_command(studio: Studio) -> None:
    remove(RUNS, studio.artifacts, 1, "2026-01-01")


def killed_before_its_entry(studio: Studio) -> None:
    (entry,) = studio.artifacts.glob("runs/2-*/entry.md")
    entry.unlink()


def killed_while_rewritten(studio: Studio) -> None:
    (entry,) = studio.artifacts.glob("series/1-*/entry.md")
    shutil.copy(entry, entry.with_name(".entry-before.md"))


def killed_while_written(studio: Studio) -> None:
    (studio.artifacts / "runs" / ".unfinished-0a1b2c3d").mkdir()


TO_DO: dict[str, Change] = {
    "its entry was taken out of the log": without_the_entry,
    "the log is gone": gone("artifacts/EXPERIMENT_LOG.md"),
    "its record is missing": gone("artifacts/runs/1-*/record.json"),
    "its folder is gone": gone("artifacts/runs/1-*"),
    "it was removed": removed_by_command,
    "it had failed": as_a_failed_one,
    "an essay was edited": edited("essays/0.md"),
    "an essay is gone": gone("essays/4.md"),
    "the prompts were edited": edited("prompts.toml"),
    "the placebo's essays were edited": edited("placebo/1.md"),
    "another writer's essays were edited": edited("others/other/1.md"),
    "the background has other figures": edited("background.npz"),
    "the model has other weights": edited("model/model.safetensors"),
    "the model has another tokenizer": edited("model/tokenizer.json"),
    "the model's tokenizer is set otherwise": edited("model/tokenizer_config.json"),
    "the model has a chat template now": with_a_chat_template,
    "a weights' folder is gone": gone("artifacts/cache/weights/*"),
    "weights are others": with_other_weights,
    "the worker's essays are gone": gone("artifacts/cache/essays/*"),
    **{f"the cache has no {step}": without_result(step) for step in STEPS},
    "the cache has half a training": with_half_a_result,
    "the cache has pickles": with_results_of_another_kind,
    "the cache has what expired": with_an_expired_result,
    "a run was killed before its entry": killed_before_its_entry,
    "a series was killed while it was rewritten": killed_while_rewritten,
    "a run was killed while it was written": killed_while_written,
}


def test_what_is_done_is_found_with_its_place_in_the_log(studio: Studio) -> None:
    found = find_done(experiment(studio))
    assert found is not None
    assert (found.written.record.number, found.written.log.added) == (1, False)
    assert studio.logbook().splitlines()[found.written.log.line - 1].startswith("## Run 1: ")
    assert [step.name for step in found.steps] == [step.name for step in studio.record(1).steps]
    of_series = find_done(series(studio))
    assert of_series is not None
    assert studio.logbook().splitlines()[of_series.written.log.line - 1].startswith("## Series 1: ")


@pytest.mark.parametrize("what", TO_DO)
def test_a_run_of_which_anything_is_to_do_is_not_done(studio: Studio, what: str) -> None:
    TO_DO[what](studio)
    assert find_done(experiment(studio)) is None


@pytest.mark.parametrize(
    "changes",
    [{"training": {"epochs": 4}}, {"control": False}, {"decoding": {"max_new_tokens": 100}}, {"prompted": True}],
)
def test_another_config_is_another_run(studio: Studio, changes: dict[str, object]) -> None:
    values = experiment(studio).model_dump()
    for name, value in changes.items():
        values[name] = {**values[name], **value} if isinstance(value, dict) else value
    assert find_done(ExperimentConfig.model_validate(values)) is None


def test_the_same_essays_elsewhere_are_checked_there_first(studio: Studio) -> None:
    shutil.copytree(studio.essays, studio.folder / "moved")
    config = experiment(studio)
    data = config.data.model_copy(update={"pairs": str(studio.folder / "moved")})
    assert find_done(config.model_copy(update={"data": data})) is None


SERIES_TO_DO: dict[str, Change] = {
    "its entry was taken out of the log": without_the_entry,
    "the log is gone": gone("artifacts/EXPERIMENT_LOG.md"),
    "its record is missing": gone("artifacts/series/1-*/record.json"),
    "its folder is gone": gone("artifacts/series/1-*"),
    "it had failed": as_a_failed_one,
    "one of its runs is gone": gone("artifacts/runs/3-*"),
    "an essay was edited": edited("essays/0.md"),
    "the prompts were edited": edited("prompts.toml"),
    "another writer's essays were edited": edited("others/other/1.md"),
    "the model has other weights": edited("model/model.safetensors"),
}


@pytest.mark.parametrize("what", SERIES_TO_DO)
def test_a_series_of_which_anything_is_to_do_is_not_done(studio: Studio, what: str) -> None:
    config = series(studio)
    assert find_done(config) is not None
    SERIES_TO_DO[what](studio)
    assert find_done(config) is None


def test_a_series_is_done_though_its_weights_are_gone_and_another_size_is_not(studio: Studio) -> None:
    gone("artifacts/cache/weights/*")(studio)
    assert find_done(series(studio)) is not None
    assert find_done(series(studio, 1, 2, 3)) is None


@pytest.mark.parametrize("of", ["run", "series"])
def test_what_another_process_has_in_hand_is_waited_for(studio: Studio, of: str) -> None:
    config = series(studio) if of == "series" else experiment(studio)
    found = find_done(config)
    assert found is not None
    key = found.written.record.key
    with lock_of_work(f"series-{key}" if of == "series" else key).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert find_done(config) is None
        fcntl.flock(lock, fcntl.LOCK_SH)  # another that only looks
        assert find_done(config) is not None


def test_with_a_depot_or_a_prefect_that_takes_nothing_from_the_cache_it_is_never_clear(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("OWNVOICE_DEPOT", str(studio.folder / "depot"))
        assert find_done(experiment(studio)) is None
    with monkeypatch.context() as patch:
        patch.setenv("PREFECT_TASKS_REFRESH_CACHE", "true")
        assert find_done(experiment(studio)) is None
    monkeypatch.setenv("PREFECT_HOME", str(studio.folder))
    assert find_done(experiment(studio)) is not None
    (studio.folder / "profiles.toml").write_text("[profiles.mine]\nPREFECT_TASKS_REFRESH_CACHE = true\n")
    assert find_done(experiment(studio)) is None


def test_another_worker_makes_other_figures(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNVOICE_WORKER", f"{sys.executable} -u {studio.environment['OWNVOICE_WORKER'].split()[-1]}")
    assert find_done(experiment(studio)) is None


LOOK = """
import sys
from pathlib import Path
from flows.cli.app import app
from flows.cli.done import told_if_done
from flows.done import find_done
from ownvoice.config import ExperimentConfig
print(find_done(ExperimentConfig.model_validate_json(Path(sys.argv[1]).read_text())) is not None)
print(*(name for name in sys.argv[2:] if name in sys.modules))
"""


def look(studio: Studio, code: Path) -> list[str]:
    """In a process of its own, of the code in a folder: whether the run is done, and what of the heavy was imported."""
    config = studio.folder / "config.json"
    config.write_text(experiment(studio).model_dump_json())
    command = [sys.executable, "-c", LOOK, str(config), *HEAVY]
    environment = os.environ | studio.environment | {"PYTHONPATH": str(code), "OWNVOICE_PROJECT": str(ROOT)}
    return subprocess.run(command, env=environment, cwd=code, check=True, capture_output=True, text=True).stdout.split(
        "\n"
    )


def test_neither_prefect_nor_torch_is_imported_to_tell_it_and_other_code_is_another_version(studio: Studio) -> None:
    assert look(studio, ROOT)[:2] == ["True", ""]
    code = studio.folder / "code"
    for name in ("ownvoice", "flows", "tasks"):
        shutil.copytree(ROOT / name, code / name, ignore=shutil.ignore_patterns("__pycache__"))
    (code / "data").symlink_to(ROOT / "data")
    with (code / "ownvoice" / "engine" / "train.py").open("a") as file:
        file.write("# another version\n")
    assert look(studio, code)[0] == "False"


def typed(studio: Studio, *further: str) -> tuple[int, str, str]:
    process = studio.command("run", studio.experiment_file(), *further)
    output, errors = process.communicate(timeout=150)
    return process.returncode, output, errors


def flow_runs() -> int:
    with get_client(sync_client=True) as client:
        return len(client.read_flow_runs(limit=200))


def test_the_command_prints_what_the_whole_way_prints_and_prefect_knows_of_no_run(studio: Studio) -> None:
    assert typed(studio)[0] == 0
    studio.calls()
    before, book = flow_runs(), studio.logbook()
    quick, quick_json = typed(studio), typed(studio, "--json")
    assert (quick[0], flow_runs()) == (0, before)
    assert typed(studio, "--again") == quick
    assert typed(studio, "--again", "--json") == quick_json
    assert json.loads(quick_json[1])["new"] is False
    assert (flow_runs(), studio.calls(), studio.logbook()) == (before + 2, [], book)


def test_a_run_whose_weights_are_gone_trains_once_more_and_then_is_done_again(studio: Studio) -> None:
    gone("artifacts/cache/weights/*")(studio)
    studio.calls()
    again = studio.run_with(experiment(studio))
    assert (again.record.number, again.log.added) == (1, False)
    assert [call for call in studio.calls() if call.startswith("train")] == ["train", "train placebo"]
    assert find_done(experiment(studio)) is not None
