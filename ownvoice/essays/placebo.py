"""Chooses a training set of the author's size from another writer's essays, for a placebo.

Which pairs are chosen depends on how many the author trains on in each tier and on nothing else of the author's,
so that two authors with sets of one size share one placebo training from the cache.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from ownvoice.essays.check import figures_of
from ownvoice.essays.dataset import pairs_fingerprint
from ownvoice.essays.fields import TIERS
from ownvoice.essays.leaks import prompt_leaks
from ownvoice.essays.lengths import TokensOf
from ownvoice.essays.prompts import Prompts
from ownvoice.essays.words import number_texts
from ownvoice.records.essays import CheckedPairs, Pair, PairSet


def to_train(own: PairSet, pairs: Iterable[Pair], given_away: frozenset[str]) -> tuple[Pair, ...]:
    """Of the training pairs that give no prompt away, as many as the author's."""
    free = [pair for pair in pairs if pair.split == "train" and pair.id not in given_away]
    return same_size(own.of("train"), free)


def same_size(own: Iterable[Pair], pool: Sequence[Pair]) -> tuple[Pair, ...]:
    """As many pairs as the author's in each tier, first by id; what a tier lacks comes from the nearest tiers."""
    left = {tier: deque(pair for pair in sorted(pool, key=_by_id) if pair.tier == tier) for tier in TIERS}
    chosen: list[Pair] = []
    missing: list[int] = []
    for tier, number in sorted(Counter(pair.tier for pair in own).items()):
        there = min(number, len(left[tier]))
        chosen += (left[tier].popleft() for _ in range(there))
        missing += [tier] * (number - there)
    for tier in missing:
        first_left = [pairs[0] for pairs in left.values() if pairs]
        if first_left:
            nearest = min(first_left, key=lambda pair: (abs(pair.tier - tier), pair.id))
            chosen.append(left[nearest.tier].popleft())
    return tuple(sorted(chosen, key=lambda pair: (pair.tier, pair.id)))


def to_validate(pairs: Sequence[Pair], tiers: Sequence[int]) -> tuple[Pair, ...]:
    """For the validation loss: of the author's tiers, or of any where those have none."""
    held_out = sorted((pair for pair in pairs if pair.split == "validation"), key=lambda pair: (pair.tier, pair.id))
    return tuple(pair for pair in held_out if pair.tier in tiers) or tuple(held_out)


def too_few(own: PairSet, chosen: Sequence[Pair], held_out: Sequence[Pair]) -> list[str]:
    needed = len(own.of("train"))
    problems = [] if held_out else ["no validation pair: hold one essay out of the placebo's training"]
    if len(chosen) < needed:
        problems.append(
            f"{len(chosen)} training pairs, and the author trains on {needed}: a placebo of another size proves nothing; "
            "add essays to it, or lower data.train_pairs"
        )
    return problems


def giving_away(own: PairSet, pairs: Sequence[Pair]) -> frozenset[str]:
    """Ids of essays that have the topic of a canary or probe: the placebo's model would have seen its answer."""
    prompts = Prompts(canaries=own.canaries, probes=own.probes, sources={each.id: "" for each in own.prompts})
    return frozenset(pair.id for pair in pairs if prompt_leaks((pair,), number_texts([pair.essay]), prompts))


def as_checked(own: PairSet, pairs: tuple[Pair, ...], notes: tuple[str, ...], tokens_of: TokensOf) -> CheckedPairs:
    """With the author's own prompts: the placebo is asked the same."""
    return CheckedPairs(
        pair_set=PairSet(pairs=pairs, canaries=own.canaries, probes=own.probes),
        figures=tuple(map(figures_of, pairs, tokens_of(pairs))),
        fingerprint=pairs_fingerprint(pairs),
        notes=notes,
    )


def size_note(own: Sequence[Pair], chosen: Sequence[Pair], tokens_of: TokensOf) -> str:
    ours, theirs = (sum(tokens_of(pairs)) for pairs in (own, chosen))
    alike = Counter(pair.tier for pair in own) == Counter(pair.tier for pair in chosen)
    tiers = "in the same tiers" if alike else "not all in the same tiers"
    return f"Placebo: {len(chosen)} training pairs {tiers}, {theirs:,} tokens beside the author's {ours:,}."


def _by_id(pair: Pair) -> str:
    return pair.id
