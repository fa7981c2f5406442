"""Runs one further process of a training that several share: `python -m ownvoice.engine.peer`, started by the worker.

Its standard input and output are its line to the worker, as the worker's own are to its parent; it ends when that closes.
"""

from __future__ import annotations

import os

from ownvoice.engine.process import OUT_OF_MEMORY_EXIT, Line, be_the_first_to_go, failure
from ownvoice.errors import OutOfMemory
from ownvoice.worker.messages import Done, Progress, TrainRequest


def main() -> None:
    line = Line()
    be_the_first_to_go()
    request = next(line.requests())
    assert isinstance(request, TrainRequest), "a further process only trains"
    try:
        _take_part(request)
    except Exception as error:  # noqa: BLE001 - the process boundary: the worker raises it again
        failed = failure(error)
        line.send(failed)
        os._exit(OUT_OF_MEMORY_EXIT if failed.error == OutOfMemory.__name__ else 1)
    line.send(Done(result=None))
    os._exit(0)


def _take_part(request: TrainRequest) -> None:
    from ownvoice.engine.device import choose_arithmetic, choose_device  # noqa: PLC0415 - torch: after the reader listens
    from ownvoice.engine.sharded import Place, among_others, learn, meeting_place_at  # noqa: PLC0415

    place, kind = Place.of_this_process(), choose_device().type
    device = place.device(kind)
    with among_others(place, kind):
        learn(request, place, meeting_place_at(place.port), device, choose_arithmetic(device), _say_nothing)


def _say_nothing(_progress: Progress) -> None:
    """The first process tells how far all of them are."""


if __name__ == "__main__":
    main()
