"""The runs of a series: a config each, made from the phase's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from pydantic import ValidationError

from ownvoice.config import ExperimentConfig
from ownvoice.errors import ConfigError, PairsError
from ownvoice.essays.check import read_pairs
from ownvoice.essays.choose import choose
from ownvoice.essays.nearest_placebo import with_placebo_chosen
from ownvoice.essays.place import essays_place
from ownvoice.essays.split import seeded_rank
from ownvoice.essays.writers import writer_at
from ownvoice.frozen import Frozen
from ownvoice.phase_configs import (
    BaseOrInstructConfig,
    CompareConfig,
    OverfitConfig,
    ScaleUpConfig,
    SweepConfig,
    one_run,
)


class Member(Frozen):
    """One run of a series."""

    label: str
    """What sets it apart: '6 of 13 pairs'."""
    config: ExperimentConfig


def members_of(config: ExperimentConfig) -> tuple[Member, ...]:
    """None for a phase that is one run; all runs have one and the same placebo.

    Raises:
        PairsError: the essays can't be read.
        ConfigError: settings of a sweep that don't go together.
    """
    members = _members(config)
    if not members:
        return ()
    placebo = with_placebo_chosen(members[-1].config).data.placebo
    return tuple(
        member.model_copy(
            update={"config": one_run(member.config, data=member.config.data.model_copy(update={"placebo": placebo}))}
        )
        for member in members
    )


def _members(config: ExperimentConfig) -> tuple[Member, ...]:
    match config:
        case ScaleUpConfig():
            return _sizes(config)
        case OverfitConfig():
            return (Member(label=f"{config.training.epochs} epochs", config=one_run(config)),)
        case CompareConfig():
            return tuple(Member(label=model, config=one_run(config, model=model)) for model in config.models)
        case SweepConfig():
            return _combinations(config)
        case BaseOrInstructConfig():
            return tuple(_cells(config))
        case _:
            return ()


def _combinations(config: SweepConfig) -> tuple[Member, ...]:
    """In the order of the grid, the last setting changing fastest; of too many those whose hashes come first."""
    every = [dict(zip(config.grid, values, strict=True)) for values in product(*config.grid.values())]
    drawn = sorted(every, key=lambda settings: seeded_rank(repr(sorted(settings.items()))))[: config.most_runs]
    return tuple(_combination(config, settings) for settings in every if settings in drawn)


def _combination(config: SweepConfig, settings: Mapping[str, Any]) -> Member:
    label = _label(settings)
    try:
        return Member(label=label, config=config.with_settings(dict(settings)))
    except ValidationError as error:
        says = "; ".join(each["msg"].removeprefix("Value error, ") for each in error.errors())
        raise ConfigError(f"grid: {label}: {says}", "settings that go together", "take one of them out") from None


def _label(settings: Mapping[str, Any]) -> str:
    """'learning_rate 5e-05, epochs 3', with the whole name where two end alike."""
    short = {name: name.rpartition(".")[2] for name in settings}
    alike = [name for name, count in Counter(short.values()).items() if count > 1]
    names = {name: name if last in alike else last for name, last in short.items()}
    return ", ".join(f"{names[name]} {value}" for name, value in settings.items()) or "as it is"


def _cells(config: BaseOrInstructConfig) -> Iterator[Member]:
    """Seed by seed, and author by author: what is done when it is stopped is whole as far as it goes."""
    training, writers = config.training, _writers(config)
    for seed in range(training.seed, training.seed + training.seeds):
        for name, pairs in writers:
            for arm in config.compared:
                changed = {"seed": seed, "seeds": 1, "learning_rate": arm.learning_rate or training.learning_rate}
                yield Member(
                    label=f"{arm.name}, {name}, seed {seed}",
                    config=one_run(
                        config,
                        model=arm.model,
                        data=config.data.model_copy(update={"pairs": pairs}),
                        prompt=config.prompt.model_copy(update={"format": arm.format}),
                        training=training.model_copy(update=changed),
                    ),
                )


def _writers(config: BaseOrInstructConfig) -> tuple[tuple[str, str], ...]:
    """Name and place of each, however often a place is named.

    Raises:
        ConfigError: two of them would be called the same.
    """
    places = {writer_at(pairs).place: pairs for pairs in reversed(config.writers)}
    found = [(writer_at(pairs).name, pairs) for pairs in reversed(places.values())]
    names = [name for name, _ in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or len(found) < 2:
        problem = f"two writers are called {twice[0]!r}" if twice else "all of them are one writer's essays"
        raise ConfigError(f"authors: {problem}", "writers whose folders have different names", "rename a folder")
    return tuple(found)


def _sizes(config: ScaleUpConfig) -> tuple[Member, ...]:
    """A run a size; those that ask for more pairs than there are become one that takes them all."""
    data = config.data
    chosen = choose(
        read_pairs(essays_place(data.pairs), data.columns), data.tiers, data.train_pairs, "across tiers"
    ).kept
    there = sum(pair.split == "train" for pair in chosen)
    if not there:
        raise PairsError(f"{data.pairs}: no essay to train on", "two essays or more", "add essays")
    return tuple(
        Member(
            label=f"{size} of {there} pairs",
            config=one_run(config, data=data.model_copy(update={"train_pairs": size})),
        )
        for size in sorted({min(size, there) for size in config.sizes})
    )
