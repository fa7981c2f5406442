"""Checks the writer's pairs: all are read and judged at once, then chosen for the run and fitted to the model's context."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ownvoice.config import ExperimentConfig
from ownvoice.errors import PairsError
from ownvoice.essays.choose import choose, complete
from ownvoice.essays.dataset import pairs_fingerprint
from ownvoice.essays.entries import Entry, Sifted, shown
from ownvoice.essays.fields import judge, repeated_ids
from ownvoice.essays.leaks import duplicate_essays, prompt_leaks, repeated_prompts, without_leaks
from ownvoice.essays.lengths import fit_all, token_counts
from ownvoice.essays.place import essays_place, place_notes
from ownvoice.essays.prompts import USUAL_PROBES, Prompts, find_prompts
from ownvoice.essays.read import read_entries
from ownvoice.essays.rows import Columns
from ownvoice.essays.topics import shared_topics
from ownvoice.essays.words import number_texts
from ownvoice.models.prompt_format import (
    PromptFormat,
    Reading,
    control_tokens_in,
    format_prompt,
)
from ownvoice.records.essays import CheckedPairs, Pair, PairFigures, PairSet

FEWEST_ESSAYS = 2
NO_COLUMNS: Columns = {}
EXPECTED = "essays with topic, tier (1 to 4) and split (train or validation), each once, none given away by a prompt"
REMEDY = "mend the lines named, all of them; docs/data-format.md explains each"
TOO_LONG = '; for essays that are too long set data.over_length to "truncate", "split" or "drop"'


def read_pairs(path: Path, columns: Columns = NO_COLUMNS) -> tuple[Pair, ...]:
    """All pairs of a folder or file, in the order of their files and lines; `columns` as in `read_entries`.

    Raises:
        PairsError: with every problem of reading; duplicates and leaks are found by `check_pairs`.
    """
    read = read_entries(path, columns)
    pairs, problems = _judged(read, complete(read.kept).kept)
    _refuse(problems)
    return pairs


def check_pairs(config: ExperimentConfig, reading: Reading) -> CheckedPairs:
    """Read, judge, choose and fit.

    Raises:
        PairsError: with all problems of essays, prompts, leakage and length together, one a line.
    """
    prompt_format, context_tokens = reading.prompt_format, reading.context_tokens
    instruction, folder = config.prompt.instruction, essays_place(config.data.pairs)
    read, asked = read_entries(folder, config.data.columns), find_prompts(config.data.prompts, config.data.pairs)
    completed = complete(read.kept)
    pairs, problems = _judged(read, completed.kept)
    essays = number_texts(pair.essay for pair in pairs)
    prompts = without_leaks(asked.prompts, pairs, essays) if asked.neutral else asked.prompts
    problems += [*prompts.problems, *duplicate_essays(pairs, essays), *prompt_leaks(pairs, essays, prompts)]
    problems += repeated_prompts(prompts)
    problems += _control_tokens(pairs, prompts, instruction, prompt_format)
    problems += _unusable_prompts(config, asked.file, prompts, reading)

    tokens_of = token_counts(reading, instruction)
    chosen = choose(pairs, config.data.tiers, config.data.train_pairs, config.data.order)
    fitted = fit_all(chosen.kept, config.data.over_length, tokens_of, context_tokens)
    problems += [*fitted.problems, *_taken_ids(pairs, fitted.kept)]
    if len(pairs) == len(read.kept) and not read.problems:  # a pair that can't be read may be the missing one
        problems += _too_few(pairs, fitted.kept, shown(folder))
    _refuse(problems, TOO_LONG if fitted.problems else "")
    return CheckedPairs(
        pair_set=PairSet(pairs=fitted.kept, canaries=prompts.canaries, probes=prompts.probes),
        figures=tuple(map(figures_of, fitted.kept, tokens_of(fitted.kept))),
        fingerprint=pairs_fingerprint(fitted.kept),
        notes=(
            *place_notes(config.data.pairs),
            *completed.notes,
            *chosen.notes,
            *fitted.notes,
            *shared_topics(chosen.kept),
            *asked.notes,
            *_few_probes(prompts),
        ),
        author=pairs,
    )


def _judged(read: Sifted[Entry], entries: tuple[Entry, ...]) -> tuple[tuple[Pair, ...], list[str]]:
    judged = Sifted.together(judge(entry) for entry in entries)
    return judged.kept, [*read.problems, *judged.problems, *repeated_ids(read.kept)]


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


def _unusable_prompts(config: ExperimentConfig, file: Path, prompts: Prompts, reading: Reading) -> list[str]:
    prompt_format, counter, context_tokens = reading
    problems = []
    if prompts.canaries and prompt_format.kind == "base" and all(c.instruct_only for c in prompts.canaries):
        problems.append(f"{shown(file)}: every canary is instruct_only and this is a base model")
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


def _too_few(pairs: tuple[Pair, ...], fitted: tuple[Pair, ...], where: str) -> list[str]:
    if len(pairs) < FEWEST_ESSAYS:
        return [f"{where}: {len(pairs)} essay, where {FEWEST_ESSAYS} are needed: one to train on, one to validate with"]
    return [
        f"{where}: no {split} pair is left once the essays that are too long are dropped"
        for split in ("train", "validation")
        if not any(pair.split == split for pair in fitted)
    ]


def figures_of(pair: Pair, tokens: int) -> PairFigures:
    """What the record keeps of a pair."""
    words = len(pair.essay.split())
    return PairFigures(id=pair.id, topic=pair.topic, tier=pair.tier, split=pair.split, words=words, tokens=tokens)


def _few_probes(prompts: Prompts) -> list[str]:
    if len(prompts.probes) >= USUAL_PROBES:
        return []
    return [f"Only {len(prompts.probes)} probes: {USUAL_PROBES} to 12 are usual, and fewer widen every interval."]
