"""Fetch a model from the Hugging Face hub: safetensors and settings only, at one commit.

Reached only where the config names a hub model.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from ownvoice.errors import ModelUnavailable, NetworkUnavailable
from ownvoice.full_disk import disk_full, is_disk_full

# Top-level files only: some repositories hold further formats of the same weights in folders.
WANTED = ["*.safetensors", "*.safetensors.index.json", "config.json", "generation_config.json"]
WANTED += ["tokenizer*", "special_tokens_map.json", "vocab*", "merges.txt", "chat_template*"]


class Snapshot(NamedTuple):
    folder: Path
    commit: str


def fetch_from_hub(hub_id: str, revision: str | None) -> Snapshot:
    """A local folder with the model at a commit; what is on this disk already is not fetched again.

    Raises:
        ModelUnavailable: no such model or revision, gated, or without safetensors.
        DiskFull: it has no room here.
        NetworkUnavailable: the hub can't be reached and the model is not on this disk.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - only those who name a hub model pay for it
    from huggingface_hub.errors import (  # noqa: PLC0415
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        folder = snapshot_download(hub_id, revision=revision, allow_patterns=WANTED, ignore_patterns=["*/*"])
    except GatedRepoError as error:
        raise ModelUnavailable(
            f"{hub_id} is gated and this machine has no access to it",
            "a login that its owners have let in",
            f"ask for access at https://huggingface.co/{hub_id}, then log in with `hf auth login`",
        ) from error
    except RevisionNotFoundError as error:
        raise ModelUnavailable(
            f"{hub_id} has no revision {revision!r}", "a commit, tag or branch", "see its page"
        ) from error
    except RepositoryNotFoundError as error:
        raise ModelUnavailable(
            f"the hub has no model {hub_id}, or it is private", "an id such as openai-community/gpt2", "mend the name"
        ) from error
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        if is_disk_full(error):
            raise disk_full(error, hub_id) from error
        reason = str(error.__cause__ or error).splitlines()[0]
        raise NetworkUnavailable(
            f"{hub_id} could not be fetched from the hub: {reason}",
            "a network, or a model that is on this disk already",
            "check the network (`ownvoice doctor --hub`), or run the embedded model: --model smollm2-135m",
        ) from error
    return Snapshot(Path(folder), Path(folder).name)
