"""Runs whose right verdict is known beforehand: `python tests/bench/known_answers.py [ROW ...]`.

Every row is real runs of the command line on the embedded model, in an artifacts folder that is kept, so that an
interrupted session goes on where it was. Writes tests/bench/results/known_answers.json and docs/known-answers.md.
About 40 minutes on 2 cores with bf16 instructions, the first time.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ownvoice.analysis.compare import compare_models
from ownvoice.analysis.inputs import Comparison, PlaceboAnswers
from ownvoice.config import load_experiment
from ownvoice.essays.check import read_pairs
from ownvoice.essays.choose import choose
from ownvoice.essays.prompts import find_prompts
from ownvoice.markdown import inline
from ownvoice.paths import ROOT, resolve
from ownvoice.records import Analysis, PairSet, RunRecord

RESULTS = ROOT / "tests" / "bench" / "results" / "known_answers.json"
TABLE = ROOT / "docs" / "known-answers.md"
ARTIFACTS = Path(os.environ.get("OWNVOICE_ARTIFACTS") or ROOT / "artifacts" / "known-answers").resolve()
PLACEBO_PAIRS = "data/placebo_author/pairs"
SAMPLE_PROMPTS = "data/sample_author/prompts.toml"


class Outcome(NamedTuple):
    case: str
    analysis: Analysis


class Row(NamedTuple):
    name: str
    what: str
    expected: str
    run: Callable[[], list[Outcome]]


def run(phase: str, *settings: str) -> RunRecord:
    """One run by the command line; the record of it, also where the log had it already."""
    arguments = [part for setting in settings for part in ("--set", setting)]
    command = [sys.executable, "-m", "flows.cli.app", "run", phase, *arguments]
    print("  ownvoice run", phase, *arguments, flush=True)
    environment = {**os.environ, "OWNVOICE_ARTIFACTS": str(ARTIFACTS)}
    said = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
    number = next(word for line in said.splitlines()[::-1] if "Run " in line for word in line.split("Run ")[1].split())
    (file,) = ARTIFACTS.glob(f"runs/{number.strip(':')}-*/record.json")
    return RunRecord.model_validate_json(file.read_text())


def learning_rate_zero() -> list[Outcome]:
    settings = ("training.learning_rate=0", "training.epochs=1", "data.train_pairs=1", "decoding.max_new_tokens=100")
    return [outcome(f"seed {seed}", run("smoke-test", *settings, f"decoding.seed={seed}")) for seed in range(1, 11)]


def own_author() -> list[Outcome]:
    return [outcome("13 pairs, 5 epochs", run("control"))]


def placebo_as_own() -> list[Outcome]:
    """Models trained on the placebo author, scored against the sample author; the next seed's is its placebo."""
    settings = (f"data.pairs={PLACEBO_PAIRS}", f"data.prompts={SAMPLE_PROMPTS}", "data.placebo=", "training.epochs=3")
    records = [run("scale-up", *settings, f"training.seed={seed}") for seed in range(13, 18)]
    return [
        Outcome(f"13 pairs, 3 epochs, seed {13 + i}", as_if_own(record, records[(i + 1) % len(records)]))
        for i, record in enumerate(records)
    ]


def many_epochs() -> list[Outcome]:
    return [outcome("3 pairs, 40 epochs", run("smoke-test", "training.epochs=40"))]


def few_pairs() -> list[Outcome]:
    return [outcome("3 pairs, 3 epochs", run("smoke-test", "control=true"))]


ROWS = (
    Row("zero", "learning rate 0, ten seeds", "not moved", learning_rate_zero),
    Row("own", "own author", "voice moved", own_author),
    Row("placebo", "placebo scored as own, five seeds", "never voice moved", placebo_as_own),
    Row("epochs", "many epochs on 3 pairs", "memorised, with the span quoted", many_epochs),
    Row("few", "3 pairs x 3 epochs, with a placebo", "whatever the figures carry", few_pairs),
)


def outcome(case: str, record: RunRecord) -> Outcome:
    assert record.analysis is not None
    return Outcome(case, record.analysis)


def as_if_own(record: RunRecord, placebo: RunRecord) -> Analysis:
    config = load_experiment(ROOT / "data/experiments/scale-up.toml")
    author, prompts = (
        read_pairs(resolve(config.data.pairs)),
        find_prompts(config.data.prompts, config.data.pairs).prompts,
    )
    assert record.training is not None
    comparison = Comparison(
        config=config,
        kind="instruct",
        pair_set=PairSet(
            pairs=choose(author, config.data.tiers, config.data.train_pairs).kept,
            canaries=prompts.canaries,
            probes=prompts.probes,
        ),
        author=author,
        training=record.training,
        baseline=record.baseline,
        tuned=(record.tuned,),
        placebos=(PlaceboAnswers(writer="another seed", models=(placebo.tuned,)),),
    )
    return compare_models(comparison)


def as_json(row: Row, outcomes: list[Outcome]) -> dict[str, Any]:
    return {"what": row.what, "expected": row.expected, "outcomes": [figures_of(each) for each in outcomes]}


def figures_of(each: Outcome) -> dict[str, Any]:
    findings = each.analysis.findings
    assert findings is not None
    distances = findings.figures.distances if findings.figures else None
    return {
        "case": each.case,
        "direction": findings.verdict.direction,
        "reason": findings.verdict.reason,
        "distances": distances.model_dump(mode="json") if distances else None,
        "topic": findings.figures.topic.model_dump(mode="json")
        if findings.figures and findings.figures.topic
        else None,
        "memorisation": findings.memorisation.reason,
        "likelihood": each.analysis.answers[2].reason,
    }


def table(results: dict[str, Any]) -> str:
    lines = [
        "# Known answers",
        "",
        "Runs whose right verdict is known beforehand, on the embedded model. Made by",
        "`python tests/bench/known_answers.py`; differences are in z units with their 95% intervals.",
        "",
        "| run | case | expected | verdict | tuned - baseline | tuned - placebo |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in [row.name for row in ROWS if row.name in results]:
        for each in results[name]["outcomes"]:
            distances = each["distances"] or {}
            own, other = (shown(distances.get(key)) for key in ("tuned_minus_baseline", "tuned_minus_placebo"))
            what, expected = results[name]["what"], results[name]["expected"]
            lines.append(f"| {what} | {each['case']} | {expected} | **{each['direction']}** | {own} | {other} |")
    lines += ["", "What each verdict rests on, in its own words:", ""]
    for name in [row.name for row in ROWS if row.name in results]:
        each = results[name]["outcomes"][0]
        lines.append(f"- {results[name]['what']} ({each['case']}): {inline(each['reason'], 700)}")
    return "\n".join(lines) + "\n"


def shown(interval: dict[str, float] | None) -> str:
    return "" if interval is None else f"{interval['mean']:+.2f} ({interval['low']:+.2f} to {interval['high']:+.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="*", help=f"{', '.join(row.name for row in ROWS)}; none: all")
    wanted = parser.parse_args().rows or [row.name for row in ROWS]
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for row in ROWS:
        if row.name not in wanted:
            continue
        print(f"{row.what}: expected {row.expected}", flush=True)
        results[row.name] = as_json(row, row.run())
        for each in results[row.name]["outcomes"]:
            print(f"    {each['case']}: {each['direction']}", flush=True)
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        TABLE.write_text(table(results))
    print(f"written to {TABLE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
