"""Puts an exported folder on the Hugging Face hub: only where it is named, private unless it was asked otherwise."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import NamedTuple

from ownvoice.errors import ConfigError, NetworkUnavailable
from ownvoice.export.card import is_memorised
from ownvoice.records.run import RunRecord

NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


class Push(NamedTuple):
    """As it was typed."""

    repository: str
    public: bool = False
    though_memorised: bool = False


def require_pushable(push: Push, record: RunRecord) -> None:
    """To be called before anything is written.

    Raises:
        ConfigError: with every reason why it won't be pushed.
    """
    from huggingface_hub import get_token  # noqa: PLC0415 - only those who name the hub pay for it

    problems = []
    if not NAME.fullmatch(push.repository):
        problems.append(f"--push {push.repository}: no name of the hub's, which is owner/name")
    memorised = is_memorised(record)
    if memorised is not False and not push.though_memorised:
        found = "recites an essay" if memorised else "was never looked at for recited essays"
        problems.append(
            f"the model of Run {record.number} {found}: whoever gets it may get essays out of it "
            "(--though-memorised pushes it all the same)"
        )
    if not get_token():
        problems.append("this machine is not logged in to the hub (`hf auth login`)")
    if problems:
        raise ConfigError("\n".join(problems), "a repository of yours, and a model that may go there")


def push_folder(folder: Path, push: Push) -> str:
    """Make the repository where there is none, and upload the folder; returns its address.

    Raises:
        ConfigError: the repository is there, and more or less open than was asked for.
        NetworkUnavailable: the hub can't be reached, or refuses.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import HfApi  # noqa: PLC0415 - as above
    from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # noqa: PLC0415 - of the library below it

    hub = HfApi()
    try:
        url = hub.create_repo(push.repository, private=not push.public, exist_ok=True)
        if (is_private := bool(hub.repo_info(push.repository).private)) == push.public:
            raise ConfigError(
                f"{push.repository} is there, and {'private' if is_private else 'public'}",
                "public, as --public asks" if push.public else "private, as long as --public isn't typed",
                "name another repository, or change this one on its page",
            )
        hub.upload_folder(repo_id=push.repository, folder_path=folder, commit_message="Exported by ownvoice")
    except (HTTPError, OSError) as error:
        raise NetworkUnavailable(
            f"{push.repository} could not be pushed: {str(error).strip().splitlines()[0]}",
            "the hub, and a login that may write there",
            f"the export itself is in {folder}; `{_again(push, folder)}` tries again",
        ) from error
    return str(url)


def _again(push: Push, folder: Path) -> str:
    """Makes the repository where it isn't there yet, and a private one only if it is told to."""
    private = () if push.public else ("--private",)
    return shlex.join(["hf", "upload", push.repository, str(folder), *private])
