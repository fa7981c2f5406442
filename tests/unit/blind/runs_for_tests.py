"""A run whose answers are long enough to be judged, and the essays of its author."""

from __future__ import annotations

from ownvoice.records.answers import ModelAnswers, Output, Outputs
from ownvoice.records.essays import DataSummary, Pair, PairFigures, Probe
from ownvoice.records.run import PlaceboRun, RunRecord
from tests.unit.records_for_tests import record_for_tests

PROBES = tuple(Probe(id=f"probe-{number}", topic=f"Something small, number {number}") for number in range(1, 9))


def author_for_tests() -> list[Pair]:
    """Six essays of about 1,200 words; the last two are held out."""
    return [
        Pair(
            id=f"essay-{number}",
            topic=f"Topic {number}",
            essay="\n\n".join(f"{_prose(f'She wrote {number}.{part}', 12)}" for part in range(8)),
            tier=1,
            split="train" if number < 5 else "validation",
            source=f"pairs/{number}.md:1",
        )
        for number in range(1, 7)
    ]


def answers_for_tests(voice: str, sentences: int = 20) -> ModelAnswers:
    """To a canary twice and to eight probes twice, of ten words a sentence."""
    asked = [(prompt, sample) for prompt in ("A", *(probe.id for probe in PROBES)) for sample in (0, 1)]
    outputs = [
        Output(
            prompt_id=prompt,
            sample=sample,
            text=_prose(f"{voice} {place}", sentences),
            tokens=200,
            cut_off=False,
        )
        for place, (prompt, sample) in enumerate(asked)
    ]
    return ModelAnswers(outputs=Outputs(outputs=tuple(outputs), seconds=1, tokens_per_second=1, peak_bytes=1))


def run_for_tests(number: int = 1, prompted: bool = False, placebo: bool = False) -> RunRecord:
    whole = record_for_tests(number)
    assert whole.data is not None
    figures = [
        PairFigures(id=pair.id, topic=pair.topic, tier=1, split=pair.split, words=1200, tokens=1500)
        for pair in author_for_tests()
    ]
    data = DataSummary(figures=tuple(figures), notes=(), canaries=whole.data.canaries, probes=PROBES)
    return record_for_tests(
        number,
        data=data,
        baseline=answers_for_tests("The untuned wrote"),
        tuned=answers_for_tests("The tuned wrote"),
        prompted=answers_for_tests("The asked wrote") if prompted else ModelAnswers(),
        placebo=PlaceboRun(writer="woodworker", figures=(), answers=answers_for_tests("The other wrote"))
        if placebo
        else None,
    )


def _prose(start: str, sentences: int) -> str:
    return " ".join(f"{start} sentence {number}, of about ten plain words." for number in range(sentences))
