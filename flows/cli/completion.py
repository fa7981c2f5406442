"""What the shell offers when a person presses Tab: runs, phases, models. Names of folders and files alone: no record is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ownvoice.paths import EXPERIMENTS, artifacts_folder

Offered = list[tuple[str, str]]
"""Each word with what it is."""


def offer_runs(incomplete: str) -> Offered:
    return _beginning(incomplete, _numbered("runs", ""))


def offer_runs_and_series(incomplete: str) -> Offered:
    return _beginning(incomplete, [*_numbered("runs", ""), *_numbered("series", "series-")])


def offer_experiments(incomplete: str) -> Offered:
    """Phases, and TOML files beside the person."""
    phases = [(file.stem, "a phase") for file in sorted(EXPERIMENTS.glob("*.toml"))]
    folder = Path(incomplete).parent if "/" in incomplete else Path()
    files = [(str(file), "an experiment") for file in sorted(folder.glob("*.toml"))]
    return _beginning(incomplete, [*phases, *files])


def offer_models(incomplete: str) -> Offered:
    from ownvoice.models.known import KNOWN_MODELS  # noqa: PLC0415 - a fifth of a second that only this one pays

    return _beginning(incomplete, [(model.name, model.kind) for model in KNOWN_MODELS])


def _numbered(folder: str, prefix: str) -> Iterator[tuple[str, str]]:
    """The newest first."""
    places = (artifacts_folder() / folder).glob("[0-9]*-*")
    split = [
        (number, what) for number, _, what in (place.name.partition("-") for place in places) if number.isdecimal()
    ]
    yield from ((f"{prefix}{number}", what) for number, what in sorted(split, key=lambda each: -int(each[0])))


def _beginning(incomplete: str, words: Offered | Iterator[tuple[str, str]]) -> Offered:
    return [(word, what) for word, what in words if word.startswith(incomplete)]
