"""Prefect reports nothing home from tests either; it reads that when it is imported, which the tests' folders do."""

from __future__ import annotations

import os

from flows.project import NO_REPORTS

for name, value in NO_REPORTS.items():
    os.environ.setdefault(name, value)
