"""Records of runs that went every way, the extremes too: for tests of what an entry says."""

from __future__ import annotations

from typing import Any, get_args

from ownvoice.analysis.next_steps import suggest
from ownvoice.records.analysis import OwnPassage, OwnWords
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.essays import Canary
from ownvoice.records.run import PlaceboRun, RunRecord, SeedRun
from ownvoice.records.training import Attempt
from ownvoice.voice.copying import CopiedSpan, Memorisation
from ownvoice.voice.facts import Contradiction, FactCheck
from ownvoice.voice.flaws import Degeneration
from ownvoice.voice.likelihood import Contrast, Likelier
from ownvoice.voice.recall import PrefixMatch
from ownvoice.voice.results import CopyFigure, Interval, NoProse, Quote
from ownvoice.voice.traits import Status, Trait
from ownvoice.voice.verdict import Direction, Verdict
from tests.unit.records_for_tests import (
    baseline_for_tests,
    data_for_tests,
    failed_record_for_tests,
    model_for_tests,
    pair_set_for_tests,
    record_for_tests,
    training_for_tests,
    tuned_for_tests,
)
from tests.unit.report.test_voice_text import RANK, at, distances, figures, placebo

QUOTE = Quote(prompt_id="A", sample=0, text="He said nothing (he had two of them).")
HERS = OwnPassage(essay_id="pair-1", topic="The kitchen drawer", text="Nobody living has seen the back.")


def with_findings(record: RunRecord | None = None, own_words: OwnWords | None = None, **changes: Any) -> RunRecord:
    """A completed run in which other things were found."""
    record = record or record_for_tests()
    assert record.analysis is not None
    assert record.analysis.findings is not None
    findings = record.analysis.findings.model_copy(update=changes)
    analysis = record.analysis.model_copy(update={"findings": findings, "likelier": findings.likelier})
    if own_words is not None:
        analysis = analysis.model_copy(update={"own_words": own_words})
    return record.model_copy(update={"analysis": analysis})


def directed(direction: Direction, **changes: Any) -> RunRecord:
    verdict = Verdict(direction=direction, reason="So it is.")
    record = with_findings(verdict=verdict, **changes)
    assert record.analysis is not None
    steps = suggest(pair_set_for_tests(), tuned_for_tests(), training_for_tests(), record.config, "instruct", verdict)
    return record.model_copy(update={"analysis": record.analysis.model_copy(update={"next_steps": steps})})


def trait(name: str, status: Status, base: float | None, tuned: float, own: float, high: float) -> Trait:
    return Trait(
        name=name,
        counts="what is counted",
        unit="per 1,000 words",
        own_low=0.0,
        own_mean=own,
        own_high=high,
        own_pieces=9,
        base=base,
        tuned=tuned,
        status=status,
        base_status="missing",
        quotes=(QUOTE,),
        summary="",
    )


def traits_that_are(status: Status) -> tuple[Trait, ...]:
    """Three habits of hers and three that are not, that fell, rose, and were not measured before."""
    figures_of = ((20.0, 14.0), (0.5, 1.5), (None, 3.0))
    hers, not_hers = ("asides", "punchlines", "first person"), ("questions", "dashes", "hyperbole")
    return (
        *(trait(name, status, *each, own=5.0, high=12.0) for name, each in zip(hers, figures_of, strict=True)),
        *(trait(name, status, *each, own=0.1, high=0.0) for name, each in zip(not_hers, figures_of, strict=True)),
    )


def sound(base: int, tuned: int, of: int = 27) -> Degeneration:
    summary = f"{tuned} of {of} tuned answers are sound prose (baseline {base} of {of})."
    return Degeneration(
        base_answers=of, tuned_answers=of, base_sound=base, tuned_sound=tuned, flaws=(), summary=summary
    )


def memorised(prefix_alone: bool = False) -> Memorisation:
    span = CopiedSpan(words=22, essay_id="pair-1", quote=QUOTE)
    longest = CopyFigure(name="longest run", tuned=22, base=3, warn_from=8, level="fail", in_words="22 words")
    recited = PrefixMatch(
        id="pair-2", prefix_tokens=40, verbatim_tokens=64, compared_tokens=64, text="years before that"
    )
    return Memorisation(
        level="fail",
        reason="The model recites an essay of yours.",
        figures=(longest,),
        spans=() if prefix_alone else (span,),
        prefixes=(recited,),
    )


def contrast(low: float, high: float) -> Contrast:
    mean = (low + high) / 2
    return Contrast(
        unit="character",
        own_gain=0.2,
        control_gain=0.2 - mean,
        mean=mean,
        low=low,
        high=high,
        generic_share=(0.2 - mean) / 0.2,
        own_essays=3,
        control_essays=8,
    )


def apart(shift: Interval, index: Interval, **changes: Any) -> Any:
    return distances(**changes).model_copy(update={"tuned_minus_baseline": shift, "index": index})


def _figures(mean: float, trainings: int = 1, **changes: Any) -> Any:
    return figures(distances=apart(at(mean), at(mean / 2), trainings=trainings), **changes)


def _base_model() -> RunRecord:
    pair_set = pair_set_for_tests()
    canaries = (*pair_set.canaries, Canary(id="C", topic="Why you moved house", instruct_only=True))
    return record_for_tests(
        model=model_for_tests().model_copy(update={"kind": "base"}),
        data=data_for_tests(pair_set.model_copy(update={"canaries": canaries})),
    )


def _several() -> RunRecord:
    run = PlaceboRun(writer="Elia", figures=(), training=training_for_tests(), seeds=(SeedRun(seed=14),))
    seeds = (SeedRun(seed=14, training=training_for_tests()), SeedRun(seed=15))
    return record_for_tests(
        seeds=seeds,
        placebo=run,
        further_placebos=(PlaceboRun(figures=()),),
        prompted=ModelAnswers(outputs=baseline_for_tests()),
        prompted_with=("pair-1", "pair-2"),
        waited_seconds=61.0,
    )


def _fell_a_rung() -> RunRecord:
    failed = Attempt(
        rung="as configured", predicted_bytes=1, reached_bytes=None, ended="OutOfMemory at step 2 of 9: no memory"
    )
    last = Attempt(rung="LoRA over bf16 weights", predicted_bytes=1, reached_bytes=1, ended="completed")
    training = training_for_tests().model_copy(
        update={"attempts": (failed, last), "rung": last.rung, "seconds": 82.0, "estimated_seconds": 12.0}
    )
    return record_for_tests(training=training)


def _facts() -> tuple[FactCheck, ...]:
    against = (Contradiction(pattern="my parents are", quote=QUOTE),)
    facts = ("the narrator is ten", "her parents run a takeaway")
    return (FactCheck(prompt_id="A", facts=facts, base=(), tuned=against, summary="It says so."),)


def _cases() -> dict[str, RunRecord]:
    against, won = (placebo(),), Likelier(tuned=contrast(0.02, 0.09))
    beaten = (placebo(level=0.5),)
    hers = OwnWords(canaries={"A": HERS}, traits={"asides": HERS, "punchlines": HERS})
    voice: dict[str, Any] = {"figures": _figures(0.9, against=against, rank=RANK), "likelier": won}
    long = training_for_tests(tuple((None if i == 0 else 3.0 - i / 20, 3.4 - i / 50) for i in range(31)))
    return {
        "plain": record_for_tests(),
        "hers": with_findings(own_words=hers, traits=traits_that_are("missing")),
        "voice moved": directed("voice moved", **voice),
        "voice moved, three trainings": directed(
            "voice moved", **voice | {"figures": _figures(0.9, 3, against=against, rank=RANK)}
        ),
        "format or voice, no placebo": directed("moved: format or voice", figures=_figures(0.9)),
        "format or voice, beaten": directed("moved: format or voice", figures=_figures(0.9, against=beaten, rank=RANK)),
        "format or voice, no others": directed("moved: format or voice", figures=_figures(0.9, against=against)),
        "topic only": directed("moved: topic only", figures=_figures(0.1, against=against)),
        "away": directed("moved away from you", figures=_figures(-0.9)),
        "away, with an index that disagrees": directed(
            "moved away from you", figures=figures(distances=apart(at(-0.9), at(0.1)))
        ),
        "not moved": directed("not moved", figures=_figures(0.1)),
        "unchanged": directed("not moved").model_copy(update={"tuned": ModelAnswers(outputs=baseline_for_tests())}),
        "open": directed("insufficient evidence", figures=_figures(0.1)),
        "no index": directed(
            "insufficient evidence",
            figures=figures(distances=distances().model_copy(update={"index": None, "tuned_minus_baseline": at(0.1)})),
        ),
        "no prose": directed(
            "insufficient evidence",
            figures=figures(distances=None, no_prose=(NoProse(model="tuned", answers=14, of=24, reasons=("a loop",)),)),
        ),
        "too few": directed("insufficient evidence", figures=figures(distances=None)),
        "memorised": directed("memorised", memorisation=memorised(), traits=traits_that_are("there")),
        "memorised, by its beginning": directed("memorised", memorisation=memorised(prefix_alone=True)),
        **{f"traits {status}": with_findings(traits=traits_that_are(status)) for status in get_args(Status)},
        "prose fell": with_findings(degeneration=sound(26, 23)),
        "prose fell low": with_findings(degeneration=sound(12, 3)),
        "prose rose": with_findings(degeneration=sound(3, 25)),
        "no prose yet": with_findings(degeneration=sound(3, 5)),
        "facts": with_findings(facts=_facts()),
        "anybody's": with_findings(likelier=Likelier(tuned=contrast(-0.02, 0.09))),
        "base model": _base_model(),
        "several": _several(),
        "fell a rung": _fell_a_rung(),
        "failed": failed_record_for_tests(failed_attempts=_fell_a_rung().attempts[:1]),
        "nothing": failed_record_for_tests(model=None, data=None, baseline=ModelAnswers(), steps=()),
        "no findings": _without_findings(),
        "no number": _failed_to_learn("FAIL: a loss is not a number.", (float("nan"), float("nan"))),
        "did not learn": _failed_to_learn("FAIL: the training loss did not fall.", (3.3, 3.4)),
        "overfits": record_for_tests(training=training_for_tests(((None, 3.4), (3.2, 3.1), (0.3, 3.6)))),
        "long": record_for_tests(training=long.model_copy(update={"kept_epoch": 17})),
        "adopted": record_for_tests(adopted=True),
    }


def _failed_to_learn(verdict: str, last: tuple[float, float]) -> RunRecord:
    record = record_for_tests(training=training_for_tests(((None, 3.4), (3.2, 3.4), last)))
    assert record.analysis is not None
    return record.model_copy(update={"analysis": record.analysis.model_copy(update={"verdict": verdict})})


def _without_findings() -> RunRecord:
    record = record_for_tests()
    assert record.analysis is not None
    return record.model_copy(update={"analysis": record.analysis.model_copy(update={"findings": None})})


CASES = _cases()
