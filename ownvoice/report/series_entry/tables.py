"""The tables of a series: what its runs reached, each phase's by their names in its template."""

from __future__ import annotations

from collections.abc import Mapping

from ownvoice.markdown import Markdown
from ownvoice.report.render import MEMORISED, WAYS, signed, spread
from ownvoice.report.shown_table import Column, ShownTable
from ownvoice.series.head_start import HeadStart
from ownvoice.series.models import ModelComparison
from ownvoice.series.overfit import LookFigures, OverfitDiagnostic
from ownvoice.series.record import Result
from ownvoice.series.scale_up import ScaleUp
from ownvoice.series.sweep import Sweep
from ownvoice.units import count, loss

Links = Mapping[int, str]
"""To a run's entry, by its number; a run without one is only named."""
RUN, VERDICT, MEMORISED_COLUMN = (
    Column(name, is_figure=False) for name in ("Run", "The run's own verdict", "Memorised")
)
VALIDATION_LOSS = Column("Validation loss")
VOICE_GAINED, HELD_OUT_GAINED = Column("VOICE over the untuned model (z)"), Column("Held-out essays (bits a character)")
BEYOND_OTHERS, COPIED = Column("and beyond third authors'"), Column("Copied in a row")


def tables_of(result: Result | None, links: Links) -> dict[str, ShownTable]:
    """Those that have a row."""
    match result:
        case ScaleUp():
            tables = {"sizes": _sizes(result, links), "growth": _growth(result)}
        case OverfitDiagnostic():
            tables = {"looks": _looks(result)}
        case ModelComparison():
            tables = {"ways": _ways(result, links), "models": _models(result), "between": _between(result)}
        case Sweep():
            tables = {"tried": _tried(result, links)}
        case HeadStart():
            tables = {"arms": _arms(result), "cells": _cells(result, links), "effects": _effects(result)}
        case None:
            tables = {}
    return {name: table for name, table in tables.items() if table.rows}


def _sizes(found: ScaleUp, links: Links) -> ShownTable:
    untuned = ("0", "untuned", loss(found.sizes[0].validation_before), "", "", "", "", "")
    rows = (
        (
            str(size.pairs),
            _run(links, size.run),
            loss(size.validation_after),
            spread(size.voice),
            spread(size.held_out, 3),
            spread(size.beyond_others, 3),
            f"{size.longest_run} words",
            size.direction,
        )
        for size in found.sizes
    )
    columns = (Column("Pairs"), RUN, VALIDATION_LOSS, VOICE_GAINED, HELD_OUT_GAINED, BEYOND_OTHERS, COPIED, VERDICT)
    return ShownTable(columns, (untuned, *rows))


def _growth(found: ScaleUp) -> ShownTable:
    return ShownTable(
        (Column("From"), Column("To"), Column("VOICE (z)"), HELD_OUT_GAINED),
        tuple((str(step.fewer), str(step.more), spread(step.voice), spread(step.held_out, 3)) for step in found.growth),
    )


def _looks(found: OverfitDiagnostic) -> ShownTable:
    looks = {look.epoch: look for look in found.looks}
    columns = (
        *(Column("Epoch"), Column("Training loss"), VALIDATION_LOSS, VOICE_GAINED),
        *(Column("Verbatim after a beginning"), COPIED, Column("By heart", is_figure=False)),
    )
    rows = (
        (
            f"{row.epoch}{' (best)' * (row.epoch == found.best_epoch)}",
            loss(row.training),
            loss(row.validation),
            *_look(looks.get(row.epoch)),
        )
        for row in found.losses
    )
    return ShownTable(columns, tuple(rows))


def _look(look: LookFigures | None) -> tuple[str, ...]:
    """Empty after an epoch without one."""
    if look is None:
        return "", "", "", ""
    copied = f"{look.longest_run} words"
    return spread(look.voice), f"{look.verbatim_tokens} tokens", copied, MEMORISED[look.memorised]


def _ways(found: ModelComparison, links: Links) -> ShownTable:
    model, asked = Column("Model", is_figure=False), Column("Asked", is_figure=False)
    rows = (
        (each.name, _run(links, each.run), WAYS[way.way], spread(way.level), f"{way.no_prose} of {way.answers}")
        for each in found.models
        for way in each.ways
    )
    return ShownTable((model, RUN, asked, Column("VOICE (z)"), Column("No prose")), tuple(rows))


def _models(found: ModelComparison) -> ShownTable:
    columns = (
        *(Column("Model", is_figure=False), Column("What it is", is_figure=False)),
        *(Column("Fine-tuned over untuned (z)"), Column("over the placebo's"), Column("over asking with essays")),
        *(HELD_OUT_GAINED, BEYOND_OTHERS, MEMORISED_COLUMN, VERDICT),
    )
    rows = (
        (
            model.name,
            f"{model.kind}, {count(model.parameters)} parameters",
            spread(model.gain),
            spread(model.tuned_minus_placebo),
            spread(model.tuned_minus_prompted),
            spread(model.held_out, 3),
            spread(model.beyond_others, 3),
            MEMORISED[model.memorised],
            model.direction,
        )
        for model in found.models
    )
    return ShownTable(columns, tuple(rows))


def _between(found: ModelComparison) -> ShownTable:
    first, second = Column("The first", is_figure=False), Column("less the second", is_figure=False)
    return ShownTable(
        (first, second, Column("VOICE (z)"), Column("Held-out essays likelier (bits a character)")),
        tuple((each.one, each.other, spread(each.tuned), spread(each.likelier, 3)) for each in found.between),
    )


def _tried(found: Sweep, links: Links) -> ShownTable:
    columns = (
        *(Column("Rank"), Column("Settings", is_figure=False), RUN),
        *(Column("Beyond the placebo's (z)"), Column("Over the untuned model (z)"), VALIDATION_LOSS),
        *(MEMORISED_COLUMN, VERDICT),
    )
    rows = (
        (
            str(place) if tried.objective else "\N{EN DASH}",
            tried.label,
            _run(links, tried.run),
            spread(tried.specificity),
            spread(tried.gain),
            loss(tried.validation_after),
            MEMORISED[tried.memorised],
            tried.direction,
        )
        for place, tried in enumerate(found.tried, start=1)
    )
    return ShownTable(columns, tuple(rows))


def _arms(found: HeadStart) -> ShownTable:
    columns = (
        *(Column("Arm", is_figure=False), Column("What it is", is_figure=False)),
        *(Column("Learning rate"), Column("Trainings"), Column("Untuned answers that are no prose")),
    )
    rows = (
        (
            arm.name,
            f"{arm.model}, asked as {'an instruct' if arm.kind == 'instruct' else 'a base'} model",
            f"{arm.learning_rate:g}",
            str(arm.trainings),
            _of(arm.untuned_no_prose),
        )
        for arm in found.arms
    )
    return ShownTable(columns, tuple(rows))


def _cells(found: HeadStart, links: Links) -> ShownTable:
    columns = (
        *(Column("Author", is_figure=False), Column("Arm", is_figure=False), Column("Runs", is_figure=False)),
        *(Column("Nearer to its author than trained on others (z)"), Column("Over the untuned arm (z)")),
        *(Column("Held-out essays beyond third authors' (bits a character)"), Column("Third authors' own gain")),
        *(Column("No prose"), MEMORISED_COLUMN),
    )
    rows = (
        (
            cell.author,
            cell.arm,
            Markdown(", ".join(_run(links, number) for number in cell.runs)),
            signed(cell.specificity),
            signed(cell.gain),
            signed(cell.held_out, 3),
            signed(cell.generic, 3),
            _of(cell.no_prose),
            MEMORISED[cell.memorised],
        )
        for cell in found.cells
    )
    return ShownTable(columns, tuple(rows))


def _effects(found: HeadStart) -> ShownTable:
    """Nothing without an author whose cells are all there."""
    columns = (
        *(Column("The first", is_figure=False), Column("less the second", is_figure=False)),
        *(Column("Measure", is_figure=False), Column("Mean over authors"), Column("p (sign flips)")),
        *(Column("", is_figure=False), *(Column(f"author {author}") for author in found.authors)),
    )
    measures = {"specificity": ("specificity (z)", 2), "held_out": ("held-out essays (bits a character)", 3)}
    rows = []
    for each in found.effects if found.authors else ():
        name, digits = measures[each.measure]
        by_author = (signed(each.by_author.get(author), digits) for author in found.authors)
        says = "equivalent" if each.equivalent else "apart" if each.shown else "open"
        p = f"{each.p:.3f}" if each.p is not None else ""
        rows.append((each.one, each.other, name, spread(each.interval, digits), p, says, *by_author))
    return ShownTable(columns, tuple(rows))


def _of(some: tuple[int, int]) -> str:
    return f"{some[0]} of {some[1]}"


def _run(links: Links, number: int) -> str:
    return links.get(number, f"Run {number}")
