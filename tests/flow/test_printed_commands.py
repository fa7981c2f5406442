"""Every command that the product prints as a next step runs as it is printed, on any set of essays."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from flows.cli.arguments import choose_experiment
from flows.cli.check import ToCheck, chosen, next_command
from ownvoice.paths import ROOT
from ownvoice.phases import PHASES, Phase
from ownvoice.records.run import RunRecord
from ownvoice.series.record import SeriesRecord
from tests.flow.studio import Studio

SUBJECTS = ("drawer", "harbour", "kettle", "winter", "ladder", "orchard", "engine", "letter", "candle", "garden")


def write_set(folder: Path, number: int, front: str) -> Path:
    """Essays of words that no two share, all with the same front matter but for the topic."""
    folder.mkdir(parents=True)
    for n in range(number):
        words = " ".join(
            f"{SUBJECTS[n % 10]}{n}{word}"
            for word in ["is", "not", "what", "they", "said", "it", "was", "when", "we", "met"]
        )
        (folder / f"{n:02}.md").write_text(f"---\ntitle: The {SUBJECTS[n % 10]} of {n}\n{front}---\n{words}.\n")
    return folder


@pytest.mark.parametrize(
    ("number", "front", "phase"),
    [
        (6, "tier: 1\n", "smoke-test"),
        (6, "tier: 4\nsplit: train\n", "control"),
        (3, "", "smoke-test"),
        (3, "", "control"),
        (50, "", "control"),
    ],
)
def test_any_set_runs_every_experiment_as_it_is_and_the_log_says_what_was_chosen(
    studio: Studio, number: int, front: str, phase: str
) -> None:
    essays = write_set(studio.folder / "desk" / "hers", number, front)
    record = studio.run_with(choose_experiment(phase, (f"data.pairs={essays}",), str(roomy_model(studio)))).record
    assert record.status == "completed"
    assert record.data is not None
    splits = [figure.split for figure in record.data.figures]
    assert {"train", "validation"} == set(splits)
    assert any("validat" in note for note in record.data.notes)
    assert any("Neutral canaries" in note for note in record.data.notes)
    for note in record.data.notes:
        assert note.split("'")[0].split(":")[0] in studio.logbook()
    assert "immigrant" not in studio.logbook()


@pytest.mark.parametrize("essays", ["sample author", "six essays"])
def test_every_command_in_the_log_runs_as_it_is_printed(studio: Studio, essays: str) -> None:
    pairs = (
        ROOT / "data/sample_author/pairs"
        if essays == "sample author"
        else write_set(studio.folder / "desk" / "hers", 6, "")
    )
    checking = ToCheck(str(pairs), str(roomy_model(studio)))
    checked, commands = chosen(checking), [next_command(checking)]
    assert typed(commands[0]).data.pairs == checked.data.pairs
    seen: set[str] = set()
    while commands and len(seen) < 5:
        command = commands.pop(0)
        seen.add(command)
        record = studio.run_phase(typed(command)).record
        assert record.status == "completed", command
        found = re.findall(r"`(ownvoice run [^`]*)`", "\n".join(next_steps(record)))
        # Another model has to be fetched: its command is only read.
        commands += [each for each in found if each not in seen and typed(each).model == str(roomy_model(studio))]
    assert len(seen) >= 4


def next_steps(record: RunRecord | SeriesRecord) -> tuple[str, ...]:
    if isinstance(record, SeriesRecord):
        return record.next_steps
    assert record.analysis is not None
    return record.analysis.next_steps


@pytest.mark.parametrize(
    "phase", [phase for phase in PHASES if phase.flow != Phase(name="x").flow], ids=lambda p: p.name
)
def test_every_command_of_a_series_and_its_runs_runs_as_it_is_printed(studio: Studio, phase: Phase) -> None:
    essays = write_set(studio.folder / "desk" / "hers", 6, "")
    model = None if phase.name == "base-or-instruct" else str(roomy_model(studio))
    settings = (f"data.pairs={essays}", *small(phase, studio))
    written = studio.run_series(choose_experiment(phase.name, settings, model))
    runs = [studio.record(run.run) for run in written.record.runs if run.run]
    steps = "\n".join(step for record in (written.record, runs[-1]) for step in next_steps(record))
    commands = [
        each for each in re.findall(r"`(ownvoice run [^`]*)`", steps) if typed(each).model == runs[-1].model_name
    ]
    assert commands
    for command in dict.fromkeys(commands):
        assert studio.run_phase(typed(command)).record.status == "completed", command


def small(phase: Phase, studio: Studio) -> list[str]:
    """As few runs as the phase can have."""
    roomy = roomy_model(studio)
    match phase.name:
        case "sweep":
            return ["most_runs=2"]
        case "compare":
            return [f'models=["{roomy}"]']
        case "base-or-instruct":
            other = shutil.copytree(roomy, studio.folder / "other-roomy", dirs_exist_ok=True)
            arms = f'arms=[{{name = "base", model = "{roomy}"}}, {{name = "other, too", model = "{other}"}}]'
            return [arms, 'authors=["data/placebos/woodworker"]', "training.seeds=1", "training.epochs=1"]
        case _:
            return []


def roomy_model(studio: Studio) -> Path:
    """The tiny model with a context that the placebo's essays fit."""
    folder = studio.folder / "roomy"
    if not folder.exists():
        shutil.copytree(studio.model, folder)
        config = (folder / "config.json").read_text()
        (folder / "config.json").write_text(
            config.replace('"max_position_embeddings": 512', '"max_position_embeddings": 2048')
        )
    return folder


def typed(command: str):  # type: ignore[no-untyped-def]
    name, run, experiment, *options = shlex.split(command)
    assert (name, run) == ("ownvoice", "run")
    given = list(zip(options[::2], options[1::2], strict=True))
    models = [value for flag, value in given if flag == "--model"]
    return choose_experiment(
        experiment, tuple(v for flag, v in given if flag == "--set"), models[0] if models else None
    )
