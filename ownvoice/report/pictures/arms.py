"""Draws the arms of a base-or-instruct comparison as SVG: each author's figures, and what each arm has over the base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ownvoice.report.pictures.curves import ARM_COLOURS, GREY, svg_of
from ownvoice.series.head_start import Effect, HeadStart
from ownvoice.voice.verdict import WORTH_HAVING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

APART = 0.12
"""Between the dots of one author's arms, in author's widths."""
MARKS = ("o", "s", "^", "D", "v", "P", "X")


def draw_arms(result: HeadStart) -> str:
    """Two panels, of a result that can be drawn (`HeadStart.is_drawn`)."""

    def draw(left: Axes, right: Axes) -> None:
        by_author(left, result)
        over_base(right, result)

    return svg_of(draw, (11.0, 4.2))


def by_author(axes: Axes, result: HeadStart) -> None:
    axes.axhline(0, color=GREY, linewidth=1)
    middle = (len(result.arms) - 1) / 2
    for place, arm in enumerate(result.arms):
        found = [
            (result.authors.index(cell.author), cell.specificity)
            for cell in result.cells
            if cell.arm == arm.name and cell.specificity is not None
        ]
        axes.plot(
            [x + (place - middle) * APART for x, _ in found],
            [value for _, value in found],
            linestyle="none",
            marker=MARKS[place % len(MARKS)],
            color=ARM_COLOURS[place % len(ARM_COLOURS)],
            label=arm.name,
        )
    axes.set_xticks(range(len(result.authors)), result.authors, rotation=20, ha="right", fontsize=9)
    axes.set_ylabel("z")
    axes.set_title("Nearer to its author than trained on others", fontsize=11)
    axes.legend(frameon=False, fontsize=8)


def over_base(axes: Axes, result: HeadStart) -> None:
    base = result.arms[0].name
    effects = [
        each for each in result.effects if each.other == base and each.measure == "specificity" and each.interval
    ]
    axes.axvline(0, color=GREY, linewidth=1)
    for bound in (-WORTH_HAVING, WORTH_HAVING):
        axes.axvline(bound, color=GREY, linewidth=1, linestyle=":")
    for row, effect in enumerate(effects):
        _one_effect(axes, row, effect, [arm.name for arm in result.arms].index(effect.one))
    axes.set_yticks(range(len(effects)), [each.one for each in effects], fontsize=9)
    axes.set_ylim(len(effects) - 0.5, -0.5)
    axes.set_xlabel("z")
    axes.set_title(f"Over the {base}, mean over authors", fontsize=11)


def _one_effect(axes: Axes, row: int, effect: Effect, arm: int) -> None:
    apart, colour = effect.interval, ARM_COLOURS[arm % len(ARM_COLOURS)]
    assert apart is not None, "effects without an interval aren't drawn"
    axes.plot(list(effect.by_author.values()), [row] * len(effect.by_author), "|", color=GREY, markersize=10)
    around = [[apart.mean - apart.low], [apart.high - apart.mean]]
    axes.errorbar(
        [apart.mean], [row], xerr=around, marker=MARKS[arm % len(MARKS)], color=colour, capsize=4, linewidth=2
    )
