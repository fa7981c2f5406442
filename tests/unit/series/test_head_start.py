"""What base and instruct arms may be said to do, and what stays open."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownvoice.errors import ConfigError
from ownvoice.experiment_files import load_experiment, parse_experiment
from ownvoice.models.known import find_known
from ownvoice.paths import EXPERIMENTS, ROOT
from ownvoice.phase_configs import ARMS as ARMS_OF
from ownvoice.phase_configs import Arm, BaseOrInstructConfig, as_typed
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.run import RunRecord
from ownvoice.report.pictures.arms import draw_arms
from ownvoice.report.series_entry.tables import tables_of
from ownvoice.series.head_start import CellOf, HeadStart, conclude, effect_of, measure_head_start, sign_flips
from ownvoice.series.inputs import SeriesInputs, WriterTexts
from ownvoice.series.members import members_of
from ownvoice.series.next_steps import suggest_after
from tests.unit.records_for_tests import TUNED_PROSE, outputs_for_tests
from tests.unit.series.test_overfit import UNTUNED
from tests.unit.series.test_scale_up import inputs_of, record_of

ARMS = (Arm(name="base", model="b"), Arm(name="instruct", model="i"))


def cells(*differences: float | None) -> list[CellOf]:
    """The base has 1 z for every author, and the instruct arm so much more."""
    made = []
    for number, difference in enumerate(differences):
        for arm, value in (("base", 1.0), ("instruct", None if difference is None else 1.0 + difference)):
            made.append(
                CellOf(
                    arm=arm,
                    author=f"author {number}",
                    runs=(1,),
                    level=value,
                    gain=value,
                    specificity=value,
                    held_out=value,
                    generic=0.0,
                    no_prose=(0, 24),
                    memorised="none",
                )
            )
    return made


def said(*differences: float | None) -> str:
    effect = effect_of(cells(*differences), "instruct", "base", "specificity")
    return conclude(("base", "instruct"), [effect])


def test_every_way_to_flip_the_signs_counts() -> None:
    assert sign_flips([1.0, 2.0, 3.0]) == pytest.approx(2 / 8)
    assert sign_flips([0.4, 0.5, 0.3, 0.6, 0.2, 0.7]) == pytest.approx(2 / 64)
    assert sign_flips([0.4, -0.4]) == 1.0


@pytest.mark.parametrize(
    ("differences", "expected"),
    [
        ((0.6, 0.8, 0.7, 0.9, 0.5, 0.7), "instruct comes nearer to its author than base does (+0.70 z"),
        ((-0.6, -0.8, -0.7, -0.9, -0.5, -0.7), "instruct comes less near to its author than base does (-0.70 z"),
        ((0.05, -0.05, 0.02, 0.0, -0.03, 0.01), "instruct and base come equally near to their authors, within 0.5 z"),
        ((1.5, -1.2, 0.4, 0.9, -0.8, 0.3), "These runs can't tell whether instruct or base"),
    ],
)
def test_only_what_is_shown_over_the_authors_is_said(differences: tuple[float, ...], expected: str) -> None:
    assert said(*differences).startswith(expected)


def test_one_author_tells_nothing_and_one_without_a_figure_is_left_out() -> None:
    assert "Fewer than two authors" in said(0.7)
    effect = effect_of(cells(0.5, None, 0.7), "instruct", "base", "specificity")
    assert list(effect.by_author) == ["author 0", "author 2"]


def record_in(number: int, arm: str, author: str, seed: int, text: str) -> RunRecord:
    record = record_of(number, 3, 900.0)
    config = record.config
    changed = {
        "model": arm,
        "data": config.data.model_copy(update={"pairs": author}),
        "training": config.training.model_copy(update={"seed": seed}),
    }
    untuned = ModelAnswers(outputs=outputs_for_tests({"A": UNTUNED}, UNTUNED), likelihoods=record.baseline.likelihoods)
    tuned = record.tuned.model_copy(update={"outputs": outputs_for_tests({"A": text}, text)})
    return record.model_copy(update={"config": config.model_copy(update=changed), "baseline": untuned, "tuned": tuned})


def head_start(*cells_of: tuple[str, str, int, str]) -> HeadStart:
    records = [record_in(number, *each) for number, each in enumerate(cells_of, start=1)]
    inputs = inputs_of(*records)
    writers = tuple(
        WriterTexts(name=name, pairs=name, pair_set=inputs.pair_set, author=inputs.author) for name in ("x", "y")
    )
    seeds = tuple(sorted({seed for _, _, seed, _ in cells_of}))
    update = {"phase": "base-or-instruct", "arms": ARMS, "writers": writers, "seeds": seeds}
    made: SeriesInputs = inputs.model_copy(update=update)
    return measure_head_start(made)


def test_real_records_are_laid_out_by_arm_and_author_with_the_seeds_together() -> None:
    result = head_start(
        *(("b", author, seed, TUNED_PROSE) for author in ("x", "y") for seed in (13, 14)),
        *(("i", author, seed, UNTUNED if author == "y" else TUNED_PROSE) for author in ("x", "y") for seed in (13, 14)),
    )
    assert (result.authors, result.seeds, result.missing) == (("x", "y"), (13, 14), ())
    by_cell = {(cell.arm, cell.author): cell for cell in result.cells}
    assert by_cell["base", "x"].runs == (1, 2)
    assert by_cell["base", "x"].specificity == 0.0  # trained on y it writes the same
    assert by_cell["instruct", "x"].specificity == -by_cell["instruct", "y"].specificity  # type: ignore[operator]
    assert by_cell["instruct", "x"].specificity != 0
    assert HeadStart.model_validate_json(result.model_dump_json()) == result


def test_an_author_whose_cells_are_not_all_there_is_left_out_and_named() -> None:
    result = head_start(("b", "x", 13, TUNED_PROSE), ("i", "x", 13, TUNED_PROSE), ("b", "y", 13, TUNED_PROSE))
    assert (result.authors, result.missing) == (("x",), ("instruct, y, seed 13",))
    assert "Fewer than two authors" in result.conclusion
    config = load_experiment(EXPERIMENTS / "base-or-instruct.toml")
    assert "Runs are missing: `ownvoice run base-or-instruct`" in suggest_after(result, config)[0]


def test_a_seed_that_an_arm_lacks_leaves_its_author_out() -> None:
    result = head_start(
        *((arm, author, seed, TUNED_PROSE) for arm in ("b", "i") for author in ("x", "y") for seed in (13, 14))
    )
    assert result.missing == ()
    fewer = head_start(
        *((arm, author, 13, TUNED_PROSE) for arm in ("b", "i") for author in ("x", "y")), ("b", "x", 14, TUNED_PROSE)
    )
    assert fewer.authors == ()
    assert fewer.missing == ("instruct, x, seed 14", "base, y, seed 14", "instruct, y, seed 14")


def test_one_place_in_two_spellings_is_one_writer_and_one_name_for_two_is_refused(tmp_path: Path) -> None:
    absolute = str(ROOT / "data/placebos/woodworker")
    authors = f'authors=["data/placebos/woodworker", "{absolute}"]'
    config = load_experiment(EXPERIMENTS / "base-or-instruct.toml", (authors, "training.seeds=1"))
    assert len(members_of(config)) == 5 * 2
    folders = [tmp_path / name / "essays" for name in ("anna", "bert")]
    named = f'authors=["{folders[0]}", "{folders[1]}"]'
    with pytest.raises(ConfigError, match="two writers are called 'essays'"):
        members_of(load_experiment(EXPERIMENTS / "base-or-instruct.toml", (named,)))


def test_the_shipped_experiment_goes_seed_by_seed_and_author_by_author() -> None:
    config = load_experiment(EXPERIMENTS / "base-or-instruct.toml")
    members = members_of(config)
    assert len(members) == 5 * 5 * 3
    assert [member.label for member in members[:2]] == [
        "base, sample_author, seed 13",
        "assistant, sample_author, seed 13",
    ]
    assert len({member.config.model_dump_json() for member in members}) == len(members)
    assert {member.config.data.prompts for member in members} == {"data/neutral/prompts.toml"}
    assert [member.config.prompt.format for member in members[:5]] == ["own", "own", "own", "own", "plain"]
    assert as_typed(members[0].config).phase == "smoke-test"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"arms": [{"name": "a", "model": "m"}]}, "one is compared with none"),
        ({"arms": [{"name": "a", "model": "m"}, {"name": "a", "model": "n"}]}, "same name"),
        ({"arms": [{"name": "a", "model": "m"}, {"name": "b", "model": "m"}]}, "same model in the same format"),
        ({"authors": []}, "two or more"),
        ({"data": {"prompts": ""}}, "all authors are asked the same"),
        ({"control": True}, "the other authors are the placebos"),
    ],
)
def test_a_design_that_can_tell_nothing_is_refused(values: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        parse_experiment({"phase": "base-or-instruct", **values}, "x.toml")


def test_a_model_by_itself_is_refused_with_what_to_name_instead() -> None:
    with pytest.raises(ConfigError, match="compares several"):
        load_experiment(EXPERIMENTS / "base-or-instruct.toml", model="gpt2")


def test_every_pair_is_of_known_models() -> None:
    for pair, arms in ARMS_OF.items():
        config = load_experiment(EXPERIMENTS / "base-or-instruct.toml", (f"pair={pair}",))
        assert isinstance(config, BaseOrInstructConfig)
        assert config.compared == arms
        assert all(find_known(arm.model) for arm in arms)
        assert {find_known(arms[0].model).kind} == {"base"}  # type: ignore[union-attr]


def test_a_pair_of_the_hub_has_its_own_instruct_version() -> None:
    config = load_experiment(EXPERIMENTS / "base-or-instruct.toml", ("pair=smollm2-135m",))
    assert isinstance(config, BaseOrInstructConfig)
    assert [arm.model for arm in config.compared] == [
        "smollm2-135m-base",
        "smollm2-135m-instruct",
        "smollm2-135m-instruct",
    ]


def test_its_tables_and_drawing_hold_every_arm_and_author() -> None:
    result = head_start(*((arm, author, 13, TUNED_PROSE) for author in ("x", "y") for arm in ("b", "i")))
    tables = tables_of(result, {1: "Run 1"})
    assert [len(tables[name].rows) for name in ("arms", "cells", "effects")] == [2, 4, 2]
    assert tables["effects"].rows[0][:3] == ("instruct", "base", "specificity (z)")
    assert tables["effects"].rows[0][5] == "equivalent"
    drawing = draw_arms(result)
    assert drawing == draw_arms(result)
    assert all(f">{name}<" in drawing for name in ("base", "instruct", "x", "y"))
    alone = head_start(("b", "x", 13, TUNED_PROSE))
    assert not alone.is_drawn
    assert "effects" not in tables_of(alone, {})
