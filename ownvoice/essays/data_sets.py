"""Finds the files of a data set, a folder of tables, and the split of each."""

from __future__ import annotations

import re
from pathlib import Path

from ownvoice.errors import PairsError
from ownvoice.essays.entries import NO_ESSAY, Entry, shown
from ownvoice.essays.tables import KINDS
from ownvoice.parsing import json_of

# What a file of a data set on the hub can hold; cards, licences and settings lie beside them.
DATA_SUFFIXES = (*KINDS, ".jsonl", ".csv")
MARKDOWN = ".md"
STATE = "state.json"
BESIDE = frozenset({STATE, "dataset_info.json", "dataset_dict.json", "dataset_infos.json"})
"""What `save_to_disk` and the hub keep beside the tables."""
ODD = {
    ".py": "a data set script, and none is ever run: save the set as Parquet",
    MARKDOWN: "an essay among tables: keep them in folders of their own",
}
# As `datasets` has them (data_files.py), where a name begins with them: `test-00000-of-00001`, not `my-test`.
SPLIT_NAMES = re.compile(
    r"(?:(?P<train>train|training)|validation|valid|val|dev|test|testing|eval|evaluation)(?![a-z])", re.IGNORECASE
)


def is_data_set(folder: Path) -> bool:
    """Whether a folder is a set of tables, as the hub or `save_to_disk` has it, and not a writer's own files."""
    suffixes = {file.suffix.lower() for file in _files(folder)}
    return bool(suffixes & KINDS.keys()) or (bool(suffixes & {*DATA_SUFFIXES}) and MARKDOWN not in suffixes)


def data_files(folder: Path) -> dict[Path, str]:
    """The data files of a set, each with its split; '' for each where all are of one split, which says nothing.

    Raises:
        PairsError: the set is a script, or holds essays that are no rows, or lacks a file.
    """
    files = _files(folder)
    named = {file.parent: _named_by(file) for file in files if file.name == STATE}
    problems = [
        f"{shown(file)}: not there, and the set's {STATE} names it"
        for files_named in named.values()
        for file in sorted(files_named - {*files})
    ]
    data = [file for file in files if file.suffix.lower() in DATA_SUFFIXES]
    problems += (
        [] if is_snapshot(folder) else [_odd(file) for file in files if file not in data and not _is_known(file)]
    )
    if problems:
        raise PairsError("\n".join(problems))
    data = [file for file in data if file in named.get(file.parent, {file})]
    splits = {file: _split_of(file.relative_to(folder)) for file in data}
    return splits if len(set(splits.values())) > 1 else dict.fromkeys(splits, "")


def is_snapshot(folder: Path) -> bool:
    """Of a set of the hub, in the cache that other programs share: what else they fetched of it lies there too."""
    return any(part.startswith("datasets--") for part in folder.parts)


def with_split(found: Entry | str, split: str) -> Entry | str:
    """The split of its file, for a row that names none."""
    if isinstance(found, str) or not split or found.values.get("split") not in (None, ""):
        return found
    return found.model_copy(update={"values": {**found.values, "split": split}})


def _named_by(state: Path) -> set[Path]:
    """The files that `save_to_disk` names: what else lies in its folder is its cache."""
    try:
        listed = json_of(state.read_text("utf-8"))["_data_files"]
        return {state.parent / Path(str(each["filename"])).name for each in listed}
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise PairsError(f"{shown(state)}: not what save_to_disk writes: {str(error)[:80]}") from None


def _odd(file: Path) -> str:
    return f"{shown(file)}: {ODD.get(file.suffix.lower(), 'no table: take it out, or begin its name with _')}"


def _is_known(file: Path) -> bool:
    return file.name in BESIDE or file.stem.upper() in ("LICENSE", "LICENCE", "README")


def _split_of(place: Path) -> str:
    """By the file's own name, or else by that of the nearest folder."""
    for part in reversed(place.parts):
        if match := SPLIT_NAMES.match(part):
            return "train" if match["train"] else "validation"
    return "train"


def _files(folder: Path) -> list[Path]:
    """To the bottom, in order; cards and hidden files left out, and links that lead nowhere kept: they are told of."""
    files = [
        file
        for file in sorted(folder.rglob("*"))
        if (file.is_file() or (file.is_symlink() and not file.exists())) and file.name.lower() not in NO_ESSAY
    ]
    return [file for file in files if not any(part[0] in "._" for part in file.relative_to(folder).parts)]
