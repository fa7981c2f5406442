"""Takes sources in as pair files: reads, cleans, proposes and writes them, and keeps what there is to tell about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ownvoice.essays.check import read_pairs
from ownvoice.frozen import Frozen
from ownvoice.intake.clean import Removed, clean_all
from ownvoice.intake.documents import Reading, Skipped
from ownvoice.intake.prompts import propose_prompts
from ownvoice.intake.propose import Proposal, TooLong, TooShort, propose
from ownvoice.intake.write import WrittenPair, read_manifest, write_pairs, write_prompts

Ask = Callable[[Proposal], str]
"""Asks what an essay without a title is about; an empty answer keeps the proposal."""


class Intake(Frozen):
    """What was done."""

    folder: Path
    written: tuple[WrittenPair, ...]
    before: int
    """Texts that were taken at an earlier time."""
    left_out: tuple[Skipped, ...]
    removed: tuple[Removed, ...]
    prompts: Path | None
    """The file of canaries and probes, where one was made."""


def take_in(
    reading: Reading,
    folder: Path,
    too_short: TooShort = "drop",
    too_long: TooLong = "split",
    ask: Ask | None = None,
) -> Intake:
    """Add what is new to a folder of pair files; what is there stays as it is.

    Raises:
        PairsError: pair files that are there can't be read, or the list of what was taken before.
    """
    taken = read_manifest(folder).hashes
    there = read_pairs(folder) if any(folder.glob("*.md")) else ()
    new = [document for document in reading.documents if document.sha256 not in taken]
    cleaned = clean_all(new)
    proposed = propose(cleaned, [pair.split for pair in there], too_short, too_long)
    written = write_pairs(folder, [_asked(each, ask) for each in proposed.pairs])
    topics = [*(pair.topic for pair in there), *(each.proposal.topic for each in written)]
    essays = [*(pair.essay for pair in there), *(each.proposal.essay for each in written)]
    return Intake(
        folder=folder,
        written=written,
        before=len(reading.documents) - len(new),
        left_out=(*reading.skipped, *proposed.left_out),
        removed=tuple(removed for each in cleaned for removed in each.removed),
        prompts=write_prompts(folder, propose_prompts(topics, essays)) if essays else None,
    )


def _asked(proposal: Proposal, ask: Ask | None) -> Proposal:
    if ask is None or proposal.topic_from != "its first words":
        return proposal
    answer = " ".join(ask(proposal).split())
    return proposal.model_copy(update={"topic": answer, "topic_from": "in your words"}) if answer else proposal


def kinds_of(removed: Sequence[Removed]) -> dict[str, int]:
    """How often each kind of thing was taken out, the most frequent first."""
    kinds = [each.what for each in removed]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds), key=lambda kind: (-kinds.count(kind), kind))}
