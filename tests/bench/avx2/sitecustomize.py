"""On the path of a program that runs as on a processor without bf16, and of all that it starts (`limits.py`)."""

import ownvoice.memory.machine as machine

machine.processor_has_bf16 = lambda: False
