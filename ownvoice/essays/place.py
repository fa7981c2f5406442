"""Where the essays lie that a config names: a path, or a data set of the hub that was fetched to this disk.

`hub:owner/name`, with `/folder` for a part of it and `@revision` for a commit, tag or branch. Of it come tables alone.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from ownvoice.errors import PairsError
from ownvoice.essays.data_sets import DATA_SUFFIXES
from ownvoice.files import keep_from_git, write_atomically
from ownvoice.hub import Repository, fetch_snapshot
from ownvoice.parsing import json_of
from ownvoice.paths import artifacts_folder, resolve

HUB = "hub:"
NAMED = re.compile(
    r"hub:(?P<id>[A-Za-z0-9][\w.-]*/[\w.-]+)(?P<folder>(?:/(?!\.)[\w.-]+)*)(?:@(?P<revision>[\w./-]+))?", re.ASCII
)


class _Named(NamedTuple):
    repository: Repository
    folder: str
    note: Path
    """What was fetched is noted here once it is whole: the library itself takes half a set for one."""


def essays_place(named: str) -> Path:
    """The folder or file; of a hub's set that was never fetched, a path where nothing is.

    Raises:
        PairsError: it names the hub and no data set.
    """
    if not named.startswith(HUB):
        return resolve(named)
    noted = _parsed(named)
    try:
        return Path(json_of(noted.note.read_text("utf-8"))["folder"]) / noted.folder
    except (OSError, ValueError, KeyError, TypeError):
        return noted.note.with_suffix(".not-fetched")


def have_here(*named: str) -> None:
    """Fetch sets of the hub, each once: what was fetched first stays, so that a rerun needs no network and is the same.

    Raises:
        PairsError: no such data set or revision, or gated, or without a table.
        NetworkUnavailable, DiskFull: it can't be fetched.
    """
    for each in named:
        if each.startswith(HUB) and not essays_place(each).exists():
            _fetch(each)


def place_notes(named: str) -> list[str]:
    """Which commit of a set of the hub was read."""
    if not named.startswith(HUB):
        return []
    wanted = _parsed(named)
    return [f"Essays of {wanted.repository.id}, from the hub at commit {json_of(wanted.note.read_text())['commit']}."]


def _fetch(named: str) -> None:
    wanted = _parsed(named)
    snapshot = fetch_snapshot(wanted.repository._replace(revision=_noted(wanted.note) or wanted.repository.revision))
    folder = snapshot.folder / wanted.folder
    if not any(file.suffix.lower() in DATA_SUFFIXES for file in folder.rglob("*")):
        raise PairsError(
            f"{named}: no table in it at commit {snapshot.commit[:12]}",
            f"a data set with {', '.join(DATA_SUFFIXES)} files; one that is a script is never run",
            "choose another, or save it as Parquet",
        )
    content = {"folder": str(snapshot.folder), "commit": snapshot.commit}
    keep_from_git(artifacts_folder())
    write_atomically(wanted.note, json.dumps(content, indent=1) + "\n")


def _noted(note: Path) -> str | None:
    """The commit that was fetched before, of a set that was thrown away since."""
    try:
        return str(json_of(note.read_text("utf-8"))["commit"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _parsed(named: str) -> _Named:
    match = NAMED.fullmatch(named)
    if match is None:
        raise PairsError(
            f"{named}: names no data set of the hub",
            "hub:owner/name, with /folder for a part of it and @revision for a commit",
            "mend the name",
        )
    hub_id, folder, revision = match["id"], match["folder"].strip("/"), match["revision"]
    repository = Repository(
        id=hub_id,
        kind="dataset",
        revision=revision,
        wanted=[f"{folder}/*{suffix}" if folder else f"*{suffix}" for suffix in DATA_SUFFIXES],
        unwanted=[],
        mistake=PairsError,
        example="hub:owner/name",
        way_out="name a set on this disk: --set data.pairs=FOLDER",
    )
    note = quote(named.removeprefix(HUB), safe="") + ".json"
    return _Named(repository, folder, artifacts_folder() / "cache" / "hub" / note)
