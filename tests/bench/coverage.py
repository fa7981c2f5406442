"""`python tests/bench/coverage.py`: how often does the truth lie outside of a mean's 95% interval, on each side?

Differences tuned - baseline are drawn for 12 prompts with 2 answers each, of 1 training seed and of 3, and given to
`ownvoice.voice.intervals.mean_interval`. Of several seeds the truth is the mean over all seeds and prompts; of one it is
this training's own mean over all prompts, which is what its interval speaks of. Nominal is .025 on each side.

The variances are taken from the trainings of tests/known/trainings.py with --pairs FOLDER, 10 s an author (two seeds or
more; every author's profile with every model), else from the options. What the baseline's answers add is a prompt's, as
all trainings are compared with the same ones. Settings around them: half and twice of each, and no seed variance.
Writes tests/bench/results/coverage.json; ends with 1 where a side lies outside of .015 to .035, but for too
wide intervals where seeds don't differ.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ownvoice.essays.check import read_pairs
from ownvoice.paths import NEUTRAL_PROMPTS, ROOT
from ownvoice.records.answers import Outputs
from ownvoice.voice.asked import BASELINE
from ownvoice.voice.intervals import mean_interval
from ownvoice.voice.library import Library, open_library
from ownvoice.voice.material import Material, ModelTexts
from ownvoice.voice.measure import Axis
from ownvoice.voice.results import AnswerText, Essay, ScoredAnswer

RESULTS = ROOT / "tests" / "bench" / "results" / "coverage.json"
CELLS = ROOT / "tests" / "known" / "cells"
PROMPTS, ANSWERS = 12, 2
SEEDS = (1, 3)
SIMULATIONS = 10_000  # a share of .025 is known to .0016
LEAST, MOST = 0.015, 0.035
NO_SEEDS = "no seed variance"
"""Here less lies outside than is stated, which errs to the safe side: three seeds can't show that they don't differ."""
TRAINED_ON = 13  # tests/known/trainings.py

Floats = npt.NDArray[np.float64]


class Variances(NamedTuple):
    """Of tuned - baseline, in z squared."""

    seeds: float
    prompts: float
    both: float
    """Seed x prompt: what a training has to say on a prompt beyond what it says on others."""
    answers: float
    """Of one answer among those of the same model to the same prompt."""

    def times(self, factors: Variances) -> Variances:
        return Variances(*(value * factor for value, factor in zip(self, factors, strict=True)))


# Six models of one seed on two authors' profiles: .8 between prompts, of which the answers' share is 1.1 / 2. How the rest
# is parted between prompts and seed x prompt, and how seeds vary, is assumed: one seed does not show it.
ASSUMED = Variances(seeds=0.05, prompts=0.2, both=0.05, answers=1.1)
SETTINGS = {"as given": Variances(1, 1, 1, 1), NO_SEEDS: Variances(0, 1, 1, 1)} | {
    f"{name} x {factor:g}": Variances(1, 1, 1, 1)._replace(**{name: factor})
    for name in Variances._fields
    for factor in (0.5, 2)
}


class Missed(NamedTuple):
    """Shares of the simulations."""

    below: float
    """The truth lies below the interval: the model is said to be nearer than it is."""
    above: float

    @property
    def as_stated(self) -> bool:
        return all(LEAST <= share <= MOST for share in self)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, help="what the trainings were of, to take the variances from them")
    parser.add_argument("--simulations", type=int, default=SIMULATIONS)
    for name, value in ASSUMED._asdict().items():
        parser.add_argument(f"--{name}", type=float, default=value, help=f"variance; assumed: {value:g}")
    options = vars(parser.parse_args())
    given = Variances(*(options[name] for name in Variances._fields))
    source = "assumed" if given == ASSUMED else "options"
    if folder := options["pairs"]:
        given, source = measured(folder), "trainings"
    print(f"variances ({source}): {', '.join(f'{name} {value:.3f}' for name, value in given._asdict().items())}")
    print(f"{'setting':20} {'seeds':>5} {'truth below':>12} {'truth above':>12}")
    rows = list(simulated(given, options["simulations"]))
    content = {
        "simulations": options["simulations"],
        "prompts": PROMPTS,
        "answers": ANSWERS,
        "variances_from": source,
        "variances": {name: round(value, 4) for name, value in given._asdict().items()},
        "settings": rows,
    }
    RESULTS.write_text(json.dumps(content, indent=1) + "\n")
    wrong = sum(
        not row["as_stated"] for row in rows if row["setting"] != NO_SEEDS or max(row["below"], row["above"]) > MOST
    )
    print(f"{wrong} of {len(rows)} outside of {LEAST} to {MOST}")
    sys.exit(1 if wrong else 0)


def simulated(given: Variances, simulations: int) -> Iterator[dict[str, Any]]:
    for place, (name, factors) in enumerate(SETTINGS.items()):
        for seeds in SEEDS if factors.seeds == 1 else SEEDS[1:]:  # one training shows nothing of how seeds vary
            random = np.random.default_rng((place, seeds))
            missed = count_missed(given.times(factors), seeds, simulations, random)
            print(
                f"{name:20} {seeds:5} {missed.below:12.4f} {missed.above:12.4f}{'' if missed.as_stated else '  outside'}",
                flush=True,
            )
            yield {"setting": name, "seeds": seeds, **missed._asdict(), "as_stated": missed.as_stated}


def count_missed(variances: Variances, seeds: int, simulations: int, random: np.random.Generator) -> Missed:
    below = above = 0
    for _ in range(simulations):
        of_seeds = random.normal(0, variances.seeds**0.5, (seeds, 1))
        of_prompts = random.normal(0, variances.prompts**0.5, (1, PROMPTS))
        both = random.normal(0, variances.both**0.5, (seeds, PROMPTS))
        of_answers = random.normal(0, variances.answers**0.5, (seeds, PROMPTS, ANSWERS)).mean(axis=2)
        truth = float(of_seeds[0, 0]) if seeds == 1 else 0.0
        interval = mean_interval(of_seeds + of_prompts + both + of_answers)
        below += truth < interval.low
        above += truth > interval.high
    return Missed(below / simulations, above / simulations)


def measured(folder: Path) -> Variances:
    """The mean over authors' profiles and models; below 0 counts as 0."""
    names = sorted(path.stem for path in folder.glob("*.jsonl"))
    trainings = {name: sorted(CELLS.glob(f"{name}-*.json.gz")) for name in names}
    fewest = min((len(files) for files in trainings.values() if files), default=0)
    models = {name: [texts_of(file) for file in files[:fewest]] for name, files in trainings.items() if files}
    if fewest < 2:
        sys.exit(f"{folder}: {fewest} trainings of each author, two at least show how seeds vary")
    baseline, library = texts_of(CELLS / f"{BASELINE}-0.json.gz"), open_library()
    found = [
        variances
        for name in models
        for variances in on_profile(read_essays(folder / f"{name}.jsonl"), baseline, models, library)
    ]
    return Variances(*np.maximum(0, np.mean(found, axis=0)).tolist())


def on_profile(
    essays: tuple[Essay, ...], baseline: ModelTexts, models: dict[str, list[ModelTexts]], library: Library
) -> Iterator[Variances]:
    """Of every model on one author's axis."""
    material = Material(
        essays=essays,
        training=essays[:TRAINED_ON],
        held_out=essays[TRAINED_ON:],
        baseline=baseline,
        tuned=tuple(next(iter(models.values()))),
        facts=(),
    )
    axis = Axis(material, {BASELINE: (baseline,), **models}, {}, library)
    for name in models:
        figures = axis.figures(name)
        if figures.distances:
            yield components(figures.baseline, figures.tuned)


def components(baseline: Sequence[ScoredAnswer], tuned: Sequence[ScoredAnswer]) -> Variances:
    """From the mean squares of seeds, prompts and the rest, over the prompts whose answers all have a score."""
    prompts = list(dict.fromkeys(each.prompt_id for each in baseline))
    of_prompt = {
        prompt: (
            [each.voice for each in baseline if each.prompt_id == prompt],
            [each.voice for each in sorted(tuned, key=_training) if each.prompt_id == prompt],
        )
        for prompt in prompts
    }
    whole = [both for both in of_prompt.values() if None not in both[0] and None not in both[1]]
    trainings = 1 + max(each.training for each in tuned)
    base = np.array([voices for voices, _ in whole], dtype=np.float64).mean(axis=1)
    scores = np.array([voices for _, voices in whole], dtype=np.float64).reshape(len(whole), trainings, -1)
    table = (scores.mean(axis=2) - base[:, None]).T
    by_seed, by_prompt = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    rest = table - by_seed - by_prompt + table.mean()
    of_rest = float((rest**2).sum()) / ((trainings - 1) * (len(whole) - 1))
    answers = float(scores.var(axis=2, ddof=1).mean())
    return Variances(
        seeds=float(by_seed.var(ddof=1)) - of_rest / len(whole),
        prompts=float(by_prompt.var(ddof=1)) - of_rest / trainings,
        both=of_rest - answers / scores.shape[2],
        answers=answers,
    )


def _training(answer: ScoredAnswer) -> int:
    return answer.training


def texts_of(file: Path) -> ModelTexts:
    """The answers to the probes alone."""
    prompts = tomllib.loads(NEUTRAL_PROMPTS.read_text("utf-8"))
    topics = {each["id"]: each["topic"] for each in prompts["probe"]}
    outputs = Outputs.model_validate(json.loads(gzip.decompress(file.read_bytes()))["outputs"]).outputs
    return ModelTexts(
        canaries=(),
        probes=tuple(
            AnswerText(prompt_id=each.prompt_id, sample=each.sample, topic=topics[each.prompt_id], text=each.text)
            for each in outputs
            if each.prompt_id in topics
        ),
    )


def read_essays(file: Path) -> tuple[Essay, ...]:
    return tuple(Essay(id=pair.id, text=pair.essay) for pair in read_pairs(file))


if __name__ == "__main__":
    main()
