"""Two machines that share a depot: two folders of artifacts, with the same essays and the same worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

from ownvoice.memory.machine import describe_machine
from ownvoice.records.run import RunRecord, StepReport
from ownvoice.run.session import open_session
from ownvoice.run.shared_results import this_machine
from ownvoice.worker.messages import Progress
from tests.flow.studio import Studio

T = TypeVar("T")
BASELINE = ["generate baseline", "likelihood baseline", "prefixes baseline"]
TUNED = ["generate tuned", "likelihood tuned", "prefixes tuned"]


class Heard:
    """A display that keeps what is said."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def progress(self, progress: Progress) -> None: ...

    def finished(self, report: StepReport) -> None: ...

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


class Machines:
    def __init__(self, studio: Studio, monkeypatch: pytest.MonkeyPatch, depot: str) -> None:
        self.studio, self._monkeypatch = studio, monkeypatch
        monkeypatch.setenv("OWNVOICE_DEPOT", depot)

    def at(self, name: str) -> Studio:
        """The desk, with the artifacts of one of them."""
        self.studio.artifacts = self.studio.folder / name
        self._monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(self.studio.artifacts))
        return self.studio

    def told(self, run: Callable[[], T]) -> tuple[T, list[str]]:
        """What comes of it, and what a person is told meanwhile."""
        heard = Heard()
        with open_session(heard):
            return run(), heard.sentences


def share_the_baseline(machines: Machines) -> None:
    machines.at("one").run()
    studio = machines.at("two")
    written = studio.run(learning_rate=1e-4)
    calls = studio.calls()
    assert calls == [*BASELINE, "train", *TUNED, "train", *TUNED]
    made_on = {step.name: step.made_on for step in written.record.steps}
    assert [name for name, machine in made_on.items() if machine] == [
        "Baseline answers to the canaries",
        "Baseline likelihood",
        "Baseline prefix probe",
    ]
    assert made_on["Baseline likelihood"] == this_machine()
    assert "| Baseline likelihood | from the cache; made on " in studio.logbook()


def adopt_a_run(machines: Machines) -> None:
    """The second has a run of its own before, so that the number is another."""
    original = machines.at("one").run().record
    machines.at("two").run(learning_rate=1e-4)
    machines.studio.calls()
    written, told = machines.told(machines.studio.run)
    adopted = machines.studio.record(2)
    assert machines.studio.calls() == []
    assert (written.record, written.log.added) == (adopted, True)
    assert as_it_ran(adopted) == as_it_ran(original)
    assert adopted.machine == original.machine
    assert adopted.machine.processor == describe_machine().processor
    assert [sentence for sentence in told if "depot" in sentence] == [
        f"Run 2 comes from the depot: another machine ran it ({adopted.machine.processor}, "
        f"{adopted.machine.cores} cores, {adopted.started_at[:16]})"
    ]
    assert {path.name for path in written.folder.iterdir()} == {
        "record.json",
        "entry.md",
        "baseline.jsonl",
        "tuned.jsonl",
    }
    logbook = machines.studio.logbook()
    assert "The run was adopted" in (written.folder / "entry.md").read_text()
    again, told = machines.told(machines.studio.run)
    assert machines.studio.calls() == []
    assert (again.record.number, again.log.added) == (2, False)
    assert machines.studio.logbook() == logbook
    assert told == []


def as_it_ran(record: RunRecord) -> RunRecord:
    """Without what a machine makes its own."""
    return record.model_copy(update={"number": 1, "adopted": False})
