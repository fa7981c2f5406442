"""Fits essays to the model's context: one that is longer stops the run, or is truncated, split or dropped."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence

from ownvoice.essays.entries import Sifted
from ownvoice.models.prompt_format import Reading, example_tokens
from ownvoice.records.essays import Pair
from ownvoice.text import SENTENCE_END, OverLength

TokensOf = Callable[[Sequence[Pair]], list[int]]
"""Tokens of each pair as the model sees it: prompt, essay and end-of-text."""

PARAGRAPH_END = re.compile(r"(?=\n[ \t]*\n)|\Z")


def token_counts(reading: Reading, instruction: str) -> TokensOf:
    """Each pair is counted once, however often it is asked for: the tokenizer takes half of a large set's check."""
    known: dict[Pair, int] = {}

    def tokens_of(pairs: Sequence[Pair]) -> list[int]:
        new = [pair for pair in dict.fromkeys(pairs) if pair not in known]
        known.update(zip(new, example_tokens(reading.prompt_format, instruction, new, reading.counter), strict=True))
        return [known[pair] for pair in pairs]

    return tokens_of


def fit_all(pairs: tuple[Pair, ...], over_length: OverLength, tokens_of: TokensOf, context_tokens: int) -> Sifted[Pair]:
    """Every pair within the context, in the same order, with a note for each one that was changed."""
    sizes = zip(pairs, tokens_of(pairs), strict=True)
    return Sifted.together(_fit(pair, tokens, over_length, tokens_of, context_tokens) for pair, tokens in sizes)


def _fit(pair: Pair, tokens: int, over_length: OverLength, tokens_of: TokensOf, context_tokens: int) -> Sifted[Pair]:
    if tokens <= context_tokens:
        return Sifted((pair,))
    excess = f"{tokens:,} tokens with its prompt, {tokens - context_tokens:,} more than the model's {context_tokens:,}"
    if over_length == "error":
        return Sifted((pair,), problems=(f"{pair.source}: essay '{pair.id}' has {excess}",))
    if over_length == "drop":
        return Sifted((), notes=(f"Dropped '{pair.id}': {excess}.",))
    parts = _parts(pair, tokens_of, context_tokens, first_only=over_length == "truncate")
    if not parts:
        return Sifted((pair,), problems=(f"{pair.source}: essay '{pair.id}' has {excess}; no sentence fits",))
    if over_length == "truncate":
        kept = pair.model_copy(update={"essay": parts[0]})
        words = f"{len(parts[0].split()):,} of {len(pair.essay.split()):,} words kept"
        return Sifted((kept,), notes=(f"Truncated '{pair.id}' at the end of a sentence, {words}: {excess}.",))
    named = [pair.model_copy(update={"id": f"{pair.id}-{n}", "essay": part}) for n, part in enumerate(parts, 1)]
    return Sifted(tuple(named), notes=(f"Split '{pair.id}' in {len(named)} parts: {excess}.",))


def _parts(pair: Pair, tokens_of: TokensOf, context_tokens: int, first_only: bool) -> list[str]:
    """The essay in parts that fit, cut at paragraph ends where one fits and else at sentence ends; [] if neither.

    With `first_only` it is one part and the latest sentence end, since nothing follows that would read on.
    """

    def fits(text: str) -> bool:
        return tokens_of([pair.model_copy(update={"essay": text})])[0] <= context_tokens

    parts, rest = [], pair.essay
    while rest:
        part = (None if first_only else _longest(rest, PARAGRAPH_END, fits)) or _longest(rest, SENTENCE_END, fits)
        if part is None:
            return []
        parts.append(part)
        if first_only:
            break
        rest = rest[len(part) :].lstrip()
    return parts


def _longest(text: str, end: re.Pattern[str], fits: Callable[[str], bool]) -> str | None:
    """The longest beginning that stops at an end and fits; token counts grow with length, so halve the interval."""
    stops = [match.end() for match in end.finditer(text) if match.end()]
    fitting = bisect_right(stops, False, key=lambda stop: not fits(text[:stop]))
    return text[: stops[fitting - 1]] if fitting else None
