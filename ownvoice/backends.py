"""Names what can train, and says which memory settings each has.

A module of its own and no part of the ladder, which steps import that no backend concerns.
"""

from __future__ import annotations

from typing import Literal

from ownvoice.ladder import Rung

Backend = Literal["single", "accelerate"]


def can_train(backend: Backend, rung: Rung) -> bool:
    """Whether a backend has the rung. Where processes share a model (`accelerate`), each holds its part of the fp32 weights
    and steps once the whole gradient is there; and the head's matrix is never whole outside of the model's own forward pass.
    """
    shares = rung.weights == "fp32" and not rung.step_in_backward and not rung.recomputes_logits
    return backend == "single" or (shares and rung.method != "qlora")
