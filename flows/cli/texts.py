"""Reads what `score` and `judge` are given: sets as `check` takes them, files and folders of plain text, stdin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from flows.cli.arguments import essays_typed
from ownvoice.errors import ConfigError, PairsError, VoiceError
from ownvoice.essays.check import read_pairs
from ownvoice.essays.place import have_here
from ownvoice.essays.read import is_table
from ownvoice.essays.rows import Columns
from ownvoice.experiment_files import apply_setting, parse_experiment
from ownvoice.voice.corpus import SUFFIXES, read_text_file, text_files
from ownvoice.voice.results import Essay
from ownvoice.voice.score import NamedText

STDIN = "-"
COLUMNS = "data.columns."
BOM = b"\xef\xbb\xbf"
TAKEN = "files of text, folders of .md and .txt files, sets as `ownvoice check` takes them, or - for stdin"


def columns_typed(settings: tuple[str, ...]) -> Columns:
    """What the sets' columns are called, as `--set data.columns.essay=text` has it.

    Raises:
        ConfigError: anything else is set, or no column that a pair has.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        if not setting.startswith(COLUMNS):
            raise ConfigError(f"--set {setting}", f"{COLUMNS}NAME=COLUMN: nothing else is read here", "leave it out")
        apply_setting(values, setting)
    return parse_experiment(values, "--set").data.columns


def read_essays(place: str, columns: Columns, problems: list[str]) -> tuple[Essay, ...]:
    """Essays as a run reads them, byte for byte; what no run would take, for want of a topic, as plain texts."""
    try:
        have_here(place)
        path = essays_typed(place)
        if is_table(path) or _has_front_matter(path):
            return tuple(Essay(id=pair.id, text=pair.essay) for pair in read_pairs(path, columns))
    except PairsError as error:
        problems.append(error.found)
        return ()
    return tuple(Essay(id=each.name, text=each.text.strip()) for each in read_texts(place, columns, problems))


def read_texts(place: str, columns: Columns, problems: list[str]) -> list[NamedText]:
    if place == STDIN:
        return [NamedText(name="stdin", text=sys.stdin.buffer.read().decode("utf-8", "replace"))]
    try:
        have_here(place)
        path = essays_typed(place)
        if is_table(path):
            return [NamedText(name=pair.id, text=pair.essay) for pair in read_pairs(path, columns)]
        return _read_texts(path)
    except (PairsError, VoiceError) as error:
        problems.append(error.found)
        return []


def _read_texts(path: Path) -> list[NamedText]:
    """Raises VoiceError for every file that can't be read."""
    files = text_files(path) if path.is_dir() else [path]
    problems = [] if files else [f"{path}: no {' or '.join(SUFFIXES)} file in it"]
    found = []
    for file in files:
        try:
            found.append(NamedText(name=file.name, text=read_text_file(file)))
        except VoiceError as error:
            problems.append(error.found)
    if problems:
        raise VoiceError("\n".join(problems))
    return found


def _has_front_matter(path: Path) -> bool:
    """Pairs, and no plain texts: every mistake in them is told."""
    files = text_files(path) if path.is_dir() else [path]
    return any(
        file.suffix == ".md" and file.is_file() and file.read_bytes()[:64].lstrip(BOM).startswith(b"---")
        for file in files
    )
