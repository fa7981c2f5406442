"""What a command does for its project before Prefect starts."""

from __future__ import annotations

import os


def test_tests_report_nothing_home() -> None:
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert os.environ["DO_NOT_TRACK"] == "1"
