"""`python tests/bench/kill_phase.py`: a real phase is killed with `kill -9`, again and again, and finished by the same command.

A scale-up of three sizes on a tiny random model with real workers, as typed, with a private Prefect server each time. At
random moments the command, its worker and its server are killed at once, three times a round. Then the same command must
finish it: every result that was whole before the last start is the very same file afterwards, so nothing that was done
is done again; the logbook has each run and the series once; no process is left. `--seed` repeats the moments of a round.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ownvoice.paths import ROOT
from tests.end_to_end.tiny_models import save_tiny_llama
from tests.killing import kill_everything, processes_of, require_each_once, whole_results

SIZES, KILLS = (1, 2, 3), 3
RESULTS_OF_ALL = 30
SETTINGS = (
    *("decoding.max_new_tokens=24", "decoding.samples_per_probe=1", "data.control_essays=1"),
    *("training.epochs=2", "data.over_length=truncate", f"sizes={list(SIZES)}"),
)
LONGEST_WAIT_SECONDS = 1200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        model = save_tiny_llama(Path(folder) / "tiny-llama")
        for number in range(given.rounds):
            seed = given.seed + number
            print(f"round {number + 1}, --seed {seed}")
            Round(Path(folder) / f"round-{number}", model, random.Random(seed)).play()


class Round:
    """One phase in an artifacts folder of its own."""

    def __init__(self, folder: Path, model: Path, drawn: random.Random) -> None:
        folder.mkdir()
        self._folder, self._drawn, self._artifacts = folder, drawn, folder / "artifacts"
        settings = (part for setting in SETTINGS for part in ("--set", setting))
        self._command = (sys.executable, "-m", "flows.cli.app", "run", "scale-up", "--model", str(model), *settings)

    def play(self) -> None:
        for kill in range(KILLS):
            process, moment = self._start(), self._moment()
            while len(whole_results(self._artifacts)) < moment[0] and process.poll() is None:
                time.sleep(0.05)
            time.sleep(moment[1])
            killed = kill_everything(process)
            done = len(whole_results(self._artifacts))
            print(
                f"  kill {kill + 1}: {moment[1]:.2f} s after result {moment[0]}, {killed} processes, {done} results whole"
            )
            self._require_nobody()
        before = whole_results(self._artifacts)
        process = self._start()
        output, _ = process.communicate(timeout=LONGEST_WAIT_SECONDS)
        assert process.returncode == 0, output
        after = whole_results(self._artifacts)
        redone = [name for name in before if after.get(name) != before[name]]
        assert not redone, redone
        require_each_once(self._artifacts, len(SIZES))
        self._require_nobody()
        print(f"  finished: {len(before)} of {len(after)} results were there and are untouched; each entry once")

    def _moment(self) -> tuple[int, float]:
        """So many whole results, and so many seconds after the last of them."""
        done = len(whole_results(self._artifacts))
        return self._drawn.randint(done, min(done + 9, RESULTS_OF_ALL)), self._drawn.uniform(0, 2)

    def _start(self) -> subprocess.Popen[str]:
        places = {
            "OWNVOICE_ARTIFACTS": str(self._artifacts),
            "OWNVOICE_LOCKS": str(self._folder / "locks"),
            "PREFECT_HOME": str(self._folder / "prefect"),
        }
        environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
        return subprocess.Popen(
            self._command,
            cwd=ROOT,
            env=environment | places,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _require_nobody(self) -> None:
        deadline = time.monotonic() + 15  # a server that was told nothing ends by itself
        while left := processes_of(self._artifacts):
            assert time.monotonic() < deadline, left
            time.sleep(0.1)


if __name__ == "__main__":
    main()
