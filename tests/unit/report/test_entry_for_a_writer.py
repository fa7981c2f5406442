"""A writer who knows no statistics reads the entry: what she needs stands first, nothing unexplained, nothing contradicts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ownvoice.paths import ROOT
from ownvoice.records.run import RunRecord
from ownvoice.report.entry.entry import render_entry
from ownvoice.report.kept.runs import read_record
from tests.unit.report.contradictions import contradictions
from tests.unit.report.entry_cases import CASES

EXAMPLE = ROOT / "artifacts" / "example"
STORED = sorted(
    path
    for folder in ("artifacts/example", "docs", "tests")
    for path in (ROOT / folder).rglob("*.json")
    if path.stat().st_size < 2_000_000 and '"format_version"' in path.read_text("utf-8")[:400_000]
)
MOST_WORDS, FIRST_WORDS = 1000, 120
NEAR = 250
EXPLAINED = {
    r"canar(?:y|ies)": "a canary is a question",
    r"loss(?:es)?": "the loss is how much",
    r"epochs?": "an epoch is one pass",
    r"held back": "held back to test it",
    r"instruct model": r"instruct model \(it was taught|instruct model, which was taught",
    r"base model": r"base model \(it only|base model, which only",
    r"sound prose": r"sound prose \(no list",
    r"punchlines": r"punchlines \(a short",
    r"tokens?": "a token is a piece",
    r"seeds?": r"seed \d+, which sets its chances",
    r"learning rate": r"in (?:larger|smaller) steps \(a (?:higher|lower) learning rate\)",
    r"lora": "which trains a small addition",
    r"memory settings?": r"which (?:trains|rounds|changes)|the last one allowed",
    r"placebos?": "the same model trained on another writer",
}
"""A term, and what must stand near to where it first does."""
UNUSED = (
    *(r"z", r"V", r"nats?", r"bits?", r"\d+% interval", r"confidence intervals?", r"rungs?", r"probes?", r"baselines?"),
    *(r"cosine", r"percentiles?", r"deviations?", r"parameters?", r"p = ", r"p-value", r"chat template", r"tiers?"),
    *(r"likelihood", r"verbatim", r"overfit\w*", r"checkpoint\w*", r"weights?", r"untuned", r"tuned"),
)
"""Terms that the writer's part does without."""


def front(entry: str) -> str:
    return entry.partition("### Appendix")[0]


def words(text: str) -> list[str]:
    return re.findall(r"\S*\w\S*", text)


def in_her_words(entry: str) -> str:
    """The writer's part without what others wrote: answers, essays, messages of libraries, and commands to be typed."""
    text = re.sub(r"^```.*?^```$", "", front(entry), flags=re.MULTILINE | re.DOTALL)
    return re.sub("“[^”]*”|`[^`]*`", "“”", text)


def unexplained(entry: str, explained: Mapping[str, str] = EXPLAINED, unused: Sequence[str] = UNUSED) -> list[str]:
    text = in_her_words(entry)
    found = [term for term in unused if re.search(rf"\b{term}\b", text if term == "V" else text.lower())]
    for term, explanation in explained.items():
        first = re.search(rf"\b{term}\b", text, re.IGNORECASE)
        if first and not re.search(explanation, text[max(0, first.start() - NEAR) : first.end() + NEAR], re.IGNORECASE):
            found.append(term)
    return found


def as_stored(path: Path) -> RunRecord:
    return read_record(path)


def test_the_example_is_what_its_record_renders() -> None:
    assert (EXAMPLE / "entry.md").read_text("utf-8") == render_entry(as_stored(EXAMPLE))


def test_the_example_is_short_before_its_appendix() -> None:
    assert len(words(front(render_entry(as_stored(EXAMPLE))))) <= MOST_WORDS


@pytest.mark.parametrize("record", [as_stored(EXAMPLE), *CASES.values()], ids=["example", *CASES])
def test_the_first_words_hold_verdict_trust_reason_and_next_move(record: RunRecord) -> None:
    first = " ".join(words(render_entry(record))[:FIRST_WORDS])
    direction = "no verdict"
    if record.analysis and record.analysis.findings:
        direction = record.analysis.findings.verdict.direction
    assert direction in first.lower()
    assert re.search(r"\b(?:Trust|Of the voice nothing can be said|Read the answers yourself)\b.*\bbecause\b", first)
    command = re.search(r"\bNext: .*`ownvoice run \S+", first)
    assert command, first


@pytest.mark.parametrize("record", [as_stored(EXAMPLE), *CASES.values()], ids=["example", *CASES])
def test_no_term_stands_unexplained_before_the_appendix(record: RunRecord) -> None:
    assert unexplained(render_entry(record)) == []


def test_a_term_that_nothing_explains_is_found() -> None:
    entry = render_entry(CASES["plain"])
    assert unexplained(entry.replace("Trust no", "At +0.3 z (95% interval) the placebo gained. Trust no")) == [
        *("z", r"\d+% interval", r"placebos?")
    ]
    assert unexplained(entry.replace("an epoch is one pass over", "see")) == ["epochs?"]


def test_the_stored_records_of_the_repository_are_found() -> None:
    assert EXAMPLE / "record.json" in STORED
    assert len(STORED) >= 2
    assert all(json.loads(path.read_text("utf-8"))["format_version"] for path in STORED)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.name)
def test_no_stored_record_renders_a_contradiction(path: Path) -> None:
    record = as_stored(path)
    assert contradictions(render_entry(record), record) == []


@pytest.mark.parametrize("record", CASES.values(), ids=list(CASES))
def test_no_run_renders_a_contradiction(record: RunRecord) -> None:
    assert contradictions(render_entry(record), record) == []


@pytest.mark.parametrize(
    ("case", "honest", "contrary", "found"),
    [
        ("memorised", "**In short.", "**PASS: it works.** **In short.", "PASS in bold"),
        ("memorised", "## Run 1: smoke-test", "## Run 1: PASS, smoke-test", "PASS above “memorised”"),
        ("did not learn", "No (FAIL)", "Yes (PASS)", "PASS, and the loss did not fall"),
        ("memorised", "Nothing more is shown", "Nothing is copied", "it recites: Nothing is copied"),
        ("prose fell", "work?** Partly", "work?** Yes", "sound prose fell: **Does the format work?** Yes"),
        ("unchanged", "shift?** No", "shift?** Partly", "a shift that chance explains: Partly"),
        ("traits there", "- Asides, ", "- Questions, there: ", "no habit of hers is a sign: - Questions, there: "),
        ("traits there", "| no habit of yours |", "| there |", "a habit she doesn't have: | questions"),
        ("traits overdone", "fell, still overdone", "overdone", "overdone, and it fell: | asides"),
        ("traits overdone", ", though that fell", "", "overdone, and it fell: 1. Too many asides"),
        (
            "traits missing",
            "learned\n\nNothing",
            "learned\n\n1. Asides in brackets: so.",
            "learned and not learned: asides",
        ),
        (
            "fell a rung",
            "- The training failed",
            "- Nothing. The training failed",
            "nothing went wrong, and something did",
        ),
        ("away", "it went -45%", "it went 45%", "moved away from you, and it went 45%"),
    ],
)
def test_each_contradiction_is_found_when_it_comes_back(case: str, honest: str, contrary: str, found: str) -> None:
    """Every one of these stood in an entry once, or would if a sentence were written without its figures."""
    entry = render_entry(CASES[case])
    assert honest in entry
    told = contradictions(entry.replace(honest, contrary, 1), CASES[case])
    assert any(each.startswith(found) for each in told), told
