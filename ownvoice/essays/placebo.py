"""Checks the placebo, another author's essays, like the author's own, and chooses a training set of the same size.

Which pairs are chosen depends on how many the author trains on in each tier and on nothing else of the author's,
so that two authors with sets of one size share one placebo training from the cache.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from ownvoice.config import ExperimentConfig
from ownvoice.errors import PairsError
from ownvoice.essays.check import control_token_problems, figures_of, read_pairs
from ownvoice.essays.fields import TIERS
from ownvoice.essays.leaks import duplicate_essays, prompt_leaks, shared_with
from ownvoice.essays.lengths import TokensOf, fit_all, token_counts
from ownvoice.essays.place import essays_place
from ownvoice.essays.prompts import Prompts
from ownvoice.essays.words import number_texts
from ownvoice.models.prompt_format import Reading
from ownvoice.records import CheckedPairs, CheckedPlacebo, Pair, PairSet

EXPECTED = "a placebo: another author's essays, in the same form as the author's own (docs/data-format.md)"
REMEDY = 'mend the lines named, point data.placebo at another set, or set data.placebo="" for a run without contrast'


def check_placebo(config: ExperimentConfig, own: PairSet, reading: Reading) -> CheckedPlacebo:
    """Read, judge, compare with the author's own essays, choose.

    Where the placebo is only measured, an essay longer than the context is truncated; where it is trained, the author's
    rules hold, and an essay with the topic of a prompt is left out.

    Raises:
        PairsError: with every problem of the set, one a line.
    """
    prompt_format, context_tokens = reading.prompt_format, reading.context_tokens
    pairs = _read(config)
    tokens_of = token_counts(reading, config.prompt.instruction)
    fitted = fit_all(pairs, config.data.over_length if config.trains_placebo else "truncate", tokens_of, context_tokens)
    given_away = _given_away(own, fitted.kept)
    free = [pair for pair in fitted.kept if pair.split == "train" and pair.id not in given_away]
    chosen = same_size(own.of("train"), free)
    held_out = _held_out(fitted.kept, config.data.tiers)
    essays = number_texts(pair.essay for pair in pairs)
    problems = [*duplicate_essays(pairs, essays), *shared_with(own.pairs, pairs), *fitted.problems]
    problems += control_token_problems(pairs, prompt_format)
    if config.trains_placebo:
        problems += _too_few(own, chosen, held_out, config)
    if problems:
        raise PairsError("\n".join(problems), EXPECTED, REMEDY)
    control = control_essays(fitted.kept, chosen, config)
    if not config.trains_placebo:
        return CheckedPlacebo(checked=_as_checked(own, (), (), tokens_of), control=control)
    left_out = [f"Placebo: {', '.join(sorted(given_away))} is not trained on, as it has the topic of a prompt."]
    notes = (*fitted.notes, *(left_out if given_away else ()), _size(own.of("train"), chosen, tokens_of))
    return CheckedPlacebo(checked=_as_checked(own, (*chosen, *held_out), notes, tokens_of), control=control)


def _given_away(own: PairSet, pairs: Sequence[Pair]) -> frozenset[str]:
    """Ids of essays that have the topic of a canary or probe: the placebo's model would have seen its answer."""
    prompts = Prompts(canaries=own.canaries, probes=own.probes, sources={each.id: "" for each in own.prompts})
    return frozenset(pair.id for pair in pairs if prompt_leaks((pair,), number_texts([pair.essay]), prompts))


def _read(config: ExperimentConfig) -> tuple[Pair, ...]:
    named = config.data.placebo
    if not named or essays_place(named) == essays_place(config.data.pairs):
        what = "the author's own essays" if named else "none"
        raise PairsError(f"data.placebo={named}: {what}", EXPECTED, REMEDY)
    return read_pairs(essays_place(named))


def _as_checked(own: PairSet, pairs: tuple[Pair, ...], notes: tuple[str, ...], tokens_of: TokensOf) -> CheckedPairs:
    """With the author's own prompts: the placebo is asked the same."""
    return CheckedPairs(
        pair_set=PairSet(pairs=pairs, canaries=own.canaries, probes=own.probes),
        figures=tuple(map(figures_of, pairs, tokens_of(pairs))),
        notes=notes,
    )


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


def control_essays(pairs: Sequence[Pair], chosen: Sequence[Pair], config: ExperimentConfig) -> tuple[Pair, ...]:
    """Essays that no training sees: the held-out ones first, those of the author's tiers before others.

    Without a training of the placebo even the pairs that it would take are free; they come last, so that both
    kinds of run measure the same essays where there are enough.
    """
    taken = set(chosen)
    free = [pair for pair in pairs if not (config.trains_placebo and pair in taken)]
    ranked = sorted(
        free,
        key=lambda pair: (
            pair.split == "train",
            pair in taken,
            pair.tier not in config.data.tiers,
            pair.tier,
            pair.id,
        ),
    )
    return tuple(ranked[: config.data.control_essays])


def _held_out(pairs: Sequence[Pair], tiers: Sequence[int]) -> tuple[Pair, ...]:
    """For the validation loss: of the author's tiers, or of any where those have none."""
    held_out = sorted((pair for pair in pairs if pair.split == "validation"), key=lambda pair: (pair.tier, pair.id))
    return tuple(pair for pair in held_out if pair.tier in tiers) or tuple(held_out)


def _too_few(own: PairSet, chosen: Sequence[Pair], held_out: Sequence[Pair], config: ExperimentConfig) -> list[str]:
    needed, where = len(own.of("train")), f"data.placebo={config.data.placebo}"
    problems = [] if held_out else [f"{where}: no validation pair: hold one essay out of its training"]
    if len(chosen) < needed:
        problems.append(
            f"{where}: {len(chosen)} training pairs, and the author trains on {needed}: a placebo of another size "
            "proves nothing; add essays to it, or lower data.train_pairs"
        )
    return problems


def _size(own: Sequence[Pair], chosen: Sequence[Pair], tokens_of: TokensOf) -> str:
    ours, theirs = (sum(tokens_of(pairs)) for pairs in (own, chosen))
    alike = Counter(pair.tier for pair in own) == Counter(pair.tier for pair in chosen)
    tiers = "in the same tiers" if alike else "not all in the same tiers"
    return f"Placebo: {len(chosen)} training pairs {tiers}, {theirs:,} tokens beside the author's {ours:,}."


def _by_id(pair: Pair) -> str:
    return pair.id
