"""A writer at her terminal, with an artifacts folder of her own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from flows.server.find import ServerAddress
from ownvoice.paths import ROOT, models_folder
from ownvoice.records.run import RunRecord

OWNVOICE = (sys.executable, "-m", "flows.cli.app")
SHORT = (
    *("--set", "decoding.max_new_tokens=24", "--set", "decoding.samples_per_probe=1"),
    *("--set", "training.epochs=1", "--set", "data.control_essays=1"),
)


class Writer:
    """Her commands find a server; without one each starts its own, as on a machine where none runs."""

    def __init__(self, artifacts: Path, prefect_home: Path, server: ServerAddress | None = None) -> None:
        self.artifacts = artifacts
        self.environment = {
            **os.environ,
            "OWNVOICE_ARTIFACTS": str(artifacts),
            "OWNVOICE_MODELS": str(models_folder()),
            "PREFECT_HOME": str(prefect_home),  # shared: Prefect makes its database once
            **(server.environment() if server else {}),
        }

    def start(self, *arguments: str, data_limit: int | None = None, **environment: str) -> subprocess.Popen[str]:
        limited = ["prlimit", f"--data={data_limit}"] if data_limit else []
        return subprocess.Popen(
            [*limited, *OWNVOICE, *arguments],
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def types(self, *arguments: str, expect: int = 0, data_limit: int | None = None, **environment: str) -> str:
        process = self.start(*arguments, data_limit=data_limit, **environment)
        output, _ = process.communicate(timeout=900)
        assert process.returncode == expect, output
        return output

    @property
    def logbook(self) -> str:
        return (self.artifacts / "EXPERIMENT_LOG.md").read_text()

    def record(self, number: int) -> RunRecord:
        (file,) = self.artifacts.glob(f"runs/{number}-*/record.json")
        return RunRecord.model_validate_json(file.read_text())
