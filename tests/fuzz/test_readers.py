"""100,000 hostile inputs: every reader takes each, or refuses it with one clear error, in time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.readers import READERS
from tests.fuzz.run import CORPUS, failures, keep, outcome

INPUTS = 100_000 // len(READERS) + 1
FOUND = sorted(file for file in CORPUS.rglob("*") if file.is_file())


@pytest.mark.parametrize("name", READERS)
def test_whatever_is_read_is_taken_or_refused_with_one_clear_error(name: str, tmp_path: Path) -> None:
    found = [(failure, keep(failure)) for failure in failures(name, INPUTS, seed=1, folder=tmp_path)]
    assert not found, [f"{failure.said} ({failure.place}): {file}" for failure, file in found[:5]]


@pytest.mark.parametrize("file", FOUND, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_what_was_found_once_is_found_no_more(file: Path, tmp_path: Path) -> None:
    (name,) = (name for name in READERS if name.replace(" ", "-") == file.parent.name)
    assert outcome(name, READERS[name], file.read_bytes(), tmp_path) is None


@pytest.mark.parametrize("name", READERS)
def test_what_the_inputs_are_made_of_is_sound(name: str, tmp_path: Path) -> None:
    """A reader that refused them at their first byte would never be tried."""
    reader = READERS[name]
    assert reader.samples()
    for sound in reader.samples():
        file = tmp_path / f"input{reader.suffix}"
        file.write_bytes(sound)
        reader.read(file)
