"""Ends a flow run whose essays, config or machine won't do as refused, with the one message: nothing failed, nothing ran.

What has the right form and is wrong all the same, such as a folder without essays, no server can refuse beforehand.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from prefect.logging import get_run_logger
from prefect.states import Cancelled

from ownvoice.errors import OwnvoiceError, UserMistake

T = TypeVar("T")
REFUSED = "Refused"


def refusing(run: Callable[[], T]) -> T:
    """What the run comes to; a mistake becomes the run's state, and whoever called the flow here gets it raised."""
    _tell_without_tracebacks()
    try:
        return run()
    except UserMistake as error:
        refusal: T = refused(error)  # to Prefect a state is what the run came to
        return refusal


def refused(error: UserMistake) -> Any:
    """Grey in the UI and no failure to an automation; `data` is what Prefect raises in the process that called the flow."""
    get_run_logger().error(f"Refused, nothing was run: {error}")
    return Cancelled(name=REFUSED, message=str(error), data=error)


class _WithoutTraceback(logging.Filter):
    """An error that a person can act on is told in the run's log as it is on the terminal."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and isinstance(record.exc_info[1], OwnvoiceError):
            record.msg, record.args = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}", ()
            record.exc_info = record.exc_text = None
        return True


_FILTER = _WithoutTraceback()


def _tell_without_tracebacks() -> None:
    for name in ("prefect.flow_runs", "prefect.task_runs"):
        logging.getLogger(name).addFilter(_FILTER)  # once: a logger knows the filters that it has
