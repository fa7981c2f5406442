"""Where more pairs stopped helping is shown, or it is said to be open."""

from __future__ import annotations

from ownvoice.config import ExperimentConfig
from ownvoice.experiment_files import load_experiment
from ownvoice.paths import EXPERIMENTS
from ownvoice.records.answers import Likelihoods, ModelAnswers, Outputs
from ownvoice.records.essays import PairFigures
from ownvoice.records.run import RunRecord
from ownvoice.series.inputs import RunOf, SeriesInputs
from ownvoice.series.next_steps import suggest_after
from ownvoice.series.scale_up import Growth, ScaleUp, conclude, find_stop, measure_scale_up
from ownvoice.series.shared_axis import gained
from ownvoice.voice.likelihood import EssayLikelihood
from ownvoice.voice.results import Interval
from tests.unit.records_for_tests import pair_set_for_tests, record_for_tests


def around(mean: float, half: float) -> Interval:
    return Interval(mean=mean, low=mean - half, high=mean + half)


def step(fewer: int, more: int, voice: Interval | None, held_out: Interval | None) -> Growth:
    return Growth(fewer=fewer, more=more, voice=voice, held_out=held_out)


def test_more_pairs_stopped_helping_where_nothing_worth_having_is_left() -> None:
    growth = (
        step(3, 6, around(0.9, 0.3), around(0.05, 0.02)),
        step(6, 13, around(0.1, 0.3), around(0.002, 0.005)),
        step(3, 13, around(1.0, 0.3), around(0.052, 0.02)),
    )
    assert find_stop(growth) == ("stopped", 6)
    assert conclude(growth).startswith(
        "More pairs stopped helping at 6: no larger size brought anything worth having beyond them (13 pairs: VOICE +0.10 z,"
    )


def test_it_has_not_stopped_where_the_largest_is_shown_to_be_better() -> None:
    growth = (step(6, 13, around(0.1, 0.6), around(0.03, 0.01)),)
    assert find_stop(growth) == ("not yet", None)


def test_a_gain_too_small_to_be_worth_having_counts_as_stopped() -> None:
    assert find_stop((step(6, 13, around(0.2, 0.1), around(0.006, 0.003)),)) == ("stopped", 6)


def test_a_size_counts_as_enough_only_if_no_larger_one_brought_anything() -> None:
    growth = (
        step(3, 6, around(0.9, 0.3), around(0.09, 0.02)),
        step(6, 13, around(-0.9, 0.3), around(-0.09, 0.02)),
        step(3, 13, around(0.0, 0.3), around(0.0, 0.005)),
    )
    assert find_stop(growth) == ("stopped", 6)
    assert "13 even did worse than 6" in conclude(growth)


def test_nearer_by_one_measure_and_further_by_the_other_is_no_help() -> None:
    growth = (step(6, 13, around(-0.8, 0.1), around(0.05, 0.01)),)
    assert find_stop(growth) == ("can't tell", None)
    assert "these runs can't tell" in conclude(growth)


def test_a_wide_interval_says_nothing_and_neither_does_what_was_not_measured() -> None:
    for voice, held_out in (
        (around(0.1, 0.9), around(0.0, 0.005)),
        (around(0.0, 0.1), None),
        (None, around(0.0, 0.005)),
        (None, None),
    ):
        assert find_stop((step(6, 13, voice, held_out),)) == ("can't tell", None)
    helped = (
        step(3, 6, around(0.9, 0.3), None),
        step(6, 13, around(0.1, 0.9), None),
        step(3, 13, around(1.0, 0.3), None),
    )
    assert "13 pairs did better than 3" in conclude(helped)
    assert "from 6 to 13 pairs" in conclude(helped)


def test_one_size_says_nothing_of_growth() -> None:
    assert conclude(()).startswith("One size says nothing of growth")


def test_held_out_essays_gain_in_bits_a_character_essay_by_essay() -> None:
    before = [likely("a", 1000.0), likely("b", 1000.0)]
    found = gained(before, [likely("a", 900.0), likely("b", 900.0)])
    assert found is not None
    assert round(found.mean, 4) == round(100 / 0.6931 / 1500, 4)
    assert gained(before[:1], before[:1]) is None
    assert gained(before, [likely("a", 900.0), likely("c", 900.0)]) is None
    assert gained(before, [each.model_copy(update={"characters": 900}) for each in before]) is None  # cut elsewhere
    assert gained(before, [each.model_copy(update={"characters": 0}) for each in before]) is None


def likely(name: str, nats: float) -> EssayLikelihood:
    return EssayLikelihood(id=name, tokens=350, characters=1500, nats=nats, block_nats=(nats,))


def test_the_sizes_of_real_records_are_compared_on_one_axis() -> None:
    result = measure_scale_up(inputs_of(record_of(1, 1, 950.0), record_of(2, 3, 900.0)))
    assert [(size.pairs, size.run, size.trainings) for size in result.sizes] == [(1, 1, 1), (3, 2, 1)]
    assert result.sizes[1].held_out is not None
    assert result.sizes[1].held_out.mean > result.sizes[0].held_out.mean  # type: ignore[union-attr]
    assert result.growth[0].voice is not None
    assert result.growth[0].voice.mean == 0  # both wrote the very same
    assert result.words > 0
    assert ScaleUp.model_validate_json(result.model_dump_json()) == result


def test_essays_that_cannot_be_measured_leave_the_losses() -> None:
    inputs = inputs_of(record_of(1, 1, 950.0), record_of(2, 3, 900.0))
    short = tuple(pair.model_copy(update={"essay": "Too short."}) for pair in inputs.author)
    result = measure_scale_up(inputs.model_copy(update={"author": short}))
    assert [size.voice for size in result.sizes] == [None, None]
    assert result.sizes[0].held_out is not None
    assert "VOICE not measured" in result.conclusion


def record_of(number: int, pairs: int, nats: float) -> RunRecord:
    record = record_for_tests(number)
    assert record.data is not None
    figures = tuple(
        PairFigures(id=f"{place}", topic="t", tier=1, split="train", words=9, tokens=9) for place in range(pairs)
    )
    return record.model_copy(
        update={
            "data": record.data.model_copy(update={"figures": figures}),
            "baseline": with_likelihoods(record.baseline.outputs, 1000.0),
            "tuned": with_likelihoods(record.tuned.outputs, nats),
        }
    )


def with_likelihoods(outputs: Outputs | None, nats: float) -> ModelAnswers:
    own = (likely("a", nats), likely("b", nats + 1))
    return ModelAnswers(outputs=outputs, likelihoods=Likelihoods(own=own, control=own, seconds=1, peak_bytes=1))


def inputs_of(*records: RunRecord) -> SeriesInputs:
    pairs = pair_set_for_tests()
    runs = tuple(RunOf(label=f"{place}", record=record) for place, record in enumerate(records))
    return SeriesInputs(phase="scale-up", pair_set=pairs, author=pairs.pairs, runs=runs)


def test_the_next_step_follows_from_what_was_found() -> None:
    config = load_experiment(EXPERIMENTS / "scale-up.toml")
    result = measure_scale_up(inputs_of(record_of(1, 1, 950.0), record_of(2, 3, 900.0)))
    said = {
        found: suggest_after(result.model_copy(update={"growing": found, "stopped_at": 6}), config)
        for found in ("stopped", "not yet", "can't tell")
    }
    assert said["stopped"][0].startswith("Train on 6 essays")
    assert "`ownvoice run scale-up --set 'sizes=[6]' --set training.seed=14`" in said["stopped"][0]
    assert "add some, then `ownvoice run scale-up --set 'sizes=[1, 3, 6]'`" in said["not yet"][0]
    assert "`ownvoice run scale-up --set training.seeds=3`" in said["can't tell"][0]
    assert all("`ownvoice run control`" in steps[-1] for steps in said.values())
    assert "Mend what stopped the runs" in suggest_after(None, ExperimentConfig())[0]
