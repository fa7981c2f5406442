"""Names the task for each kind of step. A further kind is a line here, its task, and a row of the plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect import Task

from tasks.ask_model import answer_canaries, measure_likelihood, probe_prefixes
from tasks.compare import compare
from tasks.fine_tune import fine_tune

KINDS: Mapping[str, Task[..., Any]] = {
    "generate": answer_canaries,
    "likelihood": measure_likelihood,
    "prefixes": probe_prefixes,
    "train": fine_tune,
    "compare": compare,
}
"""Each takes the row and what it is asked (`Due.request`), and returns a result that `ownvoice.run.stored` knows."""
