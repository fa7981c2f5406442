"""The tables of a series that a writer reads first: fewer rows and columns, plain names; the appendix has all of them."""

from __future__ import annotations

from collections.abc import Mapping

from ownvoice.records.training import EpochLoss
from ownvoice.report.render import MEMORISED, spread
from ownvoice.report.shown_table import Column, ShownTable
from ownvoice.series.head_start import Effect, HeadStart
from ownvoice.series.models import ModelComparison
from ownvoice.series.overfit import OverfitDiagnostic
from ownvoice.series.record import Result
from ownvoice.series.scale_up import Growth, ScaleUp
from ownvoice.series.sweep import Sweep
from ownvoice.units import loss
from ownvoice.voice.results import Interval
from ownvoice.voice.verdict import WORTH_HAVING

Links = Mapping[int, str]
MOST_ROWS = 8
GAINED, UNSEEN = Column("VOICE gained (z)"), Column("Unseen essays (bits a character)")
BY_HEART, VERDICT = Column("By heart", is_figure=False), Column("The run's own verdict", is_figure=False)
SAYS = Column("", is_figure=False)
ASKED = {
    "untuned": "before training",
    "prompted": "before training, shown essays of yours first",
    "tuned": "trained on your essays",
    "placebo": "trained on another writer's",
}


def front_tables(result: Result | None, links: Links) -> dict[str, ShownTable]:
    """Those that have a row, by their names in the template."""
    match result:
        case ScaleUp():
            tables = {"sizes": _sizes(result, links), "growth": _growth(result)}
        case OverfitDiagnostic():
            tables = {"looks": _epochs(result)}
        case ModelComparison():
            tables = {"ways": _ways(result), "models": _models(result), "between": _between(result)}
        case Sweep():
            tables = {"tried": _tried(result, links)}
        case HeadStart():
            tables = {"arms": _arms(result), "effects": _effects(result)}
        case None:
            tables = {}
    return {name: table for name, table in tables.items() if table.rows}


def _sizes(found: ScaleUp, links: Links) -> ShownTable:
    rows = (
        (
            str(size.pairs),
            _run(links, size.run),
            spread(size.voice),
            spread(size.held_out, 3),
            MEMORISED[size.memorised],
            size.direction,
        )
        for size in found.sizes
    )
    return ShownTable(
        (Column("Essays"), Column("Run", is_figure=False), GAINED, UNSEEN, BY_HEART, VERDICT), tuple(rows)
    )


def _growth(found: ScaleUp) -> ShownTable:
    rows = (
        (f"{step.more} against {step.fewer}", spread(step.voice), spread(step.held_out, 3), _says(step))
        for step in found.growth
    )
    return ShownTable((Column("Essays", is_figure=False), GAINED, UNSEEN, SAYS), tuple(rows))


def _says(step: Growth) -> str:
    if step.brought_nothing:
        return "worse" if step.hurt else "nothing worth having"
    return "better" if step.helped else "worse" if step.hurt and not _any_above(step) else "open"


def _any_above(step: Growth) -> bool:
    return any(each is not None and each.above_zero for each in (step.voice, step.held_out))


def _epochs(found: OverfitDiagnostic) -> ShownTable:
    looks = {look.epoch: look for look in found.looks}
    rows = []
    for row in few_rows(found):
        look = looks.get(row.epoch)
        seen = (spread(look.voice), MEMORISED[look.memorised]) if look else ("", "")
        best = " (best)" if row.epoch == found.best_epoch else ""
        rows.append((f"{row.epoch}{best}", loss(row.training), loss(row.validation), *seen))
    columns = (Column("Epoch"), Column("Training loss"), Column("Validation loss"), GAINED, BY_HEART)
    return ShownTable(columns, tuple(rows))


def few_rows(found: OverfitDiagnostic) -> list[EpochLoss]:
    """Before training, the best, the one kept, those about the onset, the last, and looks between them."""
    there = {row.epoch for row in found.losses}
    wanted = {found.losses[0].epoch, found.losses[-1].epoch, found.best_epoch} & there
    wanted |= {each for each in (found.kept_epoch, found.onset, found.before_onset or None) if each in there}
    others = [look.epoch for look in found.looks if look.epoch not in wanted]
    free = max(0, MOST_ROWS - len(wanted))
    wanted |= {others[round(place * (len(others) - 1) / max(1, free - 1))] for place in range(min(free, len(others)))}
    return [row for row in found.losses if row.epoch in wanted]


def _ways(found: ModelComparison) -> ShownTable:
    rows = (
        (each.name, ASKED[way.way], spread(way.level), f"{way.no_prose} of {way.answers}")
        for each in found.models
        for way in each.ways
    )
    columns = (Column("Model", is_figure=False), SAYS, Column("VOICE (z)"), Column("No prose"))
    return ShownTable(columns, tuple(rows))


def _models(found: ModelComparison) -> ShownTable:
    prompted = any(model.tuned_minus_prompted for model in found.models)
    placebo = any(model.tuned_minus_placebo for model in found.models)
    columns = (
        *(Column("What training brought", is_figure=False), Column("over before (z)")),
        *([Column("over another writer's (z)")] * placebo),
        *([Column("over showing it essays (z)")] * prompted),
        *(UNSEEN, BY_HEART, VERDICT),
    )
    rows = (
        (
            model.name,
            spread(model.gain),
            *([spread(model.tuned_minus_placebo)] * placebo),
            *([spread(model.tuned_minus_prompted)] * prompted),
            spread(model.held_out, 3),
            MEMORISED[model.memorised],
            model.direction,
        )
        for model in found.models
    )
    return ShownTable(columns, tuple(rows))


def _between(found: ModelComparison) -> ShownTable:
    recited = {model.name for model in found.models if model.memorised == "fail"}
    rows = (
        (
            f"{each.one} against {each.other}",
            spread(each.tuned),
            spread(each.likelier, 3),
            "by heart: proves nothing" if {each.one, each.other} & recited else _nearer(each.tuned),
        )
        for each in found.between
    )
    return ShownTable((Column("Trained alike", is_figure=False), GAINED, UNSEEN, SAYS), tuple(rows))


def _tried(found: Sweep, links: Links) -> ShownTable:
    what = "VOICE over another writer's model (z)" if found.with_placebo else "VOICE over before training (z)"
    columns = (
        *(Column("Place"), Column("Settings", is_figure=False), Column("Run", is_figure=False), Column(what)),
        *(Column("Validation loss"), BY_HEART, VERDICT),
    )
    rows = (
        (
            str(place) if tried.objective else "\N{EN DASH}",
            tried.label,
            _run(links, tried.run),
            spread(tried.specificity if found.with_placebo else tried.gain),
            loss(tried.validation_after),
            MEMORISED[tried.memorised],
            tried.direction,
        )
        for place, tried in enumerate(found.tried[:MOST_ROWS], start=1)
    )
    return ShownTable(columns, tuple(rows))


def _arms(found: HeadStart) -> ShownTable:
    rows = (
        (
            arm.name,
            arm.model,
            "told to write" if arm.kind == "instruct" else "given a beginning",
            str(arm.trainings),
            f"{arm.untuned_no_prose[0]} of {arm.untuned_no_prose[1]}",
        )
        for arm in found.arms
    )
    columns = (
        *(Column("Name", is_figure=False), Column("Model", is_figure=False), Column("Asked", is_figure=False)),
        *(Column("Trainings"), Column("No prose before training")),
    )
    return ShownTable(columns, tuple(rows))


def _effects(found: HeadStart) -> ShownTable:
    """Those against the first, which the others are held to: a row each, with both measures."""
    base = found.arms[0].name if found.arms else ""
    against = {
        (each.one, each.measure): each for each in found.effects if each.other == base and each.interval is not None
    }
    rows = []
    for arm in found.arms[1:]:
        nearer, unseen = against.get((arm.name, "specificity")), against.get((arm.name, "held_out"))
        if nearer or unseen:
            figures = (spread(_interval_of(nearer)), spread(_interval_of(unseen), 3))
            rows.append((f"{arm.name} against {base}", *figures, _of_effect(nearer)))
    author, likelier = Column("Nearer to its author (z)"), Column("Unseen essays (bits a character)")
    return ShownTable((Column("Trained alike", is_figure=False), author, likelier, SAYS), tuple(rows))


def _interval_of(effect: Effect | None) -> Interval | None:
    return effect.interval if effect else None


def _of_effect(effect: Effect | None) -> str:
    return "no difference worth having" if effect and effect.equivalent else _nearer(_interval_of(effect))


def _nearer(found: Interval | None) -> str:
    if found is None:
        return "not measured"
    if found.above_zero:
        return "the first"
    if found.below_zero:
        return "the second"
    return "equally near" if found.within(WORTH_HAVING) else "open"


def _run(links: Links, number: int) -> str:
    return links.get(number, f"Run {number}")


def is_cut(result: Result | None) -> bool:
    """Whether the appendix has rows that the tables for a writer leave out."""
    return (isinstance(result, Sweep) and len(result.tried) > MOST_ROWS) or (
        isinstance(result, OverfitDiagnostic) and len(few_rows(result)) < len(result.losses)
    )
