"""Records of series of every kind that went every way, the extremes too: for tests of what their entries say."""

from __future__ import annotations

from typing import Any

from ownvoice.experiment_files import load_experiment
from ownvoice.paths import EXPERIMENTS
from ownvoice.phase_configs import SweepConfig
from ownvoice.records.training import EpochLoss
from ownvoice.series import head_start, models, scale_up, sweep
from ownvoice.series.head_start import ArmOf, CellOf, HeadStart, effect_of
from ownvoice.series.models import AnswerOf, Between, CanarySideBySide, InOneWay, ModelComparison, OneModel
from ownvoice.series.next_steps import suggest_after
from ownvoice.series.overfit import LookFigures, OverfitDiagnostic
from ownvoice.series.record import MemberRun, Result, SeriesRecord
from ownvoice.series.scale_up import Growth, ScaleUp, Size, find_stop
from ownvoice.series.sweep import Sweep, Tried
from ownvoice.settings import flat, settings_in_words
from ownvoice.voice.results import Interval, Level
from tests.unit.records_for_tests import machine_for_tests

HEARD = (
    "given the first 40 tokens of pair-1 the tuned model wrote out 64 more word for word, “tin with Tin written on it”."
)
NOTHING = Interval(mean=0.1, low=-0.2, high=0.3)
OPEN = Interval(mean=0.3, low=-0.6, high=1.2)
UP, DOWN = Interval(mean=0.9, low=0.4, high=1.4), Interval(mean=-0.9, low=-1.4, high=-0.4)
FLAT_BITS = Interval(mean=0.001, low=-0.004, high=0.006)
UP_BITS, DOWN_BITS = Interval(mean=0.05, low=0.02, high=0.08), Interval(mean=-0.05, low=-0.08, high=-0.02)


def record_of(result: Result | None, phase: str, runs: int = 3, failed: int = 0, **changes: Any) -> SeriesRecord:
    config = load_experiment(EXPERIMENTS / f"{phase}.toml")
    if isinstance(config, SweepConfig):
        epochs = tuple(range(1, 28))
        config = config.model_copy(update={"grid": {"training.epochs": epochs}, "most_runs": len(epochs)})
    members = [
        MemberRun(label=f"part {number}", run=number, folder=f"{number}-{phase}-x") for number in range(1, runs + 1)
    ]
    members += [
        MemberRun(label=f"part {runs + n + 1}", run=None, failure="OutOfMemory: none left") for n in range(failed)
    ]
    values: dict[str, Any] = {
        "number": 1,
        "key": "k",
        "phase": phase,
        "model_name": getattr(config, "model", "smollm2-135m"),
        "settings": settings_in_words(flat(config.model_dump(mode="json")), None),
        "status": "failed" if failed else "completed",
        "started_at": "2026-11-24T18:00:00+00:00",
        "finished_at": "2026-11-24T18:10:21+00:00",
        "runs": tuple(members),
        "result": result,
        "next_steps": suggest_after(result, config),
        "machine": machine_for_tests(),
    }
    return SeriesRecord(**(values | changes))


def sizes(
    *growth: Growth, trainings: int = 1, recited: int = 0, direction: str = "moved: format or voice", words: int = 120
) -> ScaleUp:
    pairs = sorted({each.fewer for each in growth} | {each.more for each in growth})
    rows = tuple(
        Size(
            pairs=number,
            run=run,
            trainings=trainings,
            validation_before=3.4,
            validation_after=3.2,
            voice=UP if words else None,
            held_out=UP_BITS,
            beyond_others=None,
            memorised="fail" if number == recited else "none",
            longest_run=4,
            direction="memorised" if number == recited else direction,
        )
        for run, number in enumerate(pairs, start=1)
    )
    growing, stopped = find_stop(growth)
    return ScaleUp(
        words=words,
        sizes=rows,
        growth=growth,
        growing=growing,
        stopped_at=stopped,
        conclusion=scale_up.conclude(growth),
    )


def grew(fewer: int, more: int, voice: Interval | None, held_out: Interval | None = FLAT_BITS) -> Growth:
    return Growth(fewer=fewer, more=more, voice=voice, held_out=held_out)


def diagnosed(
    validation: list[float], onset: int | None = None, before: int = 0, held_out: int = 1
) -> OverfitDiagnostic:
    losses = tuple(
        EpochLoss(epoch=epoch, training=None if epoch == 0 else 4 / epoch, validation=each)
        for epoch, each in enumerate(validation)
    )
    looks = tuple(
        LookFigures(
            epoch=epoch,
            voice=OPEN,
            verbatim_tokens=64 if onset and epoch >= onset else 4,
            longest_run=18 if onset and epoch >= onset else 3,
            memorised="fail" if onset and epoch >= onset else "none",
        )
        for epoch in range(3, len(validation), 3)
    )
    best = min(losses, key=lambda row: row.validation).epoch
    return OverfitDiagnostic(
        pairs=3,
        held_out=held_out,
        words=110,
        losses=losses,
        looks=looks,
        best_epoch=best,
        kept_epoch=best,
        weights="artifacts/cache/weights/train-0/model.safetensors",
        onset=onset,
        before_onset=before,
        recited=HEARD if onset else "",
        conclusion=f"With 3 pairs this training did best on the held-out essays at epoch {best}, so stop there."
        + (
            f" An essay was first known by heart between epoch {before} and {onset}."
            if onset
            else " No essay was recited."
        ),
    )


def compared(
    *between: tuple[str, str, Interval | None],
    recited: str = "",
    prompted: Interval | None = UP,
    trainings: int = 1,
    names: tuple[str, ...] = ("smollm2-135m", "gemma-3-270m"),
    held_out: Interval = UP_BITS,
) -> ModelComparison:
    found = tuple(_model(name, run, recited, prompted, trainings, held_out) for run, name in enumerate(names, start=1))
    pairs = tuple(Between(one=one, other=other, tuned=tuned, likelier=UP_BITS) for one, other, tuned in between)
    answers = tuple(
        AnswerOf(model=name, way=way, text="The drawer stuck. </pre> **She** pulled.")
        for name in names
        for way in ("untuned", "tuned")
    )
    return ModelComparison(
        words=117,
        models=found,
        between=pairs,
        canaries=(CanarySideBySide(id="A", topic="The kitchen drawer", answers=answers),),
        conclusion=models.conclude(found, pairs),
    )


def _model(
    name: str, run: int, recited: str, prompted: Interval | None, trainings: int, held_out: Interval
) -> OneModel:
    level: Level = "fail" if name == recited else "none"
    ways = tuple(
        InOneWay(way=way, level=UP, no_prose=1, answers=24) for way in ("untuned", "prompted", "tuned", "placebo")
    )
    return OneModel(
        name=name,
        run=run,
        kind="base" if name.startswith("gemma") else "instruct",
        parameters=134_500_000,
        trainings=trainings,
        ways=ways,
        gain=UP,
        tuned_minus_prompted=prompted,
        tuned_minus_placebo=OPEN,
        held_out=held_out,
        beyond_others=None,
        memorised=level,
        direction="memorised" if level == "fail" else "moved: format or voice",
    )


Setting = tuple[str, Interval | None, Level]


def swept(*tried: Setting, lead: Interval | None = None, placebo: bool = True) -> Sweep:
    rows = tuple(
        Tried(
            label=label,
            run=run,
            specificity=found if placebo else None,
            gain=found,
            validation_after=3.1,
            memorised=level,
            direction="memorised" if level == "fail" else "insufficient evidence",
        )
        for run, (label, found, level) in enumerate(tried, start=1)
    )
    able = [each for each in rows if each.objective]
    conclusion = sweep.conclude(able, len(rows), lead, placebo)
    return Sweep(words=117, tried=rows, with_placebo=placebo, lead=lead, conclusion=conclusion)


def started(apart: list[tuple[float, float]], authors: int = 5, missing: tuple[str, ...] = ()) -> HeadStart:
    """What each further arm has over the base, an author each: the mean and how far the authors lie about it."""
    arms, writers = ["base", "assistant", "documents"][: len(apart) + 1], [f"author {n}" for n in range(1, authors + 1)]
    shifts = {
        arm: [mean + half * (-1) ** n for n in range(authors)]
        for arm, (mean, half) in zip(arms[1:], apart, strict=True)
    }
    cells = tuple(
        CellOf(
            arm=arm,
            author=writer,
            runs=(3 * place + 1, 3 * place + 2, 3 * place + 3),
            level=1.0,
            gain=1.0,
            specificity=1.0 + (shifts[arm][place] if arm in shifts else 0.0),
            held_out=0.05,
            generic=0.02,
            no_prose=(1, 24),
            memorised="none",
        )
        for place, writer in enumerate(writers)
        for arm in arms
    )
    effects = tuple(
        effect_of(cells, one, arms[0], measure) for measure in ("specificity", "held_out") for one in arms[1:]
    )
    return HeadStart(
        arms=tuple(
            ArmOf(
                name=arm,
                model=f"gemma-3-270m-{arm}",
                kind="base" if arm == "base" else "instruct",
                format="own",
                learning_rate=5e-5,
                trainings=3 * authors,
                untuned_no_prose=(4, 24),
            )
            for arm in arms
        ),
        authors=tuple(writers),
        seeds=(13, 14, 15),
        words=dict.fromkeys(writers, 110),
        cells=cells,
        effects=effects,
        missing=missing,
        conclusion=head_start.conclude(arms, effects),
    )


BOTH = ("smollm2-135m", "gemma-3-270m")
OVERFITS = [
    4.44,
    4.29,
    4.25,
    4.24,
    4.26,
    4.30,
    4.36,
    4.48,
    4.64,
    4.84,
    5.01,
    5.33,
    5.52,
    5.68,
    5.84,
    6.12,
    6.12,
    6.29,
    6.50,
]
STOPPED = (grew(3, 6, UP, UP_BITS), grew(6, 13, NOTHING), grew(3, 13, UP, UP_BITS))


def _cases() -> dict[str, SeriesRecord]:
    few: Setting = ("epochs 3", UP, "none")
    many: Setting = ("epochs 5", NOTHING, "none")
    by_heart: Setting = ("epochs 9", UP, "fail")
    chance: Setting = ("epochs 3", OPEN, "none")
    unmeasured: Setting = ("epochs 3", None, "none")
    wide: list[Setting] = [(f"epochs {n}", UP if n == 1 else OPEN, "none") for n in range(1, 28)]
    of_sizes = {
        "stopped": sizes(*STOPPED),
        "stopped, and worse": sizes(*STOPPED[:1], grew(6, 13, DOWN, DOWN_BITS), grew(3, 13, OPEN)),
        "still help": sizes(grew(3, 6, OPEN), grew(6, 13, UP, UP_BITS), grew(3, 13, UP)),
        "still help, three trainings": sizes(grew(3, 13, UP, UP_BITS), trainings=3, direction="voice moved"),
        "still help, in the essays": sizes(grew(3, 13, OPEN, UP_BITS)),
        "did harm": sizes(grew(3, 13, DOWN, Interval(mean=0.0, low=-0.05, high=0.05))),
        "both ways": sizes(grew(3, 13, UP, DOWN_BITS)),
        "open": sizes(grew(3, 6, OPEN, None), grew(6, 13, OPEN, None), grew(3, 13, UP, None)),
        "not measured": sizes(grew(3, 13, None, None), words=0),
        "still help, by heart": sizes(grew(3, 13, UP, UP_BITS), recited=13),
        "open, by heart": sizes(grew(3, 13, OPEN, None), recited=13),
    }
    of_epochs = {
        "overfits": diagnosed(OVERFITS, onset=15, before=12),
        "overfits, never by heart": diagnosed(OVERFITS, held_out=8),
        "by heart at once": diagnosed(OVERFITS, onset=3),
        "never turned": diagnosed([4.4, 4.2, 4.1, 4.0, 3.9, 3.85, 3.8], held_out=8),
        "flat": diagnosed([4.4, 4.4, 4.4, 4.4]),
        "only harm": diagnosed([4.0, 4.2, 4.4, 4.8, 5.2]),
        "no look": diagnosed([4.4, 4.2, 4.3]),
    }
    three = ("a/model-one", "b/model-two", "c/model-three")
    of_models = {
        "winner": compared((*BOTH, UP)),
        "winner, three trainings": compared((*BOTH, DOWN), trainings=3, prompted=DOWN),
        "equal": compared((*BOTH, NOTHING), prompted=NOTHING),
        "apart by chance": compared((*BOTH, OPEN), prompted=OPEN),
        "one by heart": compared((*BOTH, DOWN), recited="gemma-3-270m", held_out=DOWN_BITS),
        "models not measured": compared((*BOTH, None), prompted=None),
        "one model": compared(names=("smollm2-135m",)),
        "three": compared((three[0], three[1], UP), (three[0], three[2], UP), (three[1], three[2], OPEN), names=three),
        "three, open": compared(
            (three[0], three[1], UP), (three[0], three[2], OPEN), (three[1], three[2], OPEN), names=three
        ),
    }
    of_settings = {
        "best": swept(few, many, by_heart, lead=UP),
        "best of many": swept(*wide, lead=UP),
        "tied": swept(few, many, lead=OPEN, placebo=False),
        "none helps": swept(many, chance),
        "all by heart": swept(by_heart),
        "settings not measured": swept(unmeasured),
        "one left": swept(few, by_heart),
    }
    of_starts = {
        "helps": started([(0.9, 0.1)]),
        "helps, six authors": started([(0.9, 0.1)], authors=6),
        "harms": started([(-0.9, 0.1)]),
        "same": started([(0.05, 0.1), (0.0, 0.1)]),
        "starts open": started([(0.3, 1.5)]),
        "mixed": started([(0.9, 0.1), (0.3, 1.5)]),
        "too few authors": started([(0.9, 0.1)], authors=1, missing=("assistant, author 2, seed 13",)),
    }
    kinds: dict[str, dict[str, Any]] = {
        "scale-up": of_sizes,
        "overfit-diagnostic": of_epochs,
        "compare": of_models,
        "sweep": of_settings,
        "base-or-instruct": of_starts,
    }
    cases = {
        f"{phase}: {name}": record_of(found, phase, runs=75 if phase == "base-or-instruct" else 3)
        for phase, results in kinds.items()
        for name, found in results.items()
    }
    return cases | {
        "scale-up: one run failed": record_of(of_sizes["open"], "scale-up", failed=1),
        "scale-up: no run": record_of(None, "scale-up", runs=0, failed=3),
        "sweep: not compared": record_of(None, "sweep", not_compared="the runs answered different questions."),
    }


CASES = _cases()
