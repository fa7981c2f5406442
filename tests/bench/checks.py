"""`ownvoice check` on large sets: seconds and peak memory at N pairs and at 2N, and the ratio of the two.

python tests/bench/checks.py [--pairs 10000] [--form jsonl|parquet]

The essays are made here, the same in every run: words drawn by Zipf's law, in sentences and paragraphs of about 350
words. The first words are those of the shipped essays by their frequency, so that token counts are of English.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ownvoice.essays.check import read_pairs
from ownvoice.paths import ROOT

VOCABULARY = 30_000
ESSAY_WORDS = 350
TOPIC_WORDS = 7
SENTENCE_WORDS = 16
SENTENCES_IN_PARAGRAPH = 5
SYLLABLES = ("ar", "be", "con", "der", "el", "fa", "gra", "hi", "in", "ler", "mo", "ning", "or", "pe", "qui", "ros")
VALIDATION_ONE_IN = 7


class Measured(NamedTuple):
    seconds: float
    processor_seconds: float
    """Of all cores together: what is left of a figure on a machine that others use too."""
    peak_bytes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--form", choices=("md", "jsonl", "parquet"), default="md")
    parser.add_argument("--model", default="smollm2-135m")
    asked = parser.parse_args()
    found = []
    for pairs in (asked.pairs, 2 * asked.pairs):
        with tempfile.TemporaryDirectory() as folder:
            found.append(measure(write_set(Path(folder), pairs, asked.form), asked.model))
        print(f"{pairs:,} pairs: {in_words(found[-1])}", flush=True)
    print(f"twice the pairs: {found[1].seconds / found[0].seconds:.2f} times the seconds, ", end="")
    print(f"{found[1].processor_seconds / found[0].processor_seconds:.2f} times the processor's")


def in_words(found: Measured) -> str:
    processor = f"{found.processor_seconds:.1f} s of processor time"
    return f"{found.seconds:.1f} s, {processor}, {found.peak_bytes / 2**20:,.0f} MiB at most"


def measure(essays: Path, model: str) -> Measured:
    """One run of the command in a process of its own, the start of Python counted; it has to pass."""
    command = [sys.executable, "-m", "flows.cli.app", "check", str(essays), "--model", model]
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the check ended with {process.returncode}")
    return Measured(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def write_set(folder: Path, pairs: int, form: str) -> Path:
    """A folder of Markdown files, or one file of rows."""
    essays = folder / ("pairs" if form == "md" else f"pairs.{form}")
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(list(made_pairs(pairs))), essays)
        return essays
    if form == "jsonl":
        essays.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made_pairs(pairs)), "utf-8")
        return essays
    essays.mkdir()
    for number, row in enumerate(made_pairs(pairs)):
        front = f"topic: {row['topic']}\ntier: {row['tier']}\nsplit: {row['split']}"
        (essays / f"essay-{number:06}.md").write_text(f"---\n{front}\n---\n\n{row['essay']}\n", "utf-8")
    return essays


def made_pairs(pairs: int) -> Iterator[dict[str, Any]]:
    random = np.random.default_rng(7)
    words = np.array(vocabulary())
    shares = 1 / np.arange(1, len(words) + 1)
    steps = np.cumsum(shares / shares.sum())
    for number in range(pairs):
        length = int(random.integers(ESSAY_WORDS * 4 // 5, ESSAY_WORDS * 6 // 5))
        drawn = words[np.minimum(np.searchsorted(steps, random.random(length)), len(words) - 1)].tolist()
        topic = words[random.integers(0, len(words), TOPIC_WORDS)].tolist()
        split = "train" if number % VALIDATION_ONE_IN else "validation"
        yield {"topic": " ".join(topic), "essay": in_paragraphs(drawn), "tier": 1 + number % 4, "split": split}


def in_paragraphs(words: list[str]) -> str:
    sentences = [
        " ".join(words[at : at + SENTENCE_WORDS]).capitalize() + "." for at in range(0, len(words), SENTENCE_WORDS)
    ]
    paragraphs = [
        " ".join(sentences[at : at + SENTENCES_IN_PARAGRAPH]) for at in range(0, len(sentences), SENTENCES_IN_PARAGRAPH)
    ]
    # Every other paragraph has the quotation marks of print: what is beyond ASCII is looked at more closely.
    quoted = [f"\u201c{text}\u201d \u2014 it\u2019s so." if at % 2 else text for at, text in enumerate(paragraphs)]
    return "\n\n".join(quoted)


def vocabulary() -> list[str]:
    """The shipped essays' words, the most frequent first, then made ones."""
    shipped = [pair.essay for name in ("sample", "placebo") for pair in read_pairs(ROOT / f"data/{name}_author/pairs")]
    ranked = [word for word, _ in Counter(re.findall(r"[a-z]+", " ".join(shipped).lower())).most_common()]
    made = ("".join(SYLLABLES[number >> shift & 15] for shift in (0, 4, 8, 12)) for number in range(VOCABULARY))
    return list(dict.fromkeys([*ranked, *made]))[:VOCABULARY]


if __name__ == "__main__":
    main()
