"""Fetches files of a repository on the Hugging Face hub, at one commit; what is on this disk already is not fetched again.

The hub is reached only where the config names one of its models or data sets.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple

from ownvoice.errors import NetworkUnavailable, UserMistake
from ownvoice.files import disk_full, is_disk_full


class Repository(NamedTuple):
    """Of a model or a data set: `id` is owner/name, and an error of its kind says what is wrong with it."""

    id: str
    kind: Literal["model", "dataset"]
    revision: str | None
    wanted: list[str]
    """Patterns of the files that are fetched."""
    unwanted: list[str]
    mistake: type[UserMistake]
    example: str
    way_out: str
    """What to do without a network."""


class Snapshot(NamedTuple):
    folder: Path
    commit: str


def fetch_snapshot(repository: Repository) -> Snapshot:
    """A local folder with the wanted files at a commit.

    Raises:
        UserMistake: of the repository's kind: there is none such, or no such revision, or it is gated.
        DiskFull: it has no room here.
        NetworkUnavailable: the hub can't be reached and the files are not on this disk.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - only those who name the hub pay for it
    from huggingface_hub.errors import (  # noqa: PLC0415
        GatedRepoError,
        HfHubHTTPError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    hub_id, what, mistake = repository.id, {"dataset": "data set"}.get(repository.kind, "model"), repository.mistake
    try:
        folder = snapshot_download(
            hub_id,
            repo_type=repository.kind,
            revision=repository.revision,
            allow_patterns=repository.wanted,
            ignore_patterns=repository.unwanted,
        )
    except GatedRepoError as error:
        page = f"https://huggingface.co/{'datasets/' if repository.kind == 'dataset' else ''}{hub_id}"
        raise mistake(
            f"{hub_id} is gated and this machine has no access to it",
            "a login that its owners have let in",
            f"ask for access at {page}, then log in with `hf auth login`",
        ) from error
    except HFValidationError as error:
        raise mistake(f"{hub_id} is no name of the hub's: {error}", f"an id such as {repository.example}") from error
    except RevisionNotFoundError as error:
        raise mistake(
            f"{hub_id} has no revision {repository.revision!r}", "a commit, tag or branch", "see its page"
        ) from error
    except RepositoryNotFoundError as error:
        raise mistake(
            f"the hub has no {what} {hub_id}, or it is private", f"an id such as {repository.example}", "mend the name"
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        if is_disk_full(error):
            raise disk_full(error, hub_id) from error
        reason = str(error.__cause__ or error).splitlines()[0]
        raise NetworkUnavailable(
            f"{hub_id} could not be fetched from the hub: {reason}",
            f"a network, or a {what} that is on this disk already",
            f"check the network (`ownvoice doctor --hub`), or {repository.way_out}",
        ) from error
    return Snapshot(Path(folder), Path(folder).name)
