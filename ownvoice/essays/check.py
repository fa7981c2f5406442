"""The writer's pairs: read, judged all at once, chosen for the run and fitted to the model's context."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ownvoice.config import DataConfig, ExperimentConfig, OverLength
from ownvoice.errors import PairsError
from ownvoice.essays.fields import judge, repeated_ids
from ownvoice.essays.leaks import duplicate_essays, prompt_leaks, repeated_prompts
from ownvoice.essays.prompts import USUAL_PROBES, Prompts, parse_prompts
from ownvoice.essays.prompts import read_prompts as read_prompts
from ownvoice.essays.read import Entries, read_entries, shown
from ownvoice.essays.topics import shared_topics
from ownvoice.essays.words import number_texts
from ownvoice.frozen import Frozen
from ownvoice.models.prompt_format import (
    PromptFormat,
    Reading,
    TokenCounter,
    control_tokens_in,
    example_tokens,
    format_prompt,
)
from ownvoice.paths import resolve
from ownvoice.records import CheckedPairs, Pair, PairFigures, PairSet
from ownvoice.text import SENTENCE_END

TokensOf = Callable[[Sequence[Pair]], list[int]]
"""Tokens of each pair as the model sees it: prompt, essay and end-of-text."""

PARAGRAPH_END = re.compile(r"(?=\n[ \t]*\n)|\Z")


class Fitted(Frozen):
    pairs: tuple[Pair, ...]
    tokens: tuple[int, ...]
    """Of each pair, so that none is counted twice."""
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def fit_all(pairs: tuple[Pair, ...], over_length: OverLength, tokens_of: TokensOf, context_tokens: int) -> Fitted:
    """Every pair within the context, in the same order, with a note for each one that was changed."""
    sizes = zip(pairs, tokens_of(pairs), strict=True)
    each = [_fit(pair, tokens, over_length, tokens_of, context_tokens) for pair, tokens in sizes]
    return Fitted(
        pairs=tuple(pair for fitted in each for pair in fitted.pairs),
        tokens=tuple(tokens for fitted in each for tokens in fitted.tokens),
        notes=tuple(note for fitted in each for note in fitted.notes),
        problems=tuple(problem for fitted in each for problem in fitted.problems),
    )


def _fit(pair: Pair, tokens: int, over_length: OverLength, tokens_of: TokensOf, context_tokens: int) -> Fitted:
    whole = Fitted(pairs=(pair,), tokens=(tokens,))
    if tokens <= context_tokens:
        return whole
    excess = f"{tokens:,} tokens with its prompt, {tokens - context_tokens:,} more than the model's {context_tokens:,}"
    if over_length == "error":
        return whole.model_copy(update={"problems": (f"{pair.source}: essay '{pair.id}' has {excess}",)})
    if over_length == "drop":
        return Fitted(pairs=(), tokens=(), notes=(f"Dropped '{pair.id}': {excess}.",))
    parts = _parts(pair, tokens_of, context_tokens, first_only=over_length == "truncate")
    if not parts:
        problem = f"{pair.source}: essay '{pair.id}' has {excess}; no sentence fits"
        return whole.model_copy(update={"problems": (problem,)})
    if over_length == "truncate":
        kept = pair.model_copy(update={"essay": parts[0]})
        words = f"{len(parts[0].split()):,} of {len(pair.essay.split()):,} words kept"
        note = f"Truncated '{pair.id}' at the end of a sentence, {words}: {excess}."
        return Fitted(pairs=(kept,), tokens=tuple(tokens_of([kept])), notes=(note,))
    named = [pair.model_copy(update={"id": f"{pair.id}-{n}", "essay": part}) for n, part in enumerate(parts, 1)]
    note = f"Split '{pair.id}' in {len(named)} parts: {excess}."
    return Fitted(pairs=tuple(named), tokens=tuple(tokens_of(named)), notes=(note,))


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


EXPECTED = "essays with topic, tier (1 to 4) and split (train or validation), each once, none given away by a prompt"
REMEDY = "mend the lines named, all of them; docs/data-format.md explains each"
TOO_LONG = '; for essays that are too long set data.over_length to "truncate", "split" or "drop"'


def read_pairs(path: Path) -> tuple[Pair, ...]:
    """All pairs of a folder or file, in the order of their files and lines.

    Raises:
        PairsError: with every problem of reading; duplicates and leaks are found by `check_pairs`.
    """
    read = read_entries(path)
    pairs, problems = _judged(read)
    _refuse(problems)
    return pairs


def choose(pairs: tuple[Pair, ...], data: DataConfig) -> tuple[Pair, ...]:
    """The pairs of the tiers asked for: the first `train_pairs` by tier and id, then all for validation."""
    ranked = sorted((pair for pair in pairs if pair.tier in data.tiers), key=lambda pair: (pair.tier, pair.id))
    train = [pair for pair in ranked if pair.split == "train"]
    validation = [pair for pair in ranked if pair.split == "validation"]
    return (*train[: data.train_pairs], *validation)


def check_pairs(config: ExperimentConfig, reading: Reading) -> CheckedPairs:
    """Read, judge, choose and fit.

    Raises:
        PairsError: with all problems of essays, prompts, leakage and length together, one a line.
    """
    prompt_format, counter, context_tokens = reading
    instruction, folder = config.prompt.instruction, resolve(config.data.pairs)
    read, prompts = read_entries(folder), parse_prompts(resolve(config.data.prompts))
    pairs, problems = _judged(read)
    problems += [*prompts.problems, *_leaks(pairs, prompts)]
    problems += _control_tokens(pairs, prompts, instruction, prompt_format)
    problems += _unusable_prompts(config, prompts, prompt_format, counter, context_tokens)

    def tokens_of(pairs: Sequence[Pair]) -> list[int]:
        return example_tokens(prompt_format, instruction, pairs, counter)

    chosen = choose(pairs, config.data)
    fitted = fit_all(chosen, config.data.over_length, tokens_of, context_tokens)
    problems += [*fitted.problems, *_taken_ids(pairs, fitted.pairs)]
    if len(pairs) == len(read.entries) and not read.problems:  # a pair that can't be read may be the missing one
        problems += _too_few(pairs, chosen, fitted.pairs, config.data, shown(folder))
    _refuse(problems, TOO_LONG if fitted.problems else "")
    return CheckedPairs(
        pair_set=PairSet(pairs=fitted.pairs, canaries=prompts.canaries, probes=prompts.probes),
        figures=tuple(map(figures_of, fitted.pairs, fitted.tokens)),
        notes=(*fitted.notes, *shared_topics(chosen), *_few_probes(prompts)),
        author=pairs,
    )


def _leaks(pairs: tuple[Pair, ...], prompts: Prompts) -> list[str]:
    essays = number_texts(pair.essay for pair in pairs)
    return [*duplicate_essays(pairs, essays), *prompt_leaks(pairs, essays, prompts), *repeated_prompts(prompts)]


def _judged(read: Entries) -> tuple[tuple[Pair, ...], list[str]]:
    judged = [judge(entry) for entry in read.entries]
    pairs = tuple(each.pair for each in judged if each.pair is not None)
    problems = [*read.problems, *(problem for each in judged for problem in each.problems)]
    return pairs, [*problems, *repeated_ids(read.entries)]


def _refuse(problems: Iterable[str], addition: str = "") -> None:
    found = "\n".join(dict.fromkeys(problems))
    if found:
        raise PairsError(found, EXPECTED, REMEDY + addition)


def _control_tokens(
    pairs: tuple[Pair, ...], prompts: Prompts, instruction: str, prompt_format: PromptFormat
) -> list[str]:
    """The tokenizer would read such a string as structure: the turn or the essay would end there."""
    places: list[tuple[str, tuple[str, ...]]]
    places = [(f"{prompts.source_of(asked.id)}: {asked.label}", (asked.topic,)) for asked in prompts.asked()]
    places += [("prompt.instruction", (instruction,))]
    return [*control_token_problems(pairs, prompt_format), *_holding_tokens(places, prompt_format)]


def control_token_problems(pairs: Iterable[Pair], prompt_format: PromptFormat) -> list[str]:
    """A line for each control token that stands in a pair."""
    places = [(f"{pair.source}: pair '{pair.id}'", (pair.topic, pair.essay)) for pair in pairs]
    return _holding_tokens(places, prompt_format)


def _holding_tokens(places: Iterable[tuple[str, tuple[str, ...]]], prompt_format: PromptFormat) -> list[str]:
    return [
        f"{place} holds {token}, which the model takes for a control token: write it another way"
        for place, texts in places
        for token in control_tokens_in(prompt_format, texts)
    ]


def _unusable_prompts(
    config: ExperimentConfig, prompts: Prompts, prompt_format: PromptFormat, counter: TokenCounter, context_tokens: int
) -> list[str]:
    problems = []
    if prompts.canaries and prompt_format.kind == "base" and all(c.instruct_only for c in prompts.canaries):
        problems.append(
            f"{shown(resolve(config.data.prompts))}: every canary is instruct_only and this is a base model"
        )
    answer = config.decoding.max_new_tokens
    for asked in prompts.asked():
        prompt = counter.count(format_prompt(prompt_format, config.prompt.instruction, asked.topic))
        if prompt + answer > context_tokens:
            problems.append(
                f"{prompts.source_of(asked.id)}: {asked.label}: {prompt} tokens of prompt and {answer} of answer are "
                f"more than the model's {context_tokens:,}: lower decoding.max_new_tokens"
            )
    return problems


def _taken_ids(pairs: tuple[Pair, ...], fitted: tuple[Pair, ...]) -> list[str]:
    """Parts of a split essay are named id-1, id-2: the writer may have such a name already."""
    sources, originals = {pair.id: pair.source for pair in pairs}, {(pair.id, pair.source) for pair in pairs}
    return [
        f"{sources[part.id]}: the id '{part.id}' is needed for a part of the essay at {part.source}: rename one"
        for part in fitted
        if part.id in sources and (part.id, part.source) not in originals
    ]


def _too_few(
    pairs: tuple[Pair, ...], chosen: tuple[Pair, ...], fitted: tuple[Pair, ...], data: DataConfig, where: str
) -> list[str]:
    tiers = "tier " + ", ".join(map(str, data.tiers))
    problems = []
    for split in ("train", "validation"):
        if not any(pair.split == split for pair in chosen):
            there = sum(pair.split == split for pair in pairs)
            problems.append(f"{where}: no {split} pair in {tiers} ({there} in all tiers)")
        elif not any(pair.split == split for pair in fitted):
            problems.append(f"{where}: no {split} pair is left once the essays that are too long are dropped")
    train = sum(pair.split == "train" for pair in chosen)
    if data.train_pairs is not None and 0 < train < data.train_pairs:
        problems.append(f"{where}: {data.train_pairs} training pairs asked for (data.train_pairs), {train} in {tiers}")
    return problems


def figures_of(pair: Pair, tokens: int) -> PairFigures:
    """What the record keeps of a pair."""
    words = len(pair.essay.split())
    return PairFigures(id=pair.id, topic=pair.topic, tier=pair.tier, split=pair.split, words=words, tokens=tokens)


def _few_probes(prompts: Prompts) -> list[str]:
    if len(prompts.probes) >= USUAL_PROBES:
        return []
    return [f"Only {len(prompts.probes)} probes: {USUAL_PROBES} to 12 are usual, and fewer widen every interval."]
