"""What holds for all tests: Prefect reports nothing home (it reads that when it is imported, which the tests' folders do), and
the terminal is wide."""

from __future__ import annotations

import os

from flows.project import NO_REPORTS

for name, value in NO_REPORTS.items():
    os.environ.setdefault(name, value)
# What the commands print fits the terminal, and of two tests at a time each would have another's.
os.environ["COLUMNS"] = "120"
