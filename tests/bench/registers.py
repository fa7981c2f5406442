"""`python tests/bench/registers.py CORPUS`: do writers at hand match an author, and would those of another register?

Every author, left out, with 3 and 13 essays drawn four times: the mean distance to the nearest three of all other
writers, and to the nearest three of each other register alone. Prints how many lie beyond `FURTHEST` and which register
most of the nearest writers are of; writes tests/bench/results/registers.json.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean, quantiles
from typing import Any

import numpy as np

from ownvoice.paths import ROOT
from ownvoice.voice.background import BackgroundText, measure_text
from ownvoice.voice.corpus import read_writings
from ownvoice.voice.library import FURTHEST, NEAREST_AUTHORS, NEAREST_WRITERS, distances_to

RESULTS = ROOT / "tests" / "bench" / "results" / "registers.json"
ESSAYS = (3, 13)
DRAWS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    writings = read_writings(parser.parse_args().corpus).texts
    texts = [measure_text(writing.author, writing.text, seed).kept for seed, writing in enumerate(writings)]
    register_of = {writing.author: writing.register_name for writing in writings}
    rows = []
    for author, register in sorted(register_of.items()):
        own = [writing.text for writing in writings if writing.author == author]
        others = [text for text in texts if text.author != author]
        for essays in ESSAYS:
            drawn = [np.random.default_rng(seed).permutation(len(own))[:essays] for seed in range(DRAWS)]
            draws = [[own[place] for place in draw] for draw in drawn]
            rows.append({"author": author, "register": register, "essays": essays, **tried(draws, others, register_of)})
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    for essays in ESSAYS:
        show(essays, [row for row in rows if row["essays"] == essays])


def tried(
    draws: Sequence[Sequence[str]], others: Sequence[BackgroundText], register_of: dict[str, str]
) -> dict[str, Any]:
    found = [distances_to(others, draw) for draw in draws]
    nearest = Counter(
        register_of[name] for each in found for name in sorted(each, key=each.__getitem__)[:NEAREST_WRITERS]
    )
    registers = {
        register: fmean(
            mean_of_nearest([d for name, d in each.items() if register_of[name] == register]) for each in found
        )
        for register in sorted(set(register_of.values()))
    }
    return {
        "distance": round(fmean(mean_of_nearest(list(each.values())) for each in found), 3),
        "registers": {name: round(distance, 3) for name, distance in registers.items()},
        "nearest": nearest.most_common(1)[0][0],
    }


def mean_of_nearest(distances: list[float]) -> float:
    return fmean(sorted(distances)[:NEAREST_AUTHORS])


def show(essays: int, rows: list[dict[str, Any]]) -> None:
    distances = sorted(row["distance"] for row in rows)
    furthest = sorted(max(row["registers"].values()) for row in rows)
    print(f"{essays} essays: to the nearest of all, {spread(distances)}; beyond {FURTHEST}: {beyond(distances)}")
    print(f"  to the register that is furthest, {spread(furthest)}; beyond {FURTHEST}: {beyond(furthest)}")
    own = sum(row["nearest"] == row["register"] for row in rows)
    print(f"  most of the nearest are of the own register: {own} of {len(rows)}")


def spread(distances: list[float]) -> str:
    middle = quantiles(distances, n=20)
    return f"median {middle[9]:.2f}, 95% within {middle[18]:.2f}, all within {distances[-1]:.2f}"


def beyond(distances: list[float]) -> str:
    return f"{sum(distance > FURTHEST for distance in distances)} of {len(distances)}"


if __name__ == "__main__":
    main()
