"""One estimate: what `ownvoice plan` shows, a run tells on the terminal and in Prefect, and the entry compares."""

from __future__ import annotations

from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort

from flows.planned import planned_runs
from ownvoice.estimates import RunEstimate
from ownvoice.memory.free import free_memory, likely_device
from ownvoice.report.tables import render_steps
from ownvoice.run.session import open_session
from ownvoice.series.members import Member
from tests.flow.studio import Studio
from tests.flow.test_command_line import wait_until
from tests.flow.test_shown_in_prefect import newest_logs
from tests.flow.two_machines import Heard


def planned(studio: Studio, **training: Any) -> RunEstimate:
    """As `ownvoice plan` has it, which runs nothing."""
    device = likely_device()
    member = Member(label="", config=studio.config(**training))
    (run,) = planned_runs([member], free_memory(device), device)
    assert run.estimate is not None
    return run.estimate


def told(studio: Studio, **training: Any) -> list[str]:
    heard = Heard()
    with open_session(heard):
        studio.run(**training)
    return heard.sentences


def descriptions(key: str) -> list[str]:
    """Of the progress artifacts, the newest first."""
    wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
    with get_client(sync_client=True) as client:
        found = client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC, limit=20)
    return [str(each.description) for each in found]


def test_plan_terminal_prefect_and_entry_tell_the_same_estimate(studio: Studio) -> None:
    expected = planned(studio)
    assert expected.seconds > 0
    assert [step.expected.basis for step in expected.to_do if step.expected] == ["arithmetic"] * 8
    assert expected.sentence() in " ".join(render_steps(expected).split())
    assert expected.sentence() in told(studio)
    record = studio.record(1)
    assert record.estimate == expected
    assert record.training is not None
    assert record.training.estimated_seconds == next(s for s in expected.steps if s.id == "tuned/train").seconds
    assert f"before the first of them {expected.in_words()} was expected" in studio.logbook()
    assert f"{expected.in_words()} was expected" in descriptions("this-run")[0]
    wait_until(lambda: expected.sentence() in newest_logs())


def test_the_next_run_rests_on_what_this_one_took_and_on_what_the_cache_has(studio: Studio) -> None:
    studio.run()
    expected = planned(studio, learning_rate=1e-4)
    assert [step.name for step in expected.steps if step.cached] == [
        "Baseline answers to the canaries",
        "Baseline likelihood",
        "Baseline prefix probe",
    ]
    assert {step.expected.basis for step in expected.to_do if step.expected} == {"times"}
    took = {step.name: step.seconds for step in studio.record(1).steps}
    compare = next(step for step in expected.steps if step.name == "Compare")
    assert abs(compare.seconds - took["Compare"]) < 0.01
    assert expected.sentence() in told(studio, learning_rate=1e-4)
    assert not any("In all" in sentence for sentence in told(studio, learning_rate=1e-4)), "it is in the log already"


def test_each_stage_tells_what_is_left_of_the_run(studio: Studio) -> None:
    class Shown(Heard):
        def __init__(self) -> None:
            super().__init__()
            self.notes: list[str] = []

        def progress(self, progress: object) -> None:
            self.notes.append(getattr(progress, "note", ""))

    shown = Shown()
    with open_session(shown):
        studio.run()
    assert shown.notes
    assert all("of the run " in note for note in shown.notes)
    assert "of the run " in descriptions("fine-tune")[0]


def test_a_series_tells_the_time_of_all_its_runs_and_each_run_of_those_after_it(studio: Studio) -> None:
    heard = Heard()
    with open_session(heard):
        studio.run_series(studio.scale_up_config(1, 3))
    (of_all,) = (sentence for sentence in heard.sentences if sentence.startswith("2 runs. "))
    assert "In all a few seconds. It rests on arithmetic" in of_all
    runs = [sentence for sentence in heard.sentences if "In all " in sentence and sentence != of_all]
    assert ["Then the runs after this one: " in sentence for sentence in runs] == [True, False]
