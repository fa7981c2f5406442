"""A phase is killed three times at random, with all that it started: the same command finishes it, and nothing is done twice."""

from __future__ import annotations

import os
import random
import time

from prefect.client.orchestration import get_client

from tests.flow.studio import Studio
from tests.flow.test_command_line import wait_until
from tests.flow.test_scale_up import series_file
from tests.killing import KINDS, kill_everything, processes_of, require_each_once, stored_results

RUNS, KILLS = 3, 3
CALLS = {"generate": 1 + RUNS, "likelihood": 1 + RUNS, "prefixes": 2 * RUNS, "train": RUNS}
"""The untuned model is asked once, but for the beginnings of essays, which are others in each run."""
LONGEST_DELAY_SECONDS = 0.15


def test_a_phase_that_is_killed_three_times_at_random_is_finished_by_the_same_command(studio: Studio) -> None:
    seed = int(os.environ.get("OWNVOICE_KILL_SEED") or random.randrange(10**6))
    print(f"OWNVOICE_KILL_SEED={seed} repeats it")
    drawn, killed = random.Random(seed), []
    command = ("run", series_file(studio, sizes=[1, 2, 3]))
    for _ in range(KILLS):
        done, calls = stored_results(studio.artifacts), drawn.randint(0, 6)
        process = studio.command(*command)
        wait_until(lambda: len(lines(studio)) >= calls or process.poll() is not None, seconds=150)  # noqa: B023
        time.sleep(drawn.uniform(0, LONGEST_DELAY_SECONDS))
        killed.append(process.pid)
        kill_everything(process)
        wait_until(lambda: not processes_of(studio.artifacts))
        asked = [line.split()[0] for line in studio.calls()]
        assert all(asked.count(kind) <= CALLS[kind] - done[kind] for kind in KINDS), (asked, done)
    done = stored_results(studio.artifacts)
    output, errors = studio.command(*command).communicate(timeout=550)
    assert "Series 1" in output, errors
    asked = [line.split()[0] for line in studio.calls()]
    assert {kind: asked.count(kind) + done[kind] for kind in KINDS} == CALLS
    require_each_once(studio.artifacts, RUNS)
    wait_until(lambda: not processes_of(studio.artifacts))
    with get_client(sync_client=True) as client:
        runs = [run for run in client.read_flow_runs() if run.labels.get("ownvoice.pid") in killed]
    assert not [run.name for run in runs if run.state_name == "Running"]


def lines(studio: Studio) -> list[str]:
    return studio.log.read_text().splitlines() if studio.log.exists() else []
