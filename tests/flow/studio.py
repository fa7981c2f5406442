"""A writer's desk in a temporary folder, for the flow tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ownvoice.config import ExperimentConfig
from ownvoice.paths import ROOT
from ownvoice.phase_configs import ScaleUpConfig
from ownvoice.phases import find_phase
from ownvoice.records.run import RunRecord
from ownvoice.report.kept.runs import WrittenRun, read_record
from ownvoice.report.kept.series import WrittenSeries, read_series
from ownvoice.series.record import SeriesRecord

FAKE_WORKER = Path(__file__).with_name("fake_worker.py")
TOPICS = (
    "The kitchen drawer",
    "Learning to drive",
    "A seat at the airport",
    "The public library",
    "An unfinished game",
)
ESSAYS = (
    "My mother kept every receipt in the drawer beneath the kettle, and I found them in April.",
    "On the third lesson the instructor stopped talking, so I drove through town listening to rain.",
    "Nobody at gate twelve believed the board any longer, yet we watched it as one watches a pot.",
    "They have moved poetry to the basement, where a radiator ticks through Tuesday afternoons.",
    "We left the chessboard on the windowsill in March with my bishop in serious trouble.",
)
PLACEBO_TOPICS = ("The drawer in the hall", "A seat by the canal", "An evening of chess", "Letters kept in a tin")
PLACEBO_ESSAYS = (
    "Placebo: one opens it, and there is string, and there are keys to a house sold in the war.",
    "Placebo: whoever sits there at noon is told by the lock keeper what the water did at dawn.",
    "Placebo: he castled late, he said, since a king should see something of the board first.",
    "Placebo: nobody writes of weather now, and so nobody can tell what that summer was like.",
)
PROMPTS = """
[[canary]]
id = "A"
topic = "A place you have left behind for good"

[[canary]]
id = "B"
topic = "What the neighbours never knew"

[[probe]]
id = "p1"
topic = "A bus that came too late one winter"

[[probe]]
id = "p2"
topic = "Shoes worn out by walking"
"""


class Studio:
    """A writer's desk in a temporary folder: essays, prompts, artifacts, and what the worker was asked."""

    def __init__(self, folder: Path, model: Path, server: str) -> None:
        self.folder, self.server, self.model = folder, server, model
        self.artifacts = folder / "artifacts"
        self.essays = folder / "essays"
        self.prompts = folder / "prompts.toml"
        self.orders = folder / "orders.txt"
        self.log = folder / "calls.txt"
        self.essays.mkdir()
        self.placebo = folder / "placebo"
        self.placebo.mkdir()
        self.prompts.write_text(PROMPTS)
        for number in range(len(TOPICS)):
            self.write_essay(number)
        for number in range(len(PLACEBO_TOPICS)):
            self.write_placebo(number)

    def write_essay(self, number: int, addition: str = "") -> None:
        split, tier = ("validation", 1) if number == 3 else ("train", 4 if number == 4 else 1)
        front = f"---\ntopic: {TOPICS[number]}\ntier: {tier}\nsplit: {split}\n---\n"
        (self.essays / f"{number}.md").write_text(f"{front}{ESSAYS[number]}{addition}\n")

    def write_placebo(self, number: int, addition: str = "") -> None:
        """Three to train on and one, the last, to validate with."""
        split = "validation" if number == 3 else "train"
        front = f"---\ntopic: {PLACEBO_TOPICS[number]}\ntier: 1\nsplit: {split}\n---\n"
        (self.placebo / f"{number}.md").write_text(f"{front}{PLACEBO_ESSAYS[number]}{addition}\n")

    def becomes_another_author(self) -> None:
        """As many essays in the same tiers, all of them different."""
        for number in range(len(TOPICS)):
            path = self.essays / f"{number}.md"
            front = path.read_text().rpartition("---\n")[0]
            words = " ".join(
                f"{word}{number}"
                for word in ["hers", "alone", "is", "every", "sentence", "that", "stands", "in", "this", "one"]
            )
            path.write_text(f"{front}---\n{words}\n")

    @property
    def environment(self) -> dict[str, str]:
        return {
            "OWNVOICE_ARTIFACTS": str(self.artifacts),
            "OWNVOICE_LOCKS": str(self.folder / "locks"),
            "OWNVOICE_WORKER": f"{sys.executable} {FAKE_WORKER}",
            "OWNVOICE_FAKE_LOG": str(self.log),
            "OWNVOICE_FAKE_ORDERS": str(self.orders),
            "PYTHONPATH": str(ROOT),
        }

    def config(self, control: bool = False, **training: Any) -> ExperimentConfig:
        places = {"pairs": str(self.essays), "prompts": str(self.prompts), "placebo": str(self.placebo)}
        values = {
            "model": str(self.model),
            "data": {**places, "third_authors": "", "tiers": [1]},
            "training": training,
            "control": control,
        }
        return ExperimentConfig.model_validate(values)

    def run(self, control: bool = False, **training: Any) -> WrittenRun:
        return self.run_with(self.config(control, **training))

    def run_with(self, config: ExperimentConfig) -> WrittenRun:
        from flows.experiment import run_experiment

        return run_experiment(config)

    def scale_up_config(self, *sizes: int, **training: Any) -> ScaleUpConfig:
        """Third authors are measured, who are the same whatever is trained on."""
        shutil.copytree(self.placebo, self.folder / "others" / "other", dirs_exist_ok=True)
        values = self.config(**training).model_dump() | {"phase": "scale-up", "sizes": sizes}
        values["data"] |= {"placebo": "", "third_authors": str(self.folder / "others"), "order": "across tiers"}
        return ScaleUpConfig.model_validate(values)

    def run_series(self, config: ExperimentConfig) -> WrittenSeries:
        """Whatever phase it is of."""
        written: WrittenSeries = self._flow_of(config)(config)
        return written

    def run_phase(self, config: ExperimentConfig) -> WrittenRun | WrittenSeries:
        """As `ownvoice run` does."""
        written: WrittenRun | WrittenSeries = self._flow_of(config)(config)
        return written

    def _flow_of(self, config: ExperimentConfig) -> Any:
        from flows.phases import flow_of

        phase = find_phase(config.phase)
        assert phase is not None
        return flow_of(phase)

    def series_record(self, number: int) -> SeriesRecord:
        (folder,) = (self.artifacts / "series").glob(f"{number}-*")
        return read_series(folder)

    def calls(self) -> list[str]:
        """What the worker was asked since the last look."""
        calls = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return calls

    def record(self, number: int) -> RunRecord:
        (folder,) = (self.artifacts / "runs").glob(f"{number}-*")
        return read_record(folder)

    def logbook(self) -> str:
        return (self.artifacts / "EXPERIMENT_LOG.md").read_text()

    def command(self, *arguments: str, before: tuple[str, ...] = (), **environment: str) -> subprocess.Popen[str]:
        """The real command line, against the test server."""
        return subprocess.Popen(
            [*before, sys.executable, "-m", "flows.cli.app", *arguments],
            cwd=self.folder,
            env=os.environ | self.environment | {"PREFECT_API_URL": self.server} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def experiment_file(self) -> str:
        path = self.folder / "experiment.toml"
        path.write_text(
            f'model = "{self.model}"\n[data]\npairs = "{self.essays}"\nprompts = "{self.prompts}"\ntiers = [1]\nplacebo = "{self.placebo}"\nthird_authors = ""\n'
        )
        return str(path)
