"""The real worker under a real limit: `python limited_worker.py BYTES`, as OWNVOICE_WORKER.

RLIMIT_DATA counts private writable memory, so that the allocator fails as on a smaller machine.
"""

from __future__ import annotations

import resource
import runpy
import sys

limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
sys.argv = sys.argv[:1]
runpy.run_module("ownvoice.engine.process", run_name="__main__")
