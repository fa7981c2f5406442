"""Records to make pages of: every kind of series, and answers that would rather be something else than text."""

from __future__ import annotations

from functools import cache

from ownvoice.blind_tests import BlindTest, Difference, Taken
from ownvoice.paths import ROOT
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.model import Kind
from ownvoice.records.run import PlaceboRun, RunRecord
from ownvoice.records.training import EpochLoss
from ownvoice.report.kept.runs import read_record
from ownvoice.series.head_start import ArmOf, CellOf, Effect, HeadStart
from ownvoice.series.models import Between, InOneWay, ModelComparison, OneModel, Way
from ownvoice.series.overfit import LookFigures, OverfitDiagnostic
from ownvoice.series.record import Result, SeriesRecord
from ownvoice.series.sweep import Sweep
from ownvoice.voice.results import Interval, Level
from tests.unit.records_for_tests import TUNED_PROSE, outputs_for_tests, record_for_tests
from tests.unit.report.test_series import series_for_tests
from tests.unit.series.test_sweep import tried

KINDS: tuple[Kind, ...] = ("base", "instruct")
HOSTILE = {
    "script": "<script>document.title='taken'</script><img src=x onerror=alert(1)><iframe src=http://127.0.0.1:9></iframe>",
    "closing": "</blockquote></section></main></style></title><script>alert(2)</script><!-- <svg onload=alert(3)>",
    "link": "](javascript:alert(4)) <a href='javascript:alert(5)'>here</a> {{ 7 * 7 }} {% raw %} &lt;b&gt;",
    "terminal": "\x1b[31mred\x1b[0m \x1b]8;;http://127.0.0.1:9\x07click\x1b]8;;\x07 \x00\x08\x7f\x9b2J",
    "direction": "safe\u202egnp.exe\u202c \u2066over\u2069 \u200f\u200e\ufeff",
    "marks": "Z" + "\u0351\u0352\u0353" * 400,
    "one word": "a" * 5_000,
    "endless": "He said it again, and then (as ever) he said it again. " * 190_000,  # 10 MB
}


@cache
def example() -> RunRecord:
    return read_record(ROOT / "artifacts" / "example")


def hostile_run(text: str, number: int = 1) -> RunRecord:
    """The text wherever a model, or a file that a writer was given, may have put it."""
    answers = ModelAnswers(outputs=outputs_for_tests({"A": text, "B": f"{TUNED_PROSE} {text}"}, TUNED_PROSE))
    record = record_for_tests(number, tuned=answers, baseline=answers)
    assert record.analysis is not None
    assert record.data is not None
    short = text[:5_000]
    canaries = tuple(each.model_copy(update={"topic": short, "facts": (short,)}) for each in record.data.canaries)
    findings = record.analysis.findings
    assert findings is not None
    verdict = findings.verdict.model_copy(update={"reason": short})
    update = {"findings": findings.model_copy(update={"verdict": verdict}), "next_steps": (f"Do `{short}`.",)}
    return record.model_copy(
        update={
            "model_name": short,
            "settings": {short: short},
            "data": record.data.model_copy(update={"canaries": canaries}),
            "analysis": record.analysis.model_copy(update=update),
            "placebo": PlaceboRun(writer=short, figures=(), answers=answers),
        }
    )


def series_of(result: Result, number: int = 1) -> SeriesRecord:
    record = series_for_tests(number)
    return record.model_copy(update={"result": result, "phase": result.kind})


def every_result() -> tuple[Result, ...]:
    """One of each kind, of figures as they may be found: measuring them takes seconds, and other tests do."""
    scale_up = series_for_tests(1).result
    assert scale_up is not None
    ranked = (tried("epochs $3", 0.9), tried("epochs 5", 0.4), tried("epochs 9", 2.0, "fail"))
    sweep = Sweep(words=120, tried=ranked, with_placebo=True, lead=None, conclusion="None (+0.9 z) leads. More.")
    return scale_up, _diagnostic(), _comparison(), sweep, _arms()


def around(mean: float) -> Interval:
    return Interval(mean=mean, low=mean - 0.2, high=mean + 0.2)


def _diagnostic() -> OverfitDiagnostic:
    losses = ((None, 3.4), (3.2, 3.0), (2.0, 2.8), (0.9, 3.0), (0.2, 3.6))
    seen: tuple[tuple[int, int, Level], ...] = ((2, 3, "none"), (4, 64, "fail"))
    return OverfitDiagnostic(
        pairs=3,
        held_out=1,
        words=120,
        losses=tuple(EpochLoss(epoch=epoch, training=row[0], validation=row[1]) for epoch, row in enumerate(losses)),
        looks=tuple(
            LookFigures(epoch=epoch, voice=around(0.4), verbatim_tokens=tokens, longest_run=5, memorised=level)
            for epoch, tokens, level in seen
        ),
        best_epoch=2,
        kept_epoch=2,
        weights="/cache/weights",
        onset=4,
        before_onset=2,
        recited="The model knows an essay of yours by heart: “<i>the lighthouse keeper</i>”.",
        conclusion="An essay was first known by heart between epoch 2 and 4.",
    )


def _comparison() -> ModelComparison:
    ways: tuple[Way, ...] = ("untuned", "prompted", "tuned", "placebo")
    models = tuple(
        OneModel(
            name=name,
            run=run,
            kind="base",
            parameters=135_000_000,
            trainings=1,
            ways=tuple(
                InOneWay(way=way, level=around(place + run), no_prose=0, answers=16) for place, way in enumerate(ways)
            ),
            gain=around(2.0),
            tuned_minus_prompted=around(1.0),
            tuned_minus_placebo=None,
            held_out=around(0.1),
            beyond_others=None,
            memorised="none",
            direction="moved: format or voice",
        )
        for run, name in ((1, "one $model"), (2, "another\x1b[31m"))
    )
    between = (Between(one="one", other="another", tuned=around(-1.0), likelier=None),)
    return ModelComparison(words=120, models=models, between=between, canaries=(), conclusion="Another comes nearer.")


def _arms() -> HeadStart:
    names = ("base", "instruct")
    arms = tuple(
        ArmOf(name=name, model=name, kind=kind, format="own", learning_rate=5e-5, trainings=4, untuned_no_prose=(1, 24))
        for name, kind in zip(names, KINDS, strict=True)
    )
    cells = tuple(
        CellOf(
            arm=arm,
            author=author,
            runs=(1, 2),
            level=1.0,
            gain=0.5,
            specificity=0.4 + place,
            held_out=0.02,
            generic=0.01,
            no_prose=(0, 24),
            memorised="none",
        )
        for place, arm in enumerate(names)
        for author in ("x", "y")
    )
    effect = Effect(
        one="instruct", other="base", measure="specificity", by_author={"x": 1.0, "y": 1.0}, interval=around(1.0), p=0.5
    )
    return HeadStart(
        arms=arms,
        authors=("x", "y"),
        seeds=(13, 14),
        words={"x": 120, "y": 120},
        cells=cells,
        effects=(effect,),
        missing=(),
        conclusion="These runs can't tell.",
    )


def blind_test(judge: str) -> BlindTest:
    taken = (
        Taken(source="own", passages=8, taken=6, low=0.35, high=0.97, certain=4),
        Taken(source="tuned", passages=8, taken=2, low=0.03, high=0.65, certain=0),
    )
    return BlindTest(
        sheet="s",
        judge=judge,
        finished_at="2026-11-30T10:00:00+00:00",
        seed=1,
        words=100,
        essays=3,
        from_within=0,
        trained_on=False,
        taken=taken,
        differences=(Difference(source="own", p=0.13, needed=1),),
    )
