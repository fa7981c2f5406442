"""What a judge's answers say, in figures and in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import pytest

from ownvoice.blind.choose import Wanted, choose_passages
from ownvoice.blind.result import count
from ownvoice.blind.sheet import Judgement, Sheet, Sitting
from ownvoice.blind_tests import BlindTest, Source
from ownvoice.records.run import RunRecord
from ownvoice.report.entry.blind import shown_test
from ownvoice.report.entry.entry import render_entry
from ownvoice.report.page.page import render_report
from ownvoice.report.terminal.blind import render_tests
from ownvoice.voice.results import Others, ScoredAnswer, VoiceFigures
from tests.unit.blind.runs_for_tests import author_for_tests, run_for_tests

NOW = "2026-11-30T12:00:00+00:00"
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) | \x1b[2J\u202eback"


@cache
def run(scored: bool = False) -> RunRecord:
    record = run_for_tests(placebo=True)
    if not scored:
        return record
    assert record.analysis is not None
    assert record.analysis.findings is not None
    findings = record.analysis.findings.model_copy(update={"figures": figures()})
    return record.model_copy(update={"analysis": record.analysis.model_copy(update={"findings": findings})})


def figures() -> VoiceFigures:
    """Probes 1 to 4 of the tuned model lie near her, all others far; her essays about 2."""

    def scored(near: range) -> tuple[ScoredAnswer, ...]:
        return tuple(
            ScoredAnswer(prompt_id=f"probe-{number}", sample=sample, voice=1.5 if number in near else 0.5, topic=None)
            for number in range(1, 9)
            for sample in (0, 1)
        )

    return VoiceFigures(
        words=200,
        references=6,
        others=Others(background="essays", authors=24, voices=(0.0,)),
        held_out=(1.5, 2.5),
        baseline=scored(range(0)),
        tuned=scored(range(1, 5)),
        placebo=None,
        distances=None,
        topic=None,
    )


def sheet(record: RunRecord, number: int = 8) -> Sheet:
    return choose_passages(record, author_for_tests(), Wanted(NOW, number), 1)


def judged(taken: Mapping[Source, int], record: RunRecord | None = None, judge: str = "", number: int = 8) -> BlindTest:
    """The first so many passages of each source are taken for hers."""
    record = record or run()
    of, left, answers = sheet(record, number), dict(taken), []
    for passage in of.passages:
        mine = left.get(passage.source, 0) > 0
        left[passage.source] = left.get(passage.source, 0) - 1
        answers.append(Judgement(id=passage.id, mine=mine, sure=3 if mine else 1))
    return count(record, of, Sitting(sheet=of.id, judge=judge, answers=tuple(answers), finished_at=NOW))


def said(taken: Mapping[Source, int], number: int = 8) -> str:
    return " ".join(shown_test(judged(taken, number=number)).summary)


def test_each_source_has_its_share_and_its_exact_interval() -> None:
    found = judged({"own": 8, "tuned": 3})
    tuned, own = found.of("tuned"), found.of("own")
    assert tuned is not None
    assert own is not None
    assert (tuned.passages, tuned.taken, tuned.certain) == (8, 3, 3)
    assert (tuned.low, tuned.high) == pytest.approx((0.0852, 0.7551), abs=1e-4)
    assert (own.low, own.high) == pytest.approx((0.6306, 1.0), abs=1e-4)
    assert [(each.source, each.needed) for each in found.differences] == [("own", 3), ("baseline", 7)]
    assert (found.essays, found.from_within, found.trained_on, found.seed) == (2, 6, False, 1)


def test_a_difference_is_called_one_where_it_is_shown() -> None:
    shown = said({"own": 8, "tuned": 3})
    assert "You took 3 of 8 passages of the fine-tuned model for yours, and 8 of 8 of your own." in shown
    assert "They can be told from yours: by chance alone so large a difference comes in 26 of 1,000 tests." in shown
    helped = said({"own": 8, "tuned": 8})
    assert "Training helped it to pass: of the untuned model's it is 0 of 4, and by chance alone" in helped


def test_a_difference_that_is_not_shown_is_weighed_by_what_so_few_passages_could_show() -> None:
    shown = said({"own": 8, "tuned": 5})
    assert (
        "Whether they can be told from yours is open: with 8 passages beside 8 only a large difference shows" in shown
    )
    assert "here 3 or fewer of 8." in shown
    assert "here 7 or more of 8." in shown
    few = said({"own": 2, "tuned": 1}, number=2)
    assert few.count("no number would have shown it") == 2


def test_a_model_that_passes_more_often_than_she_does_is_told() -> None:
    assert "They pass for yours more often than your own do" in said({"own": 1, "tuned": 8})
    assert "Training made it pass less often" in said({"own": 8, "tuned": 0, "baseline": 4})


def test_where_the_judge_and_voice_disagree_is_told_with_the_figure() -> None:
    record = run(scored=True)
    of = sheet(record)
    answers = tuple(Judgement(id=each.id, mine=False, sure=2) for each in of.passages)
    found = count(record, of, Sitting(sheet=of.id, answers=answers, finished_at=NOW)).beside_voice
    assert found is not None
    assert (found.own, found.near_from) == (2.0, 1.0)
    near = [each for each in of.passages if each.source == "tuned" and each.of in {f"probe-{n}" for n in range(1, 5)}]
    assert len(found.apart) == len(near) > 0
    assert found.agreed == found.passages - len(near)
    assert all(
        not each.taken and each.voice == 1.5 and each.topic.startswith("Something small") for each in found.apart
    )


def test_placebo_answers_have_no_voice_where_the_record_has_none() -> None:
    assert judged({}).beside_voice is None


def test_it_is_kept_in_the_record_and_a_record_without_one_is_as_it_was() -> None:
    record = run()
    assert "blind_tests" not in record.model_dump(mode="json")
    test = judged({"own": 8, "tuned": 3})
    kept = record.model_copy(update={"blind_tests": (test,)})
    assert RunRecord.model_validate_json(kept.model_dump_json()).blind_tests == (test,)


def shown_everywhere(record: RunRecord) -> dict[str, str]:
    return {
        "entry": render_entry(record),
        "report": render_report([record]),
        "terminal": render_tests(record),
    }


def test_several_judges_stand_in_entry_report_and_on_the_terminal() -> None:
    tests = (judged({"own": 8, "tuned": 3}), judged({"own": 2, "tuned": 8}, judge="Jo"))
    for place, text in shown_everywhere(run().model_copy(update={"blind_tests": tests})).items():
        for part in ("Blind test by you, 2026-11-30", "Blind test by Jo, 2026-11-30", "Jo took 8 of 8"):
            assert part in text, (place, part)
        assert text.count("95 of 100 intervals") == 1, place
        assert all(share in text for share in ("38%", "(9% to 76%)", "(63% to 100%)")), place


def test_hostile_names_are_text_everywhere() -> None:
    tests = (judged({"own": 8}, judge=HOSTILE),)
    shown = shown_everywhere(run().model_copy(update={"blind_tests": tests}))
    for text in shown.values():
        assert not set(text) & set("\x1b\u202e")
    assert "<script" not in shown["report"]
    assert "<script" not in shown["entry"]
    assert not re.search(r"(?<!\\)\]\(javascript", shown["entry"])


def test_an_entry_without_a_blind_test_says_nothing_of_one() -> None:
    assert "Blind test" not in render_entry(run())


def test_essays_that_were_trained_on_are_told() -> None:
    record = run()
    of = choose_passages(record, author_for_tests()[:4], Wanted(NOW), 1)
    answers = tuple(Judgement(id=each.id, mine=False, sure=2) for each in of.passages)
    shown = shown_test(count(record, of, Sitting(sheet=of.id, answers=answers, finished_at=NOW)))
    assert "There is no essay of yours that the model was not trained on" in " ".join(shown.notes)


def test_without_any_passage_of_hers_what_cannot_be_said_is_said() -> None:
    record = run()
    short = [pair.model_copy(update={"essay": "Short."}) for pair in author_for_tests()]
    of = choose_passages(record, short, Wanted(NOW), 1)
    answers = tuple(Judgement(id=each.id, mine=False, sure=2) for each in of.passages)
    test = count(record, of, Sitting(sheet=of.id, answers=answers, finished_at=NOW))
    assert test.essays == 0
    assert "how often your own writing would be taken for yours can't be said" in " ".join(shown_test(test).summary)
