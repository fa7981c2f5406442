"""Two runs beside each other: what differs, and what of their figures must not be compared."""

from __future__ import annotations

from typing import Any

import pytest

from ownvoice.records.answers import ModelAnswers
from ownvoice.records.essays import PairFigures
from ownvoice.records.run import RunRecord
from ownvoice.report.terminal.difference import Difference, difference
from ownvoice.report.terminal.difference_text import render_difference
from ownvoice.voice.results import Distances, Interval, Others, VoiceFigures
from tests.unit.records_for_tests import (
    failed_record_for_tests,
    findings_for_tests,
    model_for_tests,
    record_for_tests,
)

AT = Interval(mean=0.5, low=0.25, high=0.75)


def measured(number: int, **changes: Any) -> RunRecord:
    """With figures on a VOICE axis; `changes` replace theirs."""
    values: dict[str, Any] = {
        "words": 120,
        "references": 4,
        "others": Others(background="the 24 nearest of 110 writers", authors=24, voices=(0.0, 1.0)),
        "held_out": (2.0, 3.0),
        "baseline": (),
        "tuned": (),
        "placebo": None,
        "topic": None,
        "distances": Distances(prompts=8, answers=16, baseline=AT, tuned=AT, tuned_minus_baseline=AT, held_out=AT),
    }
    record = record_for_tests(number)
    assert record.analysis is not None
    assert record.baseline.outputs is not None
    assert record.tuned.outputs is not None
    findings = findings_for_tests(
        record.baseline.outputs, record.tuned.outputs, figures=VoiceFigures(**(values | changes))
    )
    return record.model_copy(update={"analysis": record.analysis.model_copy(update={"findings": findings})})


def compared(other: RunRecord) -> Difference:
    return difference(measured(1), other)


def without_reason(found: Difference) -> list[str]:
    return [pair.name for pair in found.figures if not pair.why_not]


def test_runs_of_one_kind_compare_in_everything() -> None:
    found = compared(measured(2))
    assert found.settings == ()
    assert found.doubts == {}
    assert len(without_reason(found)) == len(found.figures) >= 10
    gained = next(pair for pair in found.figures if pair.name == "VOICE gained by the training")
    assert gained.one is not None
    assert gained.one.in_words() == "+0.50 z (+0.25 to +0.75)"
    text = render_difference(found)
    assert "Same settings." in text
    assert "Not comparable" not in text


def test_a_setting_that_differs_is_named_with_both_values() -> None:
    settings = record_for_tests().settings | {"training.epochs": "30"}
    (setting,) = compared(measured(2).model_copy(update={"settings": settings})).settings
    assert (setting.name, setting.one, setting.other) == ("training.epochs", "3", "30")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"words": 150}, "scored on 120 words each, and on 150"),
        ({"held_out": (1.0,), "references": 9}, "measured against other essays"),
        ({"others": Others(background="mine", authors=2, voices=(0.0,))}, "beside other writers"),
    ],
)
def test_figures_on_two_axes_do_not_compare(changes: dict[str, Any], why: str) -> None:
    found = compared(measured(2, **changes))
    ((told, names),) = found.doubts.items()
    assert why in told
    assert all(name.startswith("VOICE") for name in names)
    assert len(names) == 4
    flat = " ".join(render_difference(found).split())
    assert f"* Not comparable: {told}." in flat
    assert "gained by the training *" in " ".join(render_difference(found).split())


def test_losses_of_two_models_and_of_other_held_out_essays_do_not_compare() -> None:
    another = model_for_tests().model_copy(update={"name": "gemma-3-270m", "revision": "abc"})
    found = compared(measured(2).model_copy(update={"model": another}))
    assert list(found.doubts) == ["a loss is counted by the tokens of the model, and these are two models"]
    assert [setting.name for setting in found.settings] == ["model revision"]
    data = measured(2).data
    assert data is not None
    figures = tuple(each for each in data.figures if each.split == "train")
    held_out = PairFigures(id="new", topic="t", tier=1, split="validation", words=9, tokens=9)
    essays = data.model_copy(update={"figures": (*figures, held_out)})
    found = compared(measured(2).model_copy(update={"data": essays}))
    assert list(found.doubts) == ["other essays were held out"]
    assert [setting.name for setting in found.settings] == ["essays validated with"]


def test_answers_to_other_probes_do_not_compare() -> None:
    data = measured(2).data
    assert data is not None
    asked = data.model_copy(update={"probes": data.probes[1:]})
    (why,) = compared(measured(2).model_copy(update={"data": asked})).doubts
    assert why == "the models were asked other probes (8 and 7, 7 of them the same)"


def test_a_failed_run_has_fewer_figures_and_breaks_nothing() -> None:
    found = difference(record_for_tests(1), failed_record_for_tests(2))
    assert all(pair.other is None for pair in found.figures)
    assert [(canary.id, canary.other) for canary in found.canaries] == [("A", None), ("B", None)]
    assert "Neither has figures" in render_difference(
        difference(failed_record_for_tests(1), failed_record_for_tests(2))
    )


@pytest.mark.parametrize("width", [40, 80])
def test_canaries_stand_side_by_side_in_full_and_what_a_model_wrote_does_nothing(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    record = record_for_tests(2)
    assert record.tuned.outputs is not None
    hostile = "[red]I was nine[/red]\x1b]0;x\x07 and\N{RIGHT-TO-LEFT OVERRIDE} " + "very " * 60 + "cold."
    outputs = tuple(each.model_copy(update={"text": hostile}) for each in record.tuned.outputs.outputs)
    tuned = ModelAnswers(outputs=record.tuned.outputs.model_copy(update={"outputs": outputs}))
    text = render_difference(difference(record_for_tests(1), record.model_copy(update={"tuned": tuned})))
    assert max(map(len, text.splitlines())) <= width
    assert not {"\x1b", "\x07", "\N{RIGHT-TO-LEFT OVERRIDE}"} & set(text)
    assert "[red]I was nine[/red]" in text
    assert text.count("very") == 120
    assert "Canary A: Growing up between two languages" in " ".join(text.split())
