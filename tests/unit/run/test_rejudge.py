"""What a stored run's verdict was made of is put together again, or it is said why that can't be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ownvoice.config import DataConfig, ExperimentConfig
from ownvoice.errors import VoiceError
from ownvoice.essays.check import figures_of, read_pairs
from ownvoice.essays.dataset import pairs_fingerprint
from ownvoice.essays.lengths import fit_all
from ownvoice.records.essays import Pair
from ownvoice.records.run import PlaceboRun, RunRecord, SeedRun
from ownvoice.run.rejudge import material_of_run
from ownvoice.text import OverLength
from tests.unit.essays.folders import essay, write_essay
from tests.unit.records_for_tests import data_for_tests, failed_record_for_tests, pair_set_for_tests, record_for_tests

PAIRS = pair_set_for_tests().pairs


def record_of(trained: Sequence[Pair], over_length: OverLength = "error", fingerprint: bool = True) -> RunRecord:
    data = data_for_tests(pair_set_for_tests()).model_copy(
        update={
            "figures": tuple(figures_of(pair, 1) for pair in trained),
            "fingerprint": pairs_fingerprint(trained) if fingerprint else "",
        }
    )
    return record_for_tests(data=data, config=ExperimentConfig(data=DataConfig(over_length=over_length)))


def words(pairs: Sequence[Pair]) -> list[int]:
    return [len(pair.essay.split()) for pair in pairs]


def test_her_essays_are_all_those_that_are_there_and_the_split_is_the_runs() -> None:
    trained = (PAIRS[2], PAIRS[0].model_copy(update={"split": "validation"}))
    material = material_of_run(record_of(trained), PAIRS)
    assert [essay.id for essay in material.essays] == [pair.id for pair in PAIRS]
    assert [essay.id for essay in material.training] == [PAIRS[2].id]
    assert [essay.id for essay in material.held_out] == [PAIRS[0].id]
    assert material.placebos == ()
    assert {answer.prompt_id for answer in material.tuned[0].canaries} == {"A", "B"}


def test_a_placebo_that_was_asked_is_there_and_one_whose_training_failed_is_not() -> None:
    record = record_of(PAIRS)
    asked = PlaceboRun(figures=(), answers=record.baseline)
    for placebo, answers in ((asked, True), (PlaceboRun(figures=()), False)):
        material = material_of_run(record.model_copy(update={"placebo": placebo}), PAIRS)
        models = [placebo.models for placebo in material.placebos]
        assert models == ([(material.baseline,)] if answers else [])


@pytest.mark.parametrize("over_length", ["truncate", "split"])
def test_essays_that_were_cut_to_the_context_are_cut_as_they_were(over_length: OverLength) -> None:
    long = PAIRS[0].model_copy(update={"essay": "\n \n\n".join(f"{pair.essay}  " for pair in PAIRS).strip()})
    author = (long, *PAIRS[1:])
    trained = fit_all(author, over_length, words, context_tokens=70).kept
    assert pairs_fingerprint(trained) != pairs_fingerprint(author)
    material = material_of_run(record_of(trained, over_length), author)
    assert [(e.id, e.text) for e in material.training] == [(p.id, p.essay) for p in trained if p.split == "train"]
    assert material.essays[0].text == long.essay


def test_essays_that_changed_since_are_refused_by_name() -> None:
    longer = PAIRS[0].model_copy(update={"essay": f"{PAIRS[0].essay} And more."})
    for fingerprint in (True, False):
        with pytest.raises(VoiceError, match=r"(?s)Run 1.*'pair-1' had 62 words, and has 64.*'pair-3' isn't there"):
            material_of_run(record_of(PAIRS, fingerprint=fingerprint), (longer, PAIRS[1], PAIRS[3]))


def test_another_word_in_an_essay_is_told_by_the_fingerprint() -> None:
    edited = PAIRS[0].model_copy(update={"essay": PAIRS[0].essay.replace("scissors", "knives")})
    with pytest.raises(VoiceError, match="have changed since"):
        material_of_run(record_of(PAIRS), (edited, *PAIRS[1:]))


def test_a_run_that_stopped_before_its_answers_has_no_verdict() -> None:
    with pytest.raises(VoiceError, match="no answers of both models"):
        material_of_run(failed_record_for_tests(), PAIRS)


def test_the_answers_of_further_seeds_are_models_of_their_own_in_their_order() -> None:
    record = record_of(PAIRS)
    seeds = (SeedRun(seed=14, answers=record.baseline), SeedRun(seed=15))
    placebo = PlaceboRun(writer="columnist", figures=(), answers=record.tuned, seeds=seeds)
    again = material_of_run(record.model_copy(update={"seeds": seeds, "placebo": placebo}), PAIRS)
    first = material_of_run(record, PAIRS)
    assert again.tuned == (*first.tuned, first.baseline)
    assert [(each.writer, each.models) for each in again.placebos] == [("columnist", (*first.tuned, first.baseline))]


def test_the_placebos_essays_are_read_anew_and_left_out_where_they_are_others(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_essay(tmp_path / "other", name, f"Topic {name}", essay(name))
    write_essay(tmp_path / "other", "c", "Topic c", essay("c"), split="validation")
    read = read_pairs(tmp_path / "other")
    placebo = PlaceboRun(
        figures=tuple(figures_of(pair, 1) for pair in read),
        fingerprint=pairs_fingerprint(read),
        answers=record_of(PAIRS).baseline,
    )
    config = ExperimentConfig(data=DataConfig(placebo=str(tmp_path / "other")))
    record = record_of(PAIRS).model_copy(update={"placebo": placebo, "config": config})
    (there,) = material_of_run(record, PAIRS).placebos
    assert [each.text for each in there.essays] == [essay("a"), essay("b")]
    write_essay(tmp_path / "other", "a", "Topic a", essay("z"))
    (changed,) = material_of_run(record, PAIRS).placebos
    assert (changed.essays, len(changed.models)) == ((), 1)
