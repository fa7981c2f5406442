"""The real worker where no file may grow beyond a size: `python limited_files.py BYTES` (RLIMIT_FSIZE, for anyone)."""

from __future__ import annotations

import resource
import runpy
import sys

limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
sys.argv = sys.argv[:1]
runpy.run_module("ownvoice.engine.process", run_name="__main__")
