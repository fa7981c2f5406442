"""`python tests/bench/registers.py CORPUS`: is a background of another register told from one of the author's own?

Every author of every register, with 1, 3 and 13 essays drawn four times: the distance to the background of the
own register, made without that author, and to that of the others. Prints both, sorted, and how many lie beyond
`FURTHEST`; which register is nearest; and writes tests/bench/results/registers.json.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from ownvoice.paths import ROOT
from ownvoice.voice.background import Background, combine, measure_text
from ownvoice.voice.corpus import read_writings
from ownvoice.voice.library import FURTHEST, distance_to

RESULTS = ROOT / "tests" / "bench" / "results" / "registers.json"
ESSAYS = (1, 3, 13)
DRAWS = 4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    writings = read_writings(parser.parse_args().corpus).texts
    measured = [measure_text(writing.author, writing.text, seed) for seed, writing in enumerate(writings)]
    registers = sorted({writing.register_name for writing in writings})

    def background_without(author: str, register: str) -> Background:
        rows = zip(writings, measured, strict=True)
        return combine(register, [m for w, m in rows if w.register_name == register and w.author != author])

    rows = []
    for author, own in sorted({(writing.author, writing.register_name) for writing in writings}):
        texts = [writing.text for writing in writings if writing.author == author]
        backgrounds = {register: background_without(author, register) for register in registers}
        for essays in ESSAYS:
            drawn = [np.random.default_rng(seed).permutation(len(texts))[:essays] for seed in range(DRAWS)]
            distances = {
                register: round(fmean(distance_to(each, [texts[place] for place in draw]) for draw in drawn), 3)
                for register, each in backgrounds.items()
            }
            rows.append({"author": author, "register": own, "essays": essays, "distances": distances})
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    for essays in ESSAYS:
        show(essays, [row for row in rows if row["essays"] == essays])


def show(essays: int, rows: list[dict[str, Any]]) -> None:
    own = sorted(row["distances"][row["register"]] for row in rows)
    other = sorted(d for row in rows for name, d in row["distances"].items() if name != row["register"])
    nearest = sum(min(row["distances"], key=row["distances"].get) == row["register"] for row in rows)
    print(f"{essays} essays, own register: {own}\n  beyond {FURTHEST}: {sum(d > FURTHEST for d in own)} of {len(own)}")
    print(f"  another register: {other}\n  beyond {FURTHEST}: {sum(d > FURTHEST for d in other)} of {len(other)}")
    print(f"  nearest is the own register: {nearest} of {len(rows)}")


if __name__ == "__main__":
    main()
