"""Finds the flow of a phase by the table of phases."""

from __future__ import annotations

import importlib
from typing import Any

from ownvoice.phases import Phase


def flow_of(phase: Phase) -> Any:
    module, name = phase.flow.split(":")
    return getattr(importlib.import_module(module), name)
