"""`python tests/bench/authorship.py CORPUS`: does the panel tell an author from others of the same register?

CORPUS is a .jsonl file (author, register, text) or a folder with a folder of texts per author. In every repeat each
register's authors are dealt into groups of about four; a group is tested with all other authors as the library, of
whom the nearest to the references are the background, so no author is in both. Each author of the group in turn gives references, and is told from the
others of the group; references and held-out texts share no document where the corpus names it. AUC: the share of (own, other) draws in which the own text scores higher, or six texts together
do (their mean VOICE; for the controls their mean frequencies). "Hard" is one text, the third of the own that is
least like the references in content words against the third of the others' that is most; "wrong background" has a
library of the other registers alone, and "four authors" four of the author's own. Standard errors are over authors.
For these nothing is fitted. Also timed: 60 texts of 300 words on one core.

VOICE of one text and of six is answered for as PAN's authorship verification is (tests/bench/calibration.py): a problem is
an author's references and a trial, own or another's; its answer is fitted on the trials that the author has no part in,
neither as who gave the references nor as who wrote the text. One fit serves all registers. Every author weighs the same,
and her own trials as much as the others', so that the odds beforehand are even. Standard errors are over authors (the
jackknife, without a new fit); minimum Cllr has none.
Writes tests/bench/results/authorship.json.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import numpy.typing as npt
from calibration import UNDECIDED, Answers, brier, c_at_1, cllr, f_05_u, fit_calibration, min_cllr
from controls import BurrowsDelta, ContentWords, Counts, words_of

from ownvoice.memory.machine import describe_machine
from ownvoice.paths import ROOT
from ownvoice.voice.background import Background, MeasuredText, measure_text
from ownvoice.voice.characters import CharacterScale, Scale
from ownvoice.voice.corpus import read_writings
from ownvoice.voice.library import FEWEST_AUTHORS, About, Library, nearest
from ownvoice.voice.panel import Panel
from ownvoice.voice.text import first_words

RESULTS = ROOT / "tests" / "bench" / "results" / "authorship.json"
GROUP = 4
REFERENCES = (3, 13)
WORDS = 150
MOST_TOGETHER = 6
DRAWS = 100
REPEATS = 4  # 4 minutes
VERIFIED = ("1 text", "6 texts")
MEASURES = ("VOICE", "M1 grammar", "M2 characters", "M3 shape", "Burrows' Delta", "content words only")

ABOUT = About(made_by="authorship.py", corpus_sha256="", sources=())
NO_TOPIC = CharacterScale(np.zeros(0, np.int64), Scale(np.zeros(0), np.zeros(0)))

Floats = npt.NDArray[np.float64]
Cell = tuple[str, int, str, str]
"""Register, references, kind of comparison, measure."""
Found = dict[Cell, dict[str, list[float]]]
"""The AUC of every repeat, by author."""
Draws = dict[str, npt.NDArray[np.int64]]
"""Rows of places of an author's texts, by author."""
Bools = npt.NDArray[np.bool_]
VERIFICATION: dict[str, Callable[[Answers], float]] = {
    "c@1": c_at_1,
    "F0.5u": f_05_u,
    "Brier": brier,
    "Cllr": cllr,
    "min Cllr": min_cllr,
}


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
class Trials:
    """VOICE of one writer's texts, one draw each, beside an author's references."""

    register: str
    author: str
    """`REGISTER/NAME`, as `writer` is."""
    writer: str
    scores: Floats


Tried = dict[tuple[int, str], list[Trials]]
"""By references and kind."""


@dataclass(frozen=True)
class Problems:
    """One value a trial, in the same order."""

    registers: npt.NDArray[np.str_]
    authors: npt.NDArray[np.str_]
    answers: Answers

    def of(self, chosen: Bools) -> Answers:
        return Answers(self.answers.log_ratios[chosen], self.answers.own[chosen], self.answers.weights[chosen])


@dataclass(frozen=True)
class Setting:
    register: str
    """Of those who are tested."""
    texts: Sequence[Text]
    """The library's."""
    apart: str = ""
    """What is not as it should be with this library."""

    def background_for(self, known: Sequence[Text]) -> Background:
        kept = tuple(text.measured.kept for text in self.texts)
        library = Library(ABOUT, kept, {text.author: text.register for text in self.texts}, NO_TOPIC)
        return nearest(library, [text.text for text in known]).background


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    texts = read_texts(options.corpus)
    found: Found = defaultdict(lambda: defaultdict(list))
    tried: Tried = defaultdict(list)
    start = time.perf_counter()
    for repeat in range(options.repeats):
        for register in sorted({text.register for text in texts}):
            test_register(texts, register, repeat, found, tried)
        print(f"repeat {repeat + 1} of {options.repeats}, {time.perf_counter() - start:.0f} s", flush=True)
    rows = [summarise(cell, by[cell]) for by in (all_registers(found), found) for cell in sorted(by)]
    report = {
        "machine": describe_machine().model_dump(),
        "repeats": options.repeats,
        "authorship": rows,
        "undecided": f"a probability nearer to .5 than {UNDECIDED:g}",
        "verification": [row for cell in sorted(tried) for row in verify(cell, tried[cell])],
        "worst": worst(rows, found),
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


def test_register(texts: Sequence[Text], register: str, repeat: int, found: Found, tried: Tried) -> None:
    authors = sorted({text.author for text in texts if text.register == register})
    random = np.random.default_rng((repeat, len(authors)))
    groups = np.array_split(random.permutation(authors), max(1, round(len(authors) / GROUP)))
    elsewhere = [text for text in texts if text.register != register]
    for group in groups:
        others = [text for text in texts if text.author not in group]
        alike = sorted({text.author for text in others if text.register == register})
        four = random.permutation(alike)[:FEWEST_AUTHORS]
        apart = {"four authors": [text for text in others if text.author in four]}
        if elsewhere:
            apart["wrong background"] = elsewhere
        tested = {author: [text for text in texts if text.author == author] for author in group.tolist()}
        for author in tested:
            for references in REFERENCES:
                test_author(author, references, tested, Setting(register, others), random, found, tried)
            for name, library in apart.items():
                test_author(author, REFERENCES[0], tested, Setting(register, library, name), random, found, tried)


def test_author(
    author: str,
    references: int,
    tested: dict[str, list[Text]],
    setting: Setting,
    random: np.random.Generator,
    found: Found,
    tried: Tried,
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
            if measure == "VOICE" and kind in VERIFIED:
                tried[(references, kind)] += trials_of(setting.register, author, means)
            theirs = np.concatenate([each for name, each in means.items() if name != author])
            found[(setting.register, references, kind, measure)][author].append(auc(means[author], theirs))


def trials_of(register: str, author: str, means: dict[str, Floats]) -> Iterator[Trials]:
    for writer, scores in means.items():
        yield Trials(register, f"{register}/{author}", f"{register}/{writer}", scores)


def apart_from(known: Sequence[Text], rest: Sequence[Text]) -> list[Text]:
    """Those that share no document with the references, where the corpus names more than one document."""
    documents = {text.source for text in known}
    named = len({text.source for text in (*known, *rest)}) > 1
    return [text for text in rest if not named or text.source not in documents]


def score_all(known: Sequence[Text], texts: Sequence[Text], setting: Setting, seed: int) -> dict[str, Scored]:
    background = setting.background_for(known)
    panel = Panel(background, [text.text for text in known], WORDS, seed)
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
    counts = [text.words for text in setting.texts if text.author in background.authors]
    delta, content = BurrowsDelta(counts, references), ContentWords(counts, references)
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


def verify(cell: tuple[int, str], trials: Sequence[Trials]) -> Iterator[dict[str, Any]]:
    """All registers together, then each."""
    references, kind = cell
    problems = answered(trials)
    for register in ("all", *sorted(set(problems.registers.tolist()))):
        chosen = (problems.registers == register) | (register == "all")
        answers = problems.of(chosen)
        row: dict[str, Any] = {"register": register, "references": references, "kind": kind}
        row |= {"authors": len(set(problems.authors[chosen].tolist()))}
        row |= {"answered": round(float(np.average(answers.answered, weights=answers.weights)), 4)}
        for name, measure in VERIFICATION.items():
            error = None if measure is min_cllr else standard_error(problems, chosen, measure)
            row[name] = {"value": round(measure(answers), 4), "standard_error": error}
        yield row


def answered(trials: Sequence[Trials]) -> Problems:
    """Every author's trials by the calibration of those that he has no part in."""
    sizes = [len(each.scores) for each in trials]
    scores = np.concatenate([each.scores for each in trials])
    registers, authors, writers = (
        np.repeat(names, sizes)
        for names in (
            [each.register for each in trials],
            [each.author for each in trials],
            [each.writer for each in trials],
        )
    )
    own, weights, log_ratios = authors == writers, np.zeros(len(scores)), np.zeros(len(scores))
    for author in np.unique(authors):
        for side in (own, ~own):
            his = (authors == author) & side
            weights[his] = 0.5 / his.sum()
    for author in np.unique(authors):
        apart = (authors != author) & (writers != author)
        fitted = fit_calibration(scores[apart], own[apart], weights[apart])
        log_ratios[authors == author] = fitted.log_ratios(scores[authors == author])
    return Problems(registers, authors, Answers(log_ratios, own, weights))


def standard_error(problems: Problems, chosen: Bools, measure: Callable[[Answers], float]) -> float | None:
    """The jackknife over authors."""
    authors = np.unique(problems.authors[chosen])
    if len(authors) < 2:
        return None
    without = [measure(problems.of(chosen & (problems.authors != author))) for author in authors]
    return round(float((len(authors) - 1) * stdev(without) / len(authors) ** 0.5), 4)


def worst(rows: Sequence[dict[str, Any]], found: Found) -> list[dict[str, Any]]:
    """Register and author that VOICE does worst on, by AUC."""
    lowest = []
    for references in REFERENCES:
        for kind in VERIFIED:
            registers = [
                row
                for row in rows
                if (row["references"], row["kind"], row["measure"]) == (references, kind, "VOICE")
                and row["register"] != "all"
            ]
            if not registers:
                continue
            authors = all_registers(found)[("all", references, kind, "VOICE")]
            author = min(authors, key=lambda name: fmean(authors[name]))
            register = min(registers, key=lambda row: float(row["auc"]))
            lowest.append(
                {
                    "references": references,
                    "kind": kind,
                    "register": {name: register[name] for name in ("register", "auc", "standard_error", "authors")},
                    "author": {"author": author, "auc": round(fmean(authors[author]), 4)},
                }
            )
    return lowest


def timed(texts: Sequence[Text]) -> dict[str, float]:
    """Seconds on one core to find the background, make the panel and score 60 texts, by the number of references."""
    setting = Setting(texts[0].register, texts[60:])
    scored = [text.text for text in texts if text.author != texts[0].author][:60]
    seconds = {}
    for references in REFERENCES:
        start = time.perf_counter()
        Panel(setting.background_for(texts[:references]), [text.text for text in texts[:references]], 300).score(scored)
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
    show_verification(report["verification"])
    for each in report["worst"]:
        register, author = each["register"], each["author"]
        print(
            f"worst of {each['references']} x {each['kind']}: register {register['register']} {_figure(register)} "
            f"({register['authors']} authors), author {author['author']} {author['auc']:.3f}"
        )
    print("60 texts of 300 words, one core:", report["seconds_60_texts_300_words"])


def show_verification(rows: Sequence[dict[str, Any]]) -> None:
    print(f"\n{'VOICE, a calibrated verification (authors)':52}" + "".join(f"{name:>16}" for name in VERIFICATION))
    for row in rows:
        head = f"{row['register']}, {row['references']} x {row['kind']} ({row['authors']})"
        figures = [_value(row[name]) for name in VERIFICATION]
        print(f"{head:52}" + "".join(f"{figure:>16}" for figure in figures) + f"  answered {row['answered']:.0%}")


def _value(found: dict[str, Any]) -> str:
    error = found["standard_error"]
    return f"{found['value']:.3f}" + ("        " if error is None else f" +-{error:.3f}")


def _figure(row: dict[str, Any]) -> str:
    return f"{row['auc']:.3f} +-{row['standard_error'] or 0:.3f}"


if __name__ == "__main__":
    main()
