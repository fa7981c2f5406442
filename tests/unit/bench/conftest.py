"""The benchmarks are scripts that import each other by their bare names. Their folder doesn't stay on the path: a name in it, as
`coverage`, may be a library's too."""

from __future__ import annotations

import sys

from ownvoice.paths import ROOT

sys.path.append(str(ROOT / "tests" / "bench"))
import calibration  # noqa: F401

sys.path.pop()
