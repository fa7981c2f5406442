"""Writes proposed pairs as files for a writer to edit, and keeps what was taken from where.

Nothing that is there is touched: a text that was taken once is not taken again, whether she edited its file, renamed it
or threw it away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from ownvoice.errors import PairsError
from ownvoice.files import write_atomically
from ownvoice.frozen import Frozen
from ownvoice.intake.prompts import ProposedPrompts
from ownvoice.intake.propose import Proposal
from ownvoice.paths import PROMPTS_NAME

MANIFEST = "_taken.json"  # a name that begins with _ is no essay (`ownvoice.essays.read`)
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
LONGEST_NAME = 50


class Taken(Frozen):
    """A text that was taken, and the pair files that were made of it."""

    source: str
    sha256: str
    files: tuple[str, ...]


class Manifest(Frozen):
    format: int = 1
    taken: tuple[Taken, ...] = ()

    @property
    def hashes(self) -> frozenset[str]:
        return frozenset(each.sha256 for each in self.taken)


class WrittenPair(Frozen):
    file: Path
    proposal: Proposal


def read_manifest(folder: Path) -> Manifest:
    """What was taken before; nothing where the folder is new.

    Raises:
        PairsError: the file was damaged; without it a text could be taken twice.
    """
    file = folder / MANIFEST
    try:
        return Manifest.model_validate_json(file.read_bytes()) if file.exists() else Manifest()
    except (OSError, ValidationError) as error:
        what = str(error).splitlines()[0]
        raise PairsError(
            f"{file}: {what}",
            "the list of what was taken before",
            "restore it, or begin a new folder: ownvoice init NAME",
        ) from None


def write_pairs(folder: Path, proposals: Iterable[Proposal]) -> tuple[WrittenPair, ...]:
    """Each pair in a file of its own, under a name that is free, then the list; whole files or none."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    manifest, written = read_manifest(folder), []
    for proposal in proposals:
        text = as_pair_file(proposal)
        file = _place_for(folder, proposal.topic, text)
        _write(file, text)
        written.append(WrittenPair(file=file, proposal=proposal))
        manifest = _with(manifest, proposal, file.name)
        _write(folder / MANIFEST, manifest.model_dump_json(indent=1) + "\n")
    return tuple(written)


def write_prompts(folder: Path, prompts: ProposedPrompts) -> Path | None:
    """The canaries and probes, unless there are some."""
    file = folder / PROMPTS_NAME
    if file.exists() or not prompts.canaries:
        return None
    _write(file, as_prompts_file(prompts))
    return file


def as_pair_file(proposal: Proposal) -> str:
    """Front matter and essay; why it was proposed so stands in comments."""
    return (
        "---\n"
        f"# from {_comment(proposal.source)}\n"
        f"topic: {_quoted(proposal.topic)}  # {proposal.topic_from}\n"
        f"tier: {proposal.tier}  # {proposal.tier_because}\n"
        f"split: {proposal.split}\n"
        f"---\n\n{proposal.essay}\n"
    )


def as_prompts_file(prompts: ProposedPrompts) -> str:
    head = (
        "# What the model is asked before and after training. Edit as you like; no topic may be one of your essays'.\n"
        "# Canaries are printed in full in the log, probes carry the statistics.\n"
    )
    canaries = [_table("canary", letter, topic) for letter, topic in zip("ABC", prompts.canaries, strict=False)]
    probes = [_table("probe", f"probe-{number}", topic) for number, topic in enumerate(prompts.probes, 1)]
    return "\n".join([head, *canaries, *probes])


def _table(kind: str, name: str, topic: str) -> str:
    return f"[[{kind}]]\nid = {_quoted(name)}\ntopic = {_quoted(topic)}\n"


def _with(manifest: Manifest, proposal: Proposal, name: str) -> Manifest:
    before = {each.sha256: each for each in manifest.taken}
    known = before.get(proposal.sha256)
    files = (*known.files, name) if known else (name,)
    taken = before | {proposal.sha256: Taken(source=proposal.source, sha256=proposal.sha256, files=files)}
    return manifest.model_copy(update={"taken": tuple(taken.values())})


def _place_for(folder: Path, topic: str, text: str) -> Path:
    """A free name; or the file that holds just this text, where a run was killed before it was noted."""
    wanted, number = _slug(topic), 1
    while True:
        file = folder / (f"{wanted}.md" if number == 1 else f"{wanted}-{number}.md")
        if not file.exists() or file.read_bytes() == text.encode():
            return file
        number += 1


def _slug(topic: str) -> str:
    name = re.sub(r"[^\w]+", "-", topic.lower()).strip("-_")
    return name[:LONGEST_NAME].rstrip("-") or "essay"


def _quoted(text: str) -> str:
    """A string that YAML and TOML both read."""
    return json.dumps(text, ensure_ascii=False)


def _comment(text: str) -> str:
    return " ".join(text.split())


def _write(file: Path, text: str) -> None:
    write_atomically(file, text)
    file.chmod(PRIVATE_FILE)
