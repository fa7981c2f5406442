"""Puts a stored run's answers and its essays together again, for the verdict that the run gave.

A record holds no essay: they are read anew, and must be those that were trained on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ownvoice.analysis.compare import material_of
from ownvoice.analysis.inputs import PlaceboAnswers
from ownvoice.errors import PairsError, VoiceError
from ownvoice.essays.check import read_pairs
from ownvoice.essays.dataset import pairs_fingerprint
from ownvoice.essays.others import placebo_writers
from ownvoice.essays.place import essays_place
from ownvoice.records.essays import DataSummary, Pair, PairFigures, PairSet
from ownvoice.records.run import PlaceboRun, RunRecord
from ownvoice.text import OverLength
from ownvoice.voice.material import Material

_BLANKS = re.compile(r"\s*(?=\n[ \t]*\n)")

REMEDY = "give the files of answers in the run's folder to `ownvoice judge`, with the essays as they are now"


def material_of_run(record: RunRecord, author: tuple[Pair, ...]) -> Material:
    """What the run's verdict was made of; `author` are all her essays, as the run's config names them.

    The placebos' essays are read anew, and are left out where they are not there any more, or others.

    Raises:
        VoiceError: the run has no answers of both models, or its essays are others now.
    """
    if record.data is None or record.baseline.outputs is None or record.tuned.outputs is None:
        raise VoiceError(f"Run {record.number} has no answers of both models: it stopped before", "a completed run")
    pairs = PairSet(
        pairs=_require_trained(record, record.data, author), canaries=record.data.canaries, probes=record.data.probes
    )
    placebos = [
        PlaceboAnswers(
            writer=placebo.writer or "the placebo",
            essays=_placebo_essays(record, placebo),
            models=tuple(record.answers_by_seed(placebo).values()),
        )
        for placebo in record.placebos
        if placebo.answers.outputs
    ]
    prompted = record.prompted if record.prompted.outputs else None
    return material_of(pairs, author, record.baseline, record.answers_by_seed().values(), placebos, prompted)


def _require_trained(record: RunRecord, data: DataSummary, author: tuple[Pair, ...]) -> tuple[Pair, ...]:
    pairs, problems = as_trained(data, author, record.config.data.over_length)
    if problems:
        found = "\n".join(problems)
        raise VoiceError(f"{record.config.data.pairs}: not the essays of Run {record.number}:\n{found}", "", REMEDY)
    return pairs


def _placebo_essays(record: RunRecord, placebo: PlaceboRun) -> tuple[Pair, ...]:
    """Those that were trained on, if they can still be told."""
    data = record.config.data
    try:
        writers = {writer.name: writer.place for writer in placebo_writers(data)}
        place = writers[placebo.writer] if data.placebos else essays_place(data.placebo)
        pairs, problems = as_trained(placebo, read_pairs(place), data.over_length)
    except (PairsError, KeyError):
        return ()
    return () if problems else tuple(pair for pair in pairs if pair.split == "train")


def as_trained(
    trained: DataSummary | PlaceboRun, author: tuple[Pair, ...], over_length: OverLength
) -> tuple[tuple[Pair, ...], list[str]]:
    """The pairs as they were trained on, of those that are there, and what speaks against their being those."""
    problems: list[str] = []
    pairs = tuple(_cut(trained.figures, author, over_length, problems))
    if not problems and trained.fingerprint and pairs_fingerprint(pairs) != trained.fingerprint:
        problems.append("the texts, topics or tiers have changed since")
    return pairs, problems


def _cut(
    trained: tuple[PairFigures, ...], author: tuple[Pair, ...], over_length: OverLength, problems: list[str]
) -> Iterator[Pair]:
    """Each pair as it was trained on: whole, or by its words where `data.over_length` cut it to the model's context."""
    by_id, rests = {pair.id: pair for pair in author}, {pair.id: pair.essay for pair in author}
    for figures in trained:
        whole = figures.id if figures.id in by_id else figures.id.rpartition("-")[0]
        pair = by_id.get(whole)
        if pair is None:
            problems.append(f"'{figures.id}' isn't there any more")
            continue
        part = _part(rests[whole], figures.words, over_length)
        rests[whole] = rests[whole][len(part) :].lstrip()
        if len(part.split()) != figures.words:
            problems.append(f"'{figures.id}' had {figures.words} words, and has {len(part.split())}")
        yield pair.model_copy(update={"id": figures.id, "essay": part, "split": figures.split})


def _part(text: str, words: int, over_length: OverLength) -> str:
    """As `ownvoice.essays.lengths` cuts: a part that ends with its paragraph keeps the blanks before the empty line."""
    if over_length not in ("truncate", "split") or len(text.split()) <= words:
        return text
    end = list(islice(re.finditer(r"\S+", text), words))[-1].end()
    blanks = _BLANKS.match(text, end) if over_length == "split" else None
    return text[: blanks.end() if blanks else end]
