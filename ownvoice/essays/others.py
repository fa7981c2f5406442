"""Checks other writers' essays like the author's own: of placebos, which are trained on, and of those that are only measured."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from ownvoice.config import THIRD_AUTHORS, DataConfig, ExperimentConfig
from ownvoice.errors import PairsError
from ownvoice.essays.check import control_token_problems, read_pairs
from ownvoice.essays.leaks import duplicate_essays, shared_with, without_shared
from ownvoice.essays.lengths import fit_all, token_counts
from ownvoice.essays.place import essays_place
from ownvoice.essays.placebo import as_checked, giving_away, size_note, to_train, to_validate, too_few
from ownvoice.essays.words import number_texts
from ownvoice.essays.writers import Writer, find_writers, writer_at
from ownvoice.models.prompt_format import Reading
from ownvoice.paths import resolve
from ownvoice.records.essays import CheckedOthers, CheckedPairs, CheckedPlacebo, Pair

EXPECTED = "other authors' essays, in the same form as the author's own (docs/data-format.md)"
AUTHOR = "the author"
REMEDY = (
    "mend the lines named, point data.placebo (data.placebos, data.third_authors) at another set, or set all three to "
    '"" for a run without contrast'
)


class Essays(NamedTuple):
    """What one writer wrote."""

    writer: str
    place: Path
    pairs: tuple[Pair, ...]

    def is_by(self, other: Essays) -> bool:
        """One and the same writer: the same place, or all essays of one are the other's."""
        ours, theirs = ({" ".join(pair.essay.split()) for pair in each.pairs} for each in (self, other))
        return self.place == other.place or ours <= theirs or theirs <= ours


def check_others(config: ExperimentConfig, own: CheckedPairs, reading: Reading) -> CheckedOthers:
    """Read, judge, compare with the author's own essays, choose; the author herself is left out where she is among them.

    Where essays are only measured, one that is longer than the context is truncated; where they are trained on, the
    author's rules hold, and an essay with the topic of a prompt is left out.

    Raises:
        PairsError: with every problem of all writers, one a line.
    """
    check = _Check(config, own, reading)
    author = Essays(AUTHOR, essays_place(config.data.pairs), own.author)
    trained = check.read(_trained, (author,)) if config.trains_placebo else ()
    if config.trains_placebo and not trained and not check.problems:
        check.told("data.placebos", [f"no writer but the author in {config.data.placebos}"])
    measured = check.read(_measured, (author, *trained))
    placebos = tuple(map(check.placebo, trained))
    seen = tuple(pair for essays in (author, *trained) for pair in essays.pairs)
    thirds = tuple(map(check.third, measured, _unseen(measured, seen)))
    check.refuse()
    number = config.data.control_essays
    return CheckedOthers(
        placebos=tuple(each.placebo for each in placebos),
        control=deal(thirds, number) or deal((each.left for each in placebos), number),
    )


def placebo_writers(data: DataConfig) -> tuple[Writer, ...]:
    """Those whom a run trains on that trains placebos.

    Raises:
        PairsError: none is named, or not all can be found.
    """
    if data.placebos:
        return find_writers(resolve(data.placebos))
    if not data.placebo:
        raise PairsError("data.placebo=: none")
    return (writer_at(data.placebo),)


def third_authors(data: DataConfig) -> tuple[Writer, ...]:
    """Raises PairsError where a folder is named, and is none of writers."""
    folder = resolve(data.third_authors)
    if not data.third_authors or (data.third_authors == THIRD_AUTHORS and not folder.exists()):
        return ()
    return find_writers(folder)


def _trained(data: DataConfig) -> tuple[Writer, ...]:
    writers = placebo_writers(data)
    if not data.placebos:
        _refuse_author(data)
    return writers


def _measured(data: DataConfig) -> tuple[Writer, ...]:
    """The third authors, then the placebo: it is passed over where it is trained on."""
    if not data.named_placebo:
        return third_authors(data)
    if not data.placebos:
        _refuse_author(data)
    return (*third_authors(data), writer_at(data.placebo))


def _refuse_author(data: DataConfig) -> None:
    if essays_place(data.placebo) == essays_place(data.pairs):
        raise PairsError(f"data.placebo={data.placebo}: the author's own essays")


def _unseen(measured: Sequence[Essays], seen: tuple[Pair, ...]) -> list[tuple[Pair, ...]]:
    """Of each writer the essays that are none of those that a training sees, and none of the author's."""
    unseen = set(without_shared(tuple(pair for essays in measured for pair in essays.pairs), seen))
    return [tuple(pair for pair in essays.pairs if pair in unseen) for essays in measured]


class Ranked(NamedTuple):
    """Essays of one writer that may be measured, the best first."""

    writer: str
    pairs: tuple[Pair, ...]


class Chosen(NamedTuple):
    """A placebo, and what its training leaves."""

    placebo: CheckedPlacebo
    left: Ranked


class _Check:
    """Collects the problems of all writers, each with the writer's name."""

    def __init__(self, config: ExperimentConfig, own: CheckedPairs, reading: Reading) -> None:
        self._config, self._own, data = config, own.pair_set, config.data
        self._placebo = essays_place(data.placebo) if data.named_placebo else None
        self._format, self._context_tokens = reading.prompt_format, reading.context_tokens
        self._tokens_of = token_counts(reading, config.prompt.instruction)
        self.problems: list[str] = []

    def read(self, find: Callable[[DataConfig], tuple[Writer, ...]], known: tuple[Essays, ...]) -> tuple[Essays, ...]:
        """Without those that are known already."""
        try:
            writers = find(self._config.data)
        except PairsError as error:
            self.problems.append(error.found)
            return ()
        read: list[Essays] = []
        for writer in writers:
            if writer.place in (each.place for each in (*known, *read)):
                continue
            try:
                essays = Essays(writer.name, writer.place, read_pairs(writer.place))
            except PairsError as error:
                self.told(writer.name, error.found.split("\n"))
                continue
            same = [each.writer for each in (*known, *read) if essays.is_by(each)]
            if not same or (same == [AUTHOR] and writer.place == self._placebo):  # hers in the placebo are told
                read.append(essays)
        return tuple(read)

    def placebo(self, essays: Essays) -> Chosen:
        own, tiers = self._own, self._config.data.tiers
        fitted = fit_all(essays.pairs, self._config.data.over_length, self._tokens_of, self._context_tokens)
        given_away = giving_away(own, fitted.kept)
        chosen, held_out = to_train(own, fitted.kept, given_away), to_validate(fitted.kept, tiers)
        self.told(essays.writer, shared_with(own.pairs, essays.pairs))
        self.told(essays.writer, [*self._alone(essays), *fitted.problems, *too_few(own, chosen, held_out)])
        left_out = [f"Placebo: {', '.join(sorted(given_away))} is not trained on, as it has the topic of a prompt."]
        size = size_note(own.of("train"), chosen, self._tokens_of)
        notes = (*fitted.notes, *(left_out if given_away else ()), size)
        checked = as_checked(own, (*chosen, *held_out), notes, self._tokens_of)
        left = ranked((pair for pair in fitted.kept if pair not in chosen), tiers)
        return Chosen(CheckedPlacebo(writer=essays.writer, checked=checked), Ranked(essays.writer, left))

    def third(self, essays: Essays, unseen: tuple[Pair, ...]) -> Ranked:
        """An essay of the placebo that is the author's is a mistake; of others it is passed over.

        The pairs that a training of the placebo would take come last, so that runs with it and without it measure the
        same essays where there are enough.
        """
        fitted = fit_all(unseen, "truncate", self._tokens_of, self._context_tokens)
        self.told(essays.writer, [*self._alone(essays), *fitted.problems])
        last: tuple[Pair, ...] = ()
        if essays.place == self._placebo:
            self.told(essays.writer, shared_with(self._own.pairs, essays.pairs))
            last = to_train(self._own, fitted.kept, giving_away(self._own, fitted.kept))
        return Ranked(essays.writer, ranked(fitted.kept, self._config.data.tiers, last))

    def refuse(self) -> None:
        """Raise PairsError if there is a problem."""
        if self.problems:
            raise PairsError("\n".join(dict.fromkeys(self.problems)), EXPECTED, REMEDY)

    def told(self, writer: str, problems: Iterable[str]) -> None:
        self.problems += [f"{writer}: {problem}" for problem in problems]

    def _alone(self, essays: Essays) -> list[str]:
        """What is wrong with a set whatever it is for."""
        texts = number_texts(pair.essay for pair in essays.pairs)
        return [*duplicate_essays(essays.pairs, texts), *control_token_problems(essays.pairs, self._format)]


def ranked(pairs: Iterable[Pair], tiers: Sequence[int], last: Sequence[Pair] = ()) -> tuple[Pair, ...]:
    """The held-out ones first, those of the author's tiers before others."""
    return tuple(
        sorted(
            pairs,
            key=lambda pair: (pair.split == "train", pair in last, pair.tier not in tiers, pair.tier, pair.id),
        )
    )


def deal(writers: Iterable[Ranked], number: int) -> tuple[Pair, ...]:
    """The first of each writer, then the second of each, until there are enough; ids are `writer/id`."""
    named = [[pair.model_copy(update={"id": f"{each.writer}/{pair.id}"}) for pair in each.pairs] for each in writers]
    return tuple(pair for one_of_each in zip_longest(*named) for pair in one_of_each if pair is not None)[:number]
