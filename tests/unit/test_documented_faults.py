"""The table of faults names tests that are there, and each once."""

from __future__ import annotations

import re

from ownvoice.paths import ROOT

ROWS = re.findall(r"\| `(tests/[\w/]+\.py)::(\w+)` \|$", (ROOT / "docs" / "faults.md").read_text("utf-8"), re.MULTILINE)


def test_every_row_is_a_test() -> None:
    missing = [
        f"{file}::{test}"
        for file, test in ROWS
        if not (ROOT / file).is_file() or f"def {test}(" not in (ROOT / file).read_text("utf-8")
    ]
    assert missing == []
    assert len(ROWS) >= 30
    assert len(set(ROWS)) == len(ROWS)
