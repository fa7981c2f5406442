"""The depot: a place that several machines share. It holds bytes by name, and no more.

Nothing that lies there is believed: whoever reads it bounds its size here and parses it (`ownvoice.run.shared_results`,
`ownvoice.report.kept.shared_runs`). No run is lost for a depot: what can't be read counts as missing, and a depot that can't be
reached is tried once, told of in a sentence, and left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ownvoice.markdown import shortened, show_invisible
from ownvoice.paths import depot_place, is_url
from ownvoice.run.depot_places import Folder, Objects, Place, Unusable, without_secret

T = TypeVar("T")
Say = Callable[[str], None]

NAME = re.compile(r"results/[a-z-]+-[0-9a-f]{32}|runs/[0-9a-f]{32}/record\.json")
"""Of all that a depot holds: no name leads out of it."""
REASON_CHARACTERS = 200


class Depot:
    """What is asked of it comes back, or nothing does; of what lies there, or of where it lies, it raises nothing."""

    def __init__(self, called: str, place: Place, say: Say) -> None:
        self._called, self._place, self._say = called, place, say
        self._is_given_up = False

    def read(self, name: str, most_bytes: int) -> bytes | None:
        """None also where it is empty, or of more bytes than that."""
        _require_name(name)
        try:
            return self._reach(lambda: self._read(name, most_bytes))
        except FileNotFoundError:
            return None
        except Unusable as error:
            self.ignore(name, error)
            return None

    def holds(self, name: str) -> bool:
        _require_name(name)
        try:
            return self._reach(lambda: self._place.size_of(name)) is not None
        except (FileNotFoundError, Unusable):
            return False

    def write(self, name: str, content: bytes) -> None:
        _require_name(name)
        try:
            self._reach(lambda: self._place.write(name, content))
        except (FileNotFoundError, Unusable) as error:  # no such bucket or folder; a link in the way
            self._give_up(error)

    def ignore(self, name: str, why: Exception | str) -> None:
        """Say that what lies under a name is taken for nothing."""
        self._say(f"{name} in the depot {self._called} is ignored: {_in_short(why)}")

    def _read(self, name: str, most_bytes: int) -> bytes:
        size = self._place.size_of(name)
        if not 0 < size <= most_bytes:
            raise Unusable(f"it has {size:,} bytes, not 1 to {most_bytes:,}")
        return self._place.read(name, size)

    def _reach(self, asked: Callable[[], T]) -> T | None:
        if self._is_given_up:
            return None
        try:
            return asked()
        except (FileNotFoundError, Unusable):
            raise
        except Exception as error:  # noqa: BLE001 - the library of each protocol raises errors of its own kinds
            self._give_up(error)
            return None

    def _give_up(self, error: Exception) -> None:
        self._is_given_up = True
        self._say(f"The depot {self._called} can't be used, and nothing is shared from here on: {_in_short(error)}")


def open_depot(say: Say) -> Depot | None:
    """The depot that `OWNVOICE_DEPOT` names, or None. It is not reached for yet; `say` tells a person what is wrong with it.

    Raises:
        ConfigError: nothing here knows the URL's protocol.
    """
    where = depot_place()
    if not where:
        return None
    is_folder = not is_url(where) or where.startswith("file://")
    place = Folder(Path(where.removeprefix("file://")).expanduser()) if is_folder else Objects(where)
    return Depot(without_secret(where), place, say)


def _require_name(name: str) -> None:
    """Raise ValueError: a key that is none was passed, a bug of ours."""
    if not NAME.fullmatch(name):
        raise ValueError(f"{name} is no name of a depot's")


def _in_short(why: Exception | str) -> str:
    """What a library or a stranger says, in a line that a terminal can take."""
    return shortened(show_invisible(" ".join((str(why) or type(why).__name__).split())), REASON_CHARACTERS)
