"""Two machines and the depot that they share, here a folder; `tests/spread/test_s3.py` has one behind S3.

What is asked of both kinds stands in `tests/flow/two_machines.py`.
"""

from __future__ import annotations

import json

import pytest

from ownvoice.errors import ConfigError, NonFiniteLoss
from tests.flow import two_machines
from tests.flow.studio import ESSAYS, Studio
from tests.flow.two_machines import Machines


@pytest.fixture
def machines(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Machines:
    return Machines(studio, monkeypatch, str(studio.folder / "depot"))


def test_the_untuned_models_answers_are_made_once_for_both(machines: Machines) -> None:
    two_machines.share_the_baseline(machines)


def test_a_run_of_one_is_adopted_on_the_other_and_logged_there_once(machines: Machines) -> None:
    two_machines.adopt_a_run(machines)


def test_neither_essays_nor_weights_nor_failed_runs_come_into_the_depot(machines: Machines) -> None:
    studio = machines.studio
    studio.orders.write_text("train fail once")
    with pytest.raises(NonFiniteLoss):
        machines.at("one").run()
    depot = studio.folder / "depot"
    assert not (depot / "runs").exists()
    studio.run()
    names = sorted(path.relative_to(depot).as_posix() for path in depot.rglob("*") if path.is_file())
    assert [name.rpartition("-")[0] for name in names[:-1]] == [
        "results/compare",
        *["results/generate"] * 2,
        *["results/likelihood"] * 2,
        *["results/prefixes"] * 2,
    ]
    assert names[-1].startswith("runs/")
    for name in names:
        text = without_own_words((depot / name).read_text())
        assert not any(essay in text for essay in ESSAYS)


def without_own_words(text: str) -> str:
    """Short passages of hers that the entry sets beside the answers go with a record, as docs/beyond-one-machine.md says."""
    kept = json.loads(text, object_hook=lambda found: {key: found[key] for key in found if key != "own_words"})
    return json.dumps(kept, ensure_ascii=False)


def test_a_depot_full_of_damage_costs_a_warning_each_and_is_mended(machines: Machines) -> None:
    machines.at("one").run()
    files = [path for path in (machines.studio.folder / "depot").rglob("*") if path.is_file()]
    for path in files:
        path.write_bytes(b"\x80\x04K*.")
    machines.studio.calls()
    written, told = machines.told(machines.at("two").run)
    assert machines.studio.calls() == [*two_machines.BASELINE, "train", *two_machines.TUNED]
    assert not written.record.adopted
    # The comparison's key holds how long the training took: the one of the other machine isn't looked for.
    assert sum("is ignored" in sentence for sentence in told) == len(files) - 1
    for path in files:
        if not path.name.startswith("compare-"):
            json.loads(path.read_bytes())


def test_a_depot_that_cannot_be_used_costs_one_sentence(machines: Machines) -> None:
    (machines.studio.folder / "depot").write_text("a file stands where the folder should")
    written, told = machines.told(machines.at("one").run)
    assert written.record.status == "completed"
    assert [sentence for sentence in told if "depot" in sentence] == [
        f"The depot {machines.studio.folder}/depot can't be used, and nothing is shared from here on: "
        f"[Errno 20] Not a directory: '{machines.studio.folder}/depot/runs/{written.record.key}/record.json'"
    ]


def test_a_url_that_means_nothing_stops_before_anything_runs(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWNVOICE_DEPOT", "nosuch://bucket")
    with pytest.raises(ConfigError, match="nothing here knows nosuch://"):
        machines.studio.run()
    assert machines.studio.calls() == []
    assert not (machines.studio.artifacts / "EXPERIMENT_LOG.md").exists()


def test_an_adopted_run_is_trained_here_where_the_depot_is_left_out(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    machines.at("one").run()
    machines.at("two").run()
    machines.studio.calls()
    monkeypatch.setenv("OWNVOICE_DEPOT", "")
    written = machines.studio.run()
    assert machines.studio.calls() == [*two_machines.BASELINE, "train", *two_machines.TUNED]
    assert (written.record.number, written.log.added) == (1, False)


def test_a_series_takes_the_runs_of_another_machine(machines: Machines) -> None:
    config = machines.studio.scale_up_config(1, 3)
    machines.at("one").run_series(config)
    machines.studio.calls()
    written = machines.at("two").run_series(config)
    assert machines.studio.calls() == []
    assert [run.run for run in written.record.runs] == [1, 2]
    assert machines.studio.record(2).adopted
