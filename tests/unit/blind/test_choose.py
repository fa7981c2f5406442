"""Which passages a sheet has, and that nothing but the writing tells whose they are."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from statistics import fmean

import pytest

from ownvoice.blind.choose import Wanted, choose_passages
from ownvoice.blind.page import file_page, served_page
from ownvoice.blind.sheet import Sheet, Sitting
from ownvoice.errors import BlindTestError
from ownvoice.records.answers import ModelAnswers, Outputs
from ownvoice.records.essays import Pair, PairFigures
from ownvoice.records.run import PlaceboRun, RunRecord
from ownvoice.voice.text import count_words
from tests.unit.blind.runs_for_tests import answers_for_tests, author_for_tests, run_for_tests
from tests.unit.records_for_tests import failed_record_for_tests

WANTED = Wanted("2026-11-30T12:00:00+00:00")


def sheet(record: RunRecord, author: Sequence[Pair] | None = None, number: int = 8, seed: int = 1) -> Sheet:
    return choose_passages(
        record, author_for_tests() if author is None else author, WANTED._replace(number=number), seed
    )


def test_hers_and_the_tuned_models_are_as_many_and_each_other_models_half() -> None:
    found = Counter(each.source for each in sheet(run_for_tests(prompted=True, placebo=True)).passages)
    assert found == {"own": 8, "tuned": 8, "baseline": 4, "prompted": 4, "placebo": 4}
    assert {each.source for each in sheet(run_for_tests()).passages} == {"own", "tuned", "baseline"}


def test_hers_are_of_essays_that_the_model_was_not_trained_on() -> None:
    found = sheet(run_for_tests())
    assert {each.of for each in found.passages if each.source == "own"} == {"essay-5", "essay-6"}
    assert not found.trained_on


def test_an_essay_that_was_split_for_the_model_was_trained_on() -> None:
    record = run_for_tests()
    assert record.data is not None
    figures = [*record.data.figures, PairFigures(id="essay-5-2", topic="", tier=1, split="train", words=9, tokens=9)]
    changed = record.model_copy(update={"data": record.data.model_copy(update={"figures": tuple(figures)})})
    assert {each.of for each in sheet(changed).passages if each.source == "own"} == {"essay-6"}


def test_where_all_were_trained_on_they_are_taken_and_it_is_said() -> None:
    found = sheet(run_for_tests(), author_for_tests()[:4])
    assert found.trained_on
    assert {each.of for each in found.passages if each.source == "own"} == {f"essay-{n}" for n in range(1, 5)}


def test_where_no_essay_is_long_enough_the_models_are_judged_alone() -> None:
    short = [pair.model_copy(update={"essay": "Short."}) for pair in author_for_tests()]
    found = sheet(run_for_tests(), short)
    assert (found.trained_on, {each.source for each in found.passages}) == (False, {"tuned", "baseline"})


def test_beginnings_come_first_and_as_many_answers_begin_further_down_as_pieces_of_hers() -> None:
    found = sheet(run_for_tests())
    within = {
        source: fmean(not each.is_beginning for each in found.passages if each.source == source)
        for source in ("own", "tuned", "baseline")
    }
    assert within == {"own": 0.75, "tuned": 0.75, "baseline": 0.75}
    assert all(each.is_beginning for each in sheet(run_for_tests(), number=2).passages)


def test_all_passages_are_about_as_long() -> None:
    found = sheet(run_for_tests(placebo=True, prompted=True))
    lengths = {
        source: fmean(count_words(each.text) for each in found.passages if each.source == source)
        for source in ("own", "tuned", "baseline", "prompted", "placebo")
    }
    assert max(lengths.values()) < 1.2 * min(lengths.values())


def test_answers_are_to_prompts_that_no_other_passage_answers_as_far_as_there_are_such() -> None:
    prompts = Counter(each.of for each in sheet(run_for_tests(), number=4).passages if each.source != "own")
    assert set(prompts.values()) == {1}


def test_answers_that_are_too_short_are_left_out_and_counted() -> None:
    record = run_for_tests()
    assert record.tuned.outputs is not None
    outputs = [
        each.model_copy(update={"text": "Seven words are no passage at all."}) if each.sample else each
        for each in record.tuned.outputs.outputs
    ]
    changed = record.model_copy(update={"tuned": with_outputs(record.tuned, outputs)})
    found = sheet(changed)
    assert found.too_short == {"tuned": 9, "baseline": 0}
    assert found.answers["tuned"] == 18
    assert all(each.sample == 0 for each in found.passages if each.source == "tuned")


def test_answers_of_ten_megabytes_and_markup_cost_nothing_and_stay_text() -> None:
    record = run_for_tests()
    assert record.tuned.outputs is not None
    hostile = "</script><script>alert(1)</script> ](javascript:alert(2)) \x1b[2J \u202e and so on. " * 150_000
    outputs = [each.model_copy(update={"text": hostile}) for each in record.tuned.outputs.outputs[:4]]
    started = time.perf_counter()
    found = sheet(record.model_copy(update={"tuned": with_outputs(record.tuned, outputs)}))
    page = file_page(found)
    assert time.perf_counter() - started < 10
    assert len(page) < 200_000
    data = page.split('id="data">')[1]
    shown = json.loads(data[: data.index("</script>")])["passages"]
    assert [each["text"] for each in shown] == [each.text for each in found.passages]
    assert any("<script>alert(1)" in each["text"] for each in shown)
    assert "<script>alert" not in page
    assert not set(page) & set("\x1b\u202e")


def test_the_seed_gives_the_choice_and_the_order() -> None:
    record = run_for_tests()
    assert sheet(record, seed=3) == sheet(record, seed=3)
    orders = {tuple(each.source for each in sheet(record, seed=seed).passages) for seed in range(5)}
    assert len(orders) == 5


def test_of_several_placebos_and_seeds_the_first_is_judged() -> None:
    record = run_for_tests(placebo=True)
    other = PlaceboRun(writer="another", figures=(), answers=answers_for_tests("Another wrote"))
    found = sheet(record.model_copy(update={"further_placebos": (other,)}))
    assert not any("Another wrote" in each.text for each in found.passages)


@pytest.mark.parametrize("make", [served_page, file_page])
def test_a_page_holds_no_word_of_what_a_passage_is(make: object) -> None:
    found = sheet(run_for_tests(number=77, prompted=True, placebo=True), seed=987654321)
    page = served_page(found, Sitting(sheet=found.id), "token", None) if make is served_page else file_page(found)
    data = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert [set(each) for each in data["passages"]] == [{"id", "text"}] * len(found.passages)
    assert {len(each["id"]) for each in data["passages"]} == {16}
    for told in (found.key, str(found.seed), "essay-5", "probe-1", "baseline", "placebo"):
        assert told not in page


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (failed_record_for_tests(3), "Run 3 has no answers of a tuned model: it failed at the step train"),
        (run_for_tests().model_copy(update={"tuned": ModelAnswers()}), "no answers of a tuned model"),
    ],
)
def test_a_run_without_answers_of_a_tuned_model_is_refused(record: RunRecord, said: str) -> None:
    with pytest.raises(BlindTestError, match=said):
        sheet(record)


def test_a_model_whose_answers_are_all_too_short_is_refused() -> None:
    record = run_for_tests()
    assert record.tuned.outputs is not None
    empty = [each.model_copy(update={"text": ""}) for each in record.tuned.outputs.outputs]
    with pytest.raises(BlindTestError, match="none of the tuned model's 18 answers"):
        sheet(record.model_copy(update={"tuned": with_outputs(record.tuned, empty)}))


def test_an_essay_that_was_trained_on_and_is_gone_is_asked_for() -> None:
    with pytest.raises(BlindTestError, match="essay-1, which Run 1 was trained on, isn't there any more"):
        sheet(run_for_tests(), author_for_tests()[1:])


def with_outputs(answers: ModelAnswers, outputs: Sequence[object]) -> ModelAnswers:
    assert answers.outputs is not None
    return answers.model_copy(update={"outputs": Outputs(**(dict(answers.outputs) | {"outputs": tuple(outputs)}))})
