"""`python tests/bench/authorship.py CORPUS`: does the panel tell an author from others of the same register?

CORPUS is a .jsonl file (author, register, text) or a folder with a folder of texts per author. In every repeat each
register's authors are dealt into groups of about four; a group is tested with all other authors of the register as
the background, so no author is in both. Each author of the group in turn gives references, and is told from the
others of the group; references and held-out texts share no document where the corpus names it. AUC: the share of (own, other) draws in which the own text scores higher, or six texts together
do (their mean VOICE; for the controls their mean frequencies). "Hard" is one text, the third of the own that is
least like the references in content words against the third of the others' that is most; "wrong background" has the
other register as the background, and "four authors" four of the background's. Standard errors are over authors.
Nothing is fitted here. Also timed: 60 texts of 300 words on one core.
Writes tests/bench/results/authorship.json.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import numpy.typing as npt
from controls import BurrowsDelta, ContentWords, Counts, words_of

from ownvoice.memory.machine import describe_machine
from ownvoice.paths import ROOT
from ownvoice.voice.background import Background, MeasuredText, combine, measure_text
from ownvoice.voice.corpus import read_writings
from ownvoice.voice.library import FEWEST_AUTHORS
from ownvoice.voice.panel import Panel
from ownvoice.voice.text import first_words

RESULTS = ROOT / "tests" / "bench" / "results" / "authorship.json"
GROUP = 4
REFERENCES = (3, 13)
WORDS = 150
MOST_TOGETHER = 6
DRAWS = 100
REPEATS = 4  # 4 minutes
MEASURES = ("VOICE", "M1 grammar", "M2 characters", "M3 shape", "Burrows' Delta", "content words only")

Floats = npt.NDArray[np.float64]
Cell = tuple[str, int, str, str]
"""Register, references, kind of comparison, measure."""
Found = dict[Cell, dict[str, list[float]]]
"""The AUC of every repeat, by author."""
Draws = dict[str, npt.NDArray[np.int64]]
"""Rows of places of an author's texts, by author."""


@dataclass(frozen=True)
class Text:
    """A text of the corpus with what is measured on it once."""

    author: str
    register: str
    source: str
    text: str
    measured: MeasuredText
    words: Counts
    first: Counts
    """Of the words that are scored."""


@dataclass(frozen=True)
class Scored:
    """A row per text. Texts taken together have the mean of their rows; VOICE and its parts are their own score."""

    rows: Floats
    score: Callable[[Floats], Floats] = lambda rows: rows

    def of(self, places: npt.NDArray[np.int64]) -> Floats:
        return self.score(self.rows[places].mean(axis=1))

    def of_each(self) -> Floats:
        return self.score(self.rows)


@dataclass(frozen=True)
class Setting:
    background: Background
    counts: Sequence[Counts]
    apart: str = ""
    """What is not as it should be with this background."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    texts = read_texts(options.corpus)
    found: Found = defaultdict(lambda: defaultdict(list))
    start = time.perf_counter()
    for repeat in range(options.repeats):
        for register in sorted({text.register for text in texts}):
            test_register(texts, register, repeat, found)
        print(f"repeat {repeat + 1} of {options.repeats}, {time.perf_counter() - start:.0f} s", flush=True)
    report = {
        "machine": describe_machine().model_dump(),
        "repeats": options.repeats,
        "authorship": [summarise(cell, by[cell]) for by in (all_registers(found), found) for cell in sorted(by)],
        "seconds_60_texts_300_words": timed(texts),
    }
    show(report)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")


def read_texts(corpus: Path) -> list[Text]:
    return [
        Text(
            writing.author,
            writing.register_name,
            writing.source,
            writing.text,
            measure_text(writing.author, writing.text, seed),
            words_of(writing.text),
            words_of(first_words(writing.text, WORDS)),
        )
        for seed, writing in enumerate(read_writings(corpus).texts)
    ]


def test_register(texts: Sequence[Text], register: str, repeat: int, found: Found) -> None:
    authors = sorted({text.author for text in texts if text.register == register})
    random = np.random.default_rng((repeat, len(authors)))
    groups = np.array_split(random.permutation(authors), max(1, round(len(authors) / GROUP)))
    elsewhere = [text.measured for text in texts if text.register != register]
    apart = [Setting(combine(register, elsewhere), [], "wrong background")] if elsewhere else []
    for group in groups:
        others = [text for text in texts if text.register == register and text.author not in group]
        matched = Setting(combine(register, [text.measured for text in others]), [text.words for text in others])
        four = random.permutation(sorted({text.author for text in others}))[:FEWEST_AUTHORS]
        few = Setting(combine(register, [t.measured for t in others if t.author in four]), [], "four authors")
        tested = {author: [text for text in texts if text.author == author] for author in group.tolist()}
        for author in tested:
            for references in REFERENCES:
                test_author(author, references, tested, matched, random, found)
            for setting in (*apart, few):
                test_author(author, REFERENCES[0], tested, setting, random, found)


def test_author(
    author: str,
    references: int,
    tested: dict[str, list[Text]],
    setting: Setting,
    random: np.random.Generator,
    found: Found,
) -> None:
    """One author against the others of the group, where there are texts enough to hold six out."""
    own = [tested[author][place] for place in random.permutation(len(tested[author]))]
    if len(own) < references + MOST_TOGETHER:
        return
    known, held_out = own[:references], apart_from(own[:references], own[references:])
    if len(held_out) < MOST_TOGETHER:
        return
    texts = [*held_out, *(text for other, theirs in tested.items() if other != author for text in theirs)]
    scores = score_all(known, texts, setting, int(random.integers(2**31)))
    topic = scores["content words only"].of_each() if not setting.apart else None
    for kind, draws in kinds(texts, author, topic, setting, random).items():
        for measure, scored in scores.items():
            means = {name: scored.of(places) for name, places in draws.items()}
            theirs = np.concatenate([each for name, each in means.items() if name != author])
            found[(setting.background.name, references, kind, measure)][author].append(auc(means[author], theirs))


def apart_from(known: Sequence[Text], rest: Sequence[Text]) -> list[Text]:
    """Those that share no document with the references, where the corpus names more than one document."""
    documents = {text.source for text in known}
    named = len({text.source for text in (*known, *rest)}) > 1
    return [text for text in rest if not named or text.source not in documents]


def score_all(known: Sequence[Text], texts: Sequence[Text], setting: Setting, seed: int) -> dict[str, Scored]:
    panel = Panel(setting.background, [text.text for text in known], WORDS, seed)
    scored = panel.score([text.text for text in texts])
    scores = {
        "VOICE": Scored(np.array([score.voice for score in scored])),
        "M1 grammar": Scored(np.array([score.grammar.z for score in scored if score.grammar])),
        "M2 characters": Scored(np.array([score.characters.z for score in scored if score.characters])),
        "M3 shape": Scored(np.array([score.shape.z for score in scored if score.shape])),
    }
    if setting.apart:
        return scores
    first, references = [text.first for text in texts], [text.words for text in known]
    delta, content = BurrowsDelta(setting.counts, references), ContentWords(setting.counts, references)
    return scores | {
        "Burrows' Delta": Scored(delta.rows(first), delta.score),
        "content words only": Scored(content.rows(first), content.score),
    }


def kinds(
    texts: Sequence[Text], author: str, topic: Floats | None, setting: Setting, random: np.random.Generator
) -> dict[str, Draws]:
    places = {
        name: np.array([i for i, t in enumerate(texts) if t.author == name]) for name in {t.author for t in texts}
    }
    six = {
        name: np.array([random.choice(mine, min(MOST_TOGETHER, len(mine)), replace=False) for _ in range(DRAWS)])
        for name, mine in sorted(places.items())
    }
    if topic is None:
        return {f"6 texts, {setting.apart}": six}
    one = {name: mine[:, None] for name, mine in places.items()}
    hard = {name: on_topic(mine, -topic if name != author else topic) for name, mine in places.items()}
    return {"1 text": one, "6 texts": six, "1 text, hard": hard}


def on_topic(places: npt.NDArray[np.int64], ranks: Floats) -> npt.NDArray[np.int64]:
    """The third of the places that ranks lowest."""
    return places[np.argsort(ranks[places], kind="stable")][: max(1, len(places) // 3), None]


def auc(own: Floats, others: Floats) -> float:
    higher = (own[:, None] > others[None, :]).mean()
    return float(higher + 0.5 * (own[:, None] == others[None, :]).mean())


def summarise(cell: Cell, by_author: dict[str, list[float]]) -> dict[str, Any]:
    register, references, kind, measure = cell
    means = [fmean(values) for values in by_author.values()]
    row = {
        "register": register,
        "references": references,
        "kind": kind,
        "measure": measure,
        "auc": round(fmean(means), 4),
        "standard_error": round(stdev(means) / len(means) ** 0.5, 4) if len(means) > 1 else None,
        "authors": len(means),
    }
    if measure == "VOICE":
        row["by_author"] = " ".join(f"{name} {mean:.2f}" for mean, name in sorted(zip(means, by_author, strict=True)))
    return row


def all_registers(found: Found) -> Found:
    """The same cells with the authors of all registers together."""
    joined: Found = defaultdict(dict)
    for (register, references, kind, measure), by_author in found.items():
        for author, values in by_author.items():
            joined[("all", references, kind, measure)][f"{register}/{author}"] = values
    return joined


def timed(texts: Sequence[Text]) -> dict[str, float]:
    """Seconds on one core to make the panel and score 60 texts, by the number of references."""
    register = texts[0].register
    background = combine(register, [text.measured for text in texts if text.register == register])
    scored = [text.text for text in texts if text.author != texts[0].author][:60]
    seconds = {}
    for references in REFERENCES:
        start = time.perf_counter()
        Panel(background, [text.text for text in texts[:references]], 300).score(scored)
        seconds[f"{references} references"] = round(time.perf_counter() - start, 2)
    return seconds


def show(report: dict[str, Any]) -> None:
    cells: dict[tuple[str, int, str], dict[str, dict[str, Any]]] = defaultdict(dict)
    for row in report["authorship"]:
        cells[(row["register"], row["references"], row["kind"])][row["measure"]] = row
    print(f"{'register, references x kind (authors)':52}" + "".join(f"{name:>20}" for name in MEASURES))
    for (register, references, kind), rows in cells.items():
        head = f"{register}, {references} x {kind} ({rows['VOICE']['authors']})"
        figures = [_figure(rows[name]) if name in rows else "" for name in MEASURES]
        print(f"{head:52}" + "".join(f"{figure:>20}" for figure in figures))
    print("60 texts of 300 words, one core:", report["seconds_60_texts_300_words"])


def _figure(row: dict[str, Any]) -> str:
    return f"{row['auc']:.3f} +-{row['standard_error'] or 0:.3f}"


if __name__ == "__main__":
    main()
