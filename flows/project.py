"""Tells every process of ours what Prefect may do, through the environment that children inherit.

Prefect reads its settings there when it is imported. Whatever of them was set by hand counts as it was set.
"""

from __future__ import annotations

import os

from ownvoice.paths import results_folder

NO_REPORTS = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}


def set_environment() -> None:
    """For this process and its children. To be called before Prefect is imported."""
    # The steps name the folder of their results themselves; what Prefect would store besides lies there as well.
    settings = {"PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(results_folder()), **NO_REPORTS}
    for name, value in settings.items():
        os.environ.setdefault(name, value)
