"""The trainings that the verdict is tried on: `python -m tests.known.trainings --texts FILE AUTHOR [AUTHOR ...]`.

Every author's 13 essays are trained on with every seed, and every model is asked as a run asks it: answers to the neutral
probes and canaries, what it knows by heart, and how likely the held-out essays of *all* authors are, so that each author
can be every other one's placebo. Authors are those of this project (sample, placebo) or of FILE (.jsonl, as `ownvoice
background` reads it). A cell, one author and seed, is a file in tests/known/cells; those that are there are passed over,
so an interrupted session goes on where it was. The essays lie in --out. About 5 minutes a cell
on 2 cores with bf16, two hours for 8 authors with 3 seeds; 40 s a decoding seed.
"""

from __future__ import annotations

import argparse
import gzip
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from math import log
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel

from ownvoice.config import ExperimentConfig
from ownvoice.essays.check import check_pairs, read_pairs
from ownvoice.essays.saved import laid_for_worker
from ownvoice.experiment_files import load_experiment
from ownvoice.files import write_atomically
from ownvoice.frozen import Frozen
from ownvoice.memory.machine import describe_machine
from ownvoice.models.prepare import prepare_model
from ownvoice.models.prompt_format import load_prompt_format, prompt_texts, reading_of
from ownvoice.paths import EXPERIMENTS, NEUTRAL_PROMPTS, ROOT
from ownvoice.records.answers import Likelihoods, Outputs, PrefixMatches
from ownvoice.records.essays import CheckedOthers, CheckedPairs, Pair
from ownvoice.records.model import ModelInfo
from ownvoice.records.run import Machine
from ownvoice.records.training import TrainingResult
from ownvoice.voice.corpus import Writing, read_writings
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import (
    Examples,
    GenerateRequest,
    LikelihoodRequest,
    PrefixRequest,
    Progress,
    Request,
    TrainRequest,
)

OUT = ROOT / "artifacts" / "trainings"
CELLS = ROOT / "tests" / "known" / "cells"
"""What models wrote, of every cell; the essays that they were trained on are not here."""
OURS = {"sample": "data/sample_author/pairs", "placebo": "data/placebos/woodworker"}
SEEDS = (13, 14, 15)
TRAIN, HELD_OUT = 13, 4
BASELINE, AGAIN = "baseline", "again"
WORD = re.compile(r"[a-z]{5,}")


class Cell(Frozen):
    """One model as it was asked: trained on an author with a seed, or not trained."""

    author: str
    seed: int
    commit: str
    model: str
    machine: Machine
    training: TrainingResult | None
    outputs: Outputs
    prefixes: PrefixMatches
    likelihoods: Likelihoods
    """`control` holds the held-out essays of all authors, `AUTHOR-ID` each."""


class Author(NamedTuple):
    name: str
    config: ExperimentConfig
    held_out: tuple[Pair, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("authors", nargs="+")
    parser.add_argument("--texts", type=Path, help="texts by author, .jsonl")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument("--decoding-seeds", type=int, nargs="*", default=[], help="of the untuned model, for A/A")
    options = parser.parse_args()
    for folder in (options.out, CELLS):
        folder.mkdir(parents=True, exist_ok=True)
    writings = read_writings(options.texts).texts if options.texts else ()
    authors = [prepare_author(name, writings, options.out) for name in options.authors]
    with Worker() as worker:
        info = prepare_model("smollm2-135m", None, silent)
        bench = Bench(worker, info, authors, options.out)
        bench.baseline()
        for seed in options.seeds:
            for author in authors:
                bench.train(author, seed)
        for seed in options.decoding_seeds:
            bench.again(seed)


def prepare_author(name: str, writings: Sequence[Writing], out: Path) -> Author:
    """His pairs as a file; 13 to train on, the next 4 to measure."""
    file = out / "pairs" / f"{name}.jsonl"
    pairs = write_pairs(file, name, texts_of(name, writings)[: TRAIN + HELD_OUT])
    settings = (f"data.pairs={file}", f"data.prompts={NEUTRAL_PROMPTS}", "data.placebo=", f"data.train_pairs={TRAIN}")
    config = load_experiment(EXPERIMENTS / "control.toml", (*settings, "control=false", "phase=scale-up"))
    return Author(name, config, tuple(pair for pair in pairs if pair.split == "validation"))


def write_pairs(file: Path, name: str, texts: Sequence[tuple[str, str]]) -> list[Pair]:
    """Topics and texts as pairs of tier 1, in a file: the first to train on, what is left to measure."""
    file.parent.mkdir(parents=True, exist_ok=True)
    pairs = [
        Pair(
            id=f"{name}-{number:02}",
            topic=topic,
            essay=essay,
            tier=1,
            split="train" if number <= TRAIN else "validation",
            source=str(file),
        )
        for number, (topic, essay) in enumerate(texts, start=1)
    ]
    file.write_text("".join(pair.model_dump_json(exclude={"source"}) + "\n" for pair in pairs))
    return pairs


def texts_of(name: str, writings: Sequence[Writing]) -> list[tuple[str, str]]:
    """Topic and text of each, in a fixed order that mixes his works."""
    if name in OURS:
        return [(pair.topic, pair.essay) for pair in read_pairs(ROOT / OURS[name])]
    counts = {writing.text: Counter(WORD.findall(writing.text.lower())) for writing in writings}
    spread = Counter(word for count in counts.values() for word in count)
    own = [writing.text for writing in writings if writing.author == name]
    assert len(own) > TRAIN + 1, f"{name}: {len(own)} texts"
    return [(_topic(counts[text], spread, len(writings)), text) for text in own]


def _topic(count: Counter[str], spread: Counter[str], texts: int) -> str:
    """What sets the text apart: the texts of a corpus have no titles."""
    weights = {word: number * log(texts / spread[word]) for word, number in count.items()}
    first, second, third = sorted(weights, key=lambda word: (-weights[word], word))[:3]
    return f"On {first}, {second} and {third}"


R = TypeVar("R", bound=BaseModel)


class Bench:
    def __init__(self, worker: Worker, info: ModelInfo, authors: Sequence[Author], out: Path) -> None:
        self._worker, self._info, self._out = worker, info, out
        self._authors = authors
        self._held_out = tuple(pair for author in authors for pair in author.held_out)
        self._commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True
        ).stdout.strip()

    def baseline(self) -> None:
        """The untuned model; what it knows by heart is asked of every author's essays."""
        if not self._file(BASELINE, 0).exists():
            self._ask(BASELINE, 0, [self._lay(author) for author in self._authors], None)

    def train(self, author: Author, seed: int) -> None:
        if self._file(author.name, seed).exists():
            return
        laid = self._lay(author)
        weights = self._out / "weights" / "model.safetensors"
        shutil.rmtree(weights.parent, ignore_errors=True)
        weights.parent.mkdir()
        request = TrainRequest(
            model_folder=self._info.folder,
            method="full",
            train=self._examples(laid, "train"),
            validation=self._examples(laid, "validation"),
            training=author.config.training.model_copy(update={"seed": seed}),
            weights=str(weights),
        )
        self._ask(author.name, seed, [laid], self._call(request, TrainingResult))
        shutil.rmtree(weights.parent)

    def again(self, seed: int) -> None:
        """The untuned model's answers with another decoding seed."""
        file = self._file(AGAIN, seed)
        if not file.exists():
            answers = self._outputs(self._lay(self._authors[0]), None, seed)
            write_atomically(file, gzip.compress(answers.model_dump_json().encode(), mtime=0))

    def _ask(self, name: str, seed: int, probed: Sequence[CheckedPairs], trained: TrainingResult | None) -> None:
        """Answers, likelihoods, and how the training essays of `probed` are continued."""
        weights = trained.weights.path if trained else None
        matches = [self._prefixes(self._examples(laid, "train"), weights) for laid in probed]
        likelihoods = LikelihoodRequest(
            model_folder=self._info.folder,
            weights=weights,
            own=Examples(path="", fingerprint="", rows=0),
            control=self._examples(self._lay_held_out(), "control"),
        )
        cell = Cell(
            author=name,
            seed=seed,
            commit=self._commit,
            model=self._info.name,
            machine=describe_machine(),
            training=trained,
            outputs=self._outputs(probed[0], weights),
            prefixes=matches[0].model_copy(update={"matches": tuple(m for each in matches for m in each.matches)}),
            likelihoods=self._call(likelihoods, Likelihoods),
        )
        write_atomically(self._file(name, seed), gzip.compress(cell.model_dump_json().encode(), mtime=0))
        print(name, seed, f"{trained.seconds:.0f} s" if trained else "", f"{cell.outputs.seconds:.0f} s", flush=True)

    def _lay(self, author: Author) -> CheckedPairs:
        checked = check_pairs(author.config, reading_of(self._info))
        return laid_for_worker(checked, author.config.prompt.instruction, self._info)

    def _lay_held_out(self) -> CheckedOthers:
        instruction = self._authors[0].config.prompt.instruction
        return laid_for_worker(CheckedOthers(control=self._held_out), instruction, self._info)

    def _examples(self, laid: CheckedPairs | CheckedOthers, split: str) -> Examples:
        return Examples(path=laid.files[split].path, fingerprint=split, rows=len(laid.splits[split]))

    def _outputs(self, laid: CheckedPairs, weights: str | None, seed: int | None = None) -> Outputs:
        config, info = self._authors[0].config, self._info
        decoding = config.decoding.model_copy(update={} if seed is None else {"seed": seed})
        format_ = load_prompt_format(Path(info.folder), info.kind)
        asked, samples = laid.pair_set, decoding.samples_per_probe
        prompts = prompt_texts(format_, config.prompt.instruction, asked, info.kind, samples)
        return self._call(
            GenerateRequest(model_folder=info.folder, weights=weights, prompts=prompts, decoding=decoding), Outputs
        )

    def _prefixes(self, examples: Examples, weights: str | None) -> PrefixMatches:
        return self._call(
            PrefixRequest(model_folder=self._info.folder, weights=weights, examples=examples), PrefixMatches
        )

    def _file(self, author: str, seed: int) -> Path:
        return CELLS / f"{author}-{seed}.json.gz"

    def _call(self, request: Request, kind: type[R]) -> R:
        result = self._worker.call(request, silent)
        assert isinstance(result, kind)
        return result


def silent(progress: Progress) -> None:
    pass


if __name__ == "__main__":
    main()
