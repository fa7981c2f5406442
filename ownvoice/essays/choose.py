"""Makes an experiment fit the essays that are there: what a writer left out is filled in, and what is asked for is a wish.

Every choice is a sentence, which stands in the run's entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ownvoice.essays.entries import Entry, Sifted
from ownvoice.essays.split import held_out_of, seeded_rank
from ownvoice.records.essays import SPLITS, Pair, Split
from ownvoice.text import Order

CLOSEST = 1
NAMES_SHOWN = 5


def complete(entries: Sequence[Entry]) -> Sifted[Entry]:
    """Every entry with a tier and a split: without a tier it counts as closest to the voice, and the split is chosen."""
    without_tier = sum(_lacks(entry, "tier") for entry in entries)
    tiered = [_with(entry, tier=CLOSEST) if _lacks(entry, "tier") else entry for entry in entries]
    without_split = [entry for entry in tiered if _lacks(entry, "split")]
    held_out = _held_out(without_split, tiered)
    done = [
        _with(entry, split="validation" if entry.id in held_out else "train") if _lacks(entry, "split") else entry
        for entry in tiered
    ]
    notes = []
    if without_tier:
        notes.append(f"{_essays(without_tier)} without a tier: tier {CLOSEST}, closest to the voice.")
    if without_split:
        validating = f"{_names(held_out)} validate" if held_out else "all train"
        notes.append(f"{_essays(len(without_split))} without a split: {validating}, chosen by what they say.")
    return Sifted(tuple(done), tuple(notes))


def choose(pairs: Sequence[Pair], tiers: Sequence[int], train_pairs: int | None, order: Order = "tier") -> Sifted[Pair]:
    """At most as many training pairs as asked for, of the tiers asked for; what isn't there is made up from what is.

    The first in `order` are trained on, the others validate; each by tier and id. "across tiers" is nested: fewer training
    pairs are some of those of more, and the same essays validate, however many are trained on.
    """
    notes: list[str] = []
    train, validation = (_of_tiers(pairs, split, tiers, notes) for split in SPLITS)
    if order == "across tiers":
        train = _across_tiers(train)
    if not validation and len(train) > 1:
        train, validation = _hold_one_out(train, train_pairs if order == "tier" else None)
        notes.append(f"No essay is set aside for validation: {_names([validation[0].id])} is, and is not trained on.")
    if train_pairs is not None and len(train) < train_pairs:
        notes.append(f"{_essays(len(train))} to train on, of the {train_pairs} asked for: there are no more.")
    return Sifted((*sorted(train[:train_pairs], key=_by_tier), *validation), tuple(notes))


def _of_tiers(pairs: Sequence[Pair], split: Split, tiers: Sequence[int], notes: list[str]) -> list[Pair]:
    """By tier and id; of any tier where those asked for have none."""
    there = sorted((pair for pair in pairs if pair.split == split), key=_by_tier)
    asked = [pair for pair in there if pair.tier in tiers]
    if there and not asked:
        notes.append(f"No {split} essay in tier {', '.join(map(str, tiers))}: those of all tiers are taken.")
    return asked or there


def _across_tiers(train: Sequence[Pair]) -> list[Pair]:
    """One of each tier in turn, each tier in the order of its essays' hashes."""
    by_tier: dict[int, list[Pair]] = {}
    for pair in sorted(train, key=lambda pair: seeded_rank(pair.essay)):
        by_tier.setdefault(pair.tier, []).append(pair)
    turns = [(turn, tier, pair) for tier, own in by_tier.items() for turn, pair in enumerate(own)]
    return [pair for _, _, pair in sorted(turns, key=lambda each: each[:2])]


def _by_tier(pair: Pair) -> tuple[int, str]:
    return pair.tier, pair.id


def _hold_one_out(train: list[Pair], wanted: int | None) -> tuple[list[Pair], list[Pair]]:
    """One that would not be trained on anyway, if there is one."""
    spare = train[wanted:] if wanted is not None and len(train) > wanted else train
    one = min(spare, key=lambda pair: seeded_rank(pair.essay))
    return [pair for pair in train if pair is not one], [one.model_copy(update={"split": "validation"})]


def _held_out(without_split: Sequence[Entry], entries: Sequence[Entry]) -> list[str]:
    """Ids of those that validate, so that with those that do already there are enough."""
    already = sum(str(entry.values.get("split", "")).strip() == "validation" for entry in entries)
    ranked = sorted(without_split, key=lambda entry: seeded_rank(str(entry.values.get("essay", ""))))
    return [entry.id for entry in ranked[: max(0, held_out_of(len(entries)) - already)]]


def _lacks(entry: Entry, field: str) -> bool:
    value = entry.values.get(field)
    return value is None or (isinstance(value, str) and not value.strip())


def _with(entry: Entry, **values: object) -> Entry:
    return entry.model_copy(update={"values": entry.values | values})


def _names(ids: Iterable[str]) -> str:
    names = [f"'{name}'" for name in ids]
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _essays(number: int) -> str:
    return f"{number} essay{'s' * (number != 1)}"
