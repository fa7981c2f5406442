"""Proposes pairs: a topic, a tier and a split for each text, each with its reason, and what is left out or split.

The split is seeded by what a text says and nested: a text that is added later never moves one that is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Literal

from ownvoice.essays.split import held_out_of, seeded_rank
from ownvoice.essays.words import shingles_of
from ownvoice.frozen import Frozen
from ownvoice.intake.clean import MAIL, Cleaned
from ownvoice.intake.documents import Skipped
from ownvoice.intake.warnings import warnings_of
from ownvoice.markdown import shortened
from ownvoice.records.essays import Split

TooShort = Literal["drop", "keep"]
TooLong = Literal["split", "drop", "keep"]

# The measures of the voice need 40 words (`ownvoice.voice.text`), and a training learns little from fewer than a paragraph.
FEWEST_WORDS = 60
# SmolLM2 trains 1,000 words (1,500 tokens) in 6 GiB; a longer text is worth more as two.
MOST_WORDS = 1000
PIECE_FROM_WORDS = 250  # under it a text is a piece: tier 4, for smoke tests
ESSAY_FROM_WORDS = 400  # from here on an essay carries the voice best: tier 1
TOPIC_CHARACTERS = 100
SAME_TEXT = 0.8  # share of five-word runs, of the shorter text


class Proposal(Frozen):
    """A pair as it is proposed."""

    source: str
    sha256: str
    """Of the document that it comes from."""
    topic: str
    topic_from: str
    """'its title', 'its subject', 'its first words'."""
    essay: str
    tier: int
    tier_because: str
    split: Split
    warnings: tuple[str, ...] = ()

    @property
    def words(self) -> int:
        return len(self.essay.split())


class Proposed(Frozen):
    pairs: tuple[Proposal, ...]
    left_out: tuple[Skipped, ...]


def propose(
    cleaned: Iterable[Cleaned],
    there: Sequence[Split] = (),
    too_short: TooShort = "drop",
    too_long: TooLong = "split",
) -> Proposed:
    """Pairs of what is long enough and stands once; `there` are the splits of pairs that are there already."""
    left_out: list[Skipped] = []
    texts = [part for each in cleaned for part in _fitting(each, too_short, too_long, left_out)]
    kept = _each_once(texts, left_out)
    held_out = _held_out(kept, there)
    pairs = tuple(_proposal(each, "validation" if each in held_out else "train") for each in kept)
    return Proposed(pairs=pairs, left_out=tuple(left_out))


def _fitting(each: Cleaned, too_short: TooShort, too_long: TooLong, left_out: list[Skipped]) -> list[Cleaned]:
    if each.words < FEWEST_WORDS and (too_short == "drop" or not each.words):
        reason = f"{each.words} words of prose, {FEWEST_WORDS} at least: add to it, or take it with --short keep"
        left_out.append(Skipped(source=each.document.source, reason=reason))
        return []
    if each.words <= MOST_WORDS or too_long == "keep":
        return [each]
    if too_long == "drop":
        reason = f"{each.words:,} words, {MOST_WORDS:,} at most: left out as --long drop asks"
        left_out.append(Skipped(source=each.document.source, reason=reason))
        return []
    return _split(each)


def _split(each: Cleaned) -> list[Cleaned]:
    """In parts of about one length, cut between paragraphs; a single paragraph stays whole."""
    number = -(-each.words // MOST_WORDS)
    wanted, words = each.words / number, 0
    parts: list[list[str]] = [[]]
    for paragraph in each.paragraphs:
        if parts[-1] and words >= wanted * len(parts) - len(paragraph.split()) / 2 and len(parts) < number:
            parts.append([])
        parts[-1].append(paragraph)
        words += len(paragraph.split())
    if len(parts) == 1:
        return [each]
    return [
        each.model_copy(update={"paragraphs": tuple(part), "document": _part_of(each, index, len(parts))})
        for index, part in enumerate(parts, 1)
    ]


def _part_of(each: Cleaned, index: int, of: int) -> object:
    title = f"{each.document.title}, part {index}" if each.document.title else ""
    source = f"{each.document.source} (part {index} of {of})"
    return each.document.model_copy(update={"title": title, "source": source})


def _each_once(texts: Sequence[Cleaned], left_out: list[Skipped]) -> list[Cleaned]:
    """The same text in two formats, or a draft of one, is one essay: the longer is kept."""
    kept: list[tuple[Cleaned, set[tuple[str, ...]]]] = []
    for each in sorted(texts, key=lambda text: -text.words):
        runs = shingles_of(each.text)
        same = next((other for other, theirs in kept if len(runs & theirs) >= SAME_TEXT * len(runs)), None)
        if same is None:
            kept.append((each, runs))
        else:
            reason = f"the same text as {same.document.source}, which is longer or as long"
            left_out.append(Skipped(source=each.document.source, reason=reason))
    order = {id(text): place for place, text in enumerate(texts)}
    return sorted((text for text, _ in kept), key=lambda text: order[id(text)])


def _held_out(kept: Sequence[Cleaned], there: Sequence[Split]) -> list[Cleaned]:
    """As many more as the whole needs, by the hash of what they say; short pieces and mails last."""
    needed = held_out_of(len(kept) + len(there)) - sum(split == "validation" for split in there)
    ranked = sorted(kept, key=lambda text: (_tier(text)[0] > 2, seeded_rank(text.text)))
    return ranked[: max(0, needed)]


def _proposal(each: Cleaned, split: Split) -> Proposal:
    topic, topic_from = _topic(each)
    tier, because = _tier(each)
    return Proposal(
        source=each.document.source,
        sha256=each.document.sha256,
        topic=topic,
        topic_from=topic_from,
        essay=each.text,
        tier=tier,
        tier_because=because,
        split=split,
        warnings=warnings_of(each),
    )


def _topic(each: Cleaned) -> tuple[str, str]:
    document = each.document
    if document.title:
        return _one_line(document.title), "its subject" if document.format == MAIL else "its title"
    heading = next((block.text for block in document.blocks if block.kind == "heading" and block.text.strip()), "")
    if heading:
        return _one_line(heading), "its first heading"
    return _one_line(re.split(r"(?<=[.!?\u2026])\s", each.paragraphs[0])[0]), "its first words"


def _one_line(text: str) -> str:
    return shortened(" ".join(text.split()), TOPIC_CHARACTERS)


def _tier(each: Cleaned) -> tuple[int, str]:
    if each.words < PIECE_FROM_WORDS:
        return 4, f"a short piece of {each.words} words"
    if each.document.format == MAIL:
        return 3, "a mail: written to one person"
    if each.words < ESSAY_FROM_WORDS:
        return 2, f"{each.words} words"
    return 1, f"an essay of {each.words} words"
