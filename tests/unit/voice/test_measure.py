"""A run's answers on the axis: on her profile and on others', by writers who are known to be who they are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import fmean

import pytest

from ownvoice.voice.asked import Asked, common_length
from ownvoice.voice.library import NEAREST_WRITERS, Library, nearest
from ownvoice.voice.material import Material, ModelTexts, Placebo
from ownvoice.voice.measure import IMPOSTORS, measure_voice
from ownvoice.voice.results import Interval, Rank, ScoredAnswer, VoiceFigures
from ownvoice.voice.text import first_words
from ownvoice.voice.verdict import Found, Verdict, judge
from tests.unit.voice.answers_for_tests import answer
from tests.unit.voice.writers_for_tests import (
    HER,
    HIM,
    MODEL,
    OTHERS,
    PROMPTS,
    SAMPLES,
    answers_by,
    essays_by,
    library_of,
    material_of,
    placebo_of,
    replaced,
    text_by,
)

ANSWERS = PROMPTS * SAMPLES
LOOP = "I went to the river and I looked at the water for a while. " * 8


@pytest.fixture(scope="module")
def library() -> Library:
    return library_of()


@pytest.fixture(scope="module")
def alone(library: Library) -> VoiceFigures:
    """A third of the tuned model's sentences are hers."""
    return measured(library, material_of(learning()))


@pytest.fixture(scope="module")
def placed(library: Library) -> VoiceFigures:
    """The same with two placebos, one of whom learned nothing of his writer's."""
    return measured(library, material_of(learning(), placebos=two_placebos()))


def learning(writer: str = HER, seed: object = "learned", prompts: int = PROMPTS) -> ModelTexts:
    return answers_by(writer, seed, share=0.3, prompts=prompts)


def two_placebos() -> tuple[Placebo, Placebo]:
    return placebo_of(learning(HIM)), placebo_of(answers_by(MODEL, "nothing"), writer="Nobody")


def measured(library: Library, material: Material) -> VoiceFigures:
    return measure_voice(material, library)[1]


def verdict_on(figures: VoiceFigures) -> Verdict:
    return judge(
        Found(
            unchanged=False,
            distances=figures.distances,
            against=figures.against,
            rank=figures.rank,
            topic=figures.topic,
            no_prose=figures.no_prose,
        )
    )


def known(interval: Interval | None) -> Interval:
    assert interval is not None
    return interval


def rank_of(figures: VoiceFigures) -> Rank:
    assert figures.rank is not None
    return figures.rank


def gain_of(figures: VoiceFigures) -> float:
    assert figures.distances is not None
    return figures.distances.tuned_minus_baseline.mean


def voices(answers: Iterable[ScoredAnswer]) -> list[float]:
    found = [each.voice for each in answers if each.voice is not None]
    assert found
    return found


def test_answers_by_her_rule_rank_first_on_her_profile_and_are_her_voice(placed: VoiceFigures) -> None:
    rank = rank_of(placed)
    assert (rank.ahead, rank.others) == (0, len(OTHERS) + 2)
    assert rank.gain > rank.nearest[0].gain > rank.nearest[1].gain > rank.nearest[2].gain
    assert rank.p == pytest.approx(1 / 23)
    assert verdict_on(placed).direction == "voice moved"


def test_answers_by_anothers_rule_rank_first_on_his_profile_and_are_not_her_voice(library: Library) -> None:
    figures = measured(library, material_of(learning(OTHERS[3]), placebos=[placebo_of(answers_by(MODEL, 1))]))
    rank = rank_of(figures)
    assert rank.nearest[0].name == OTHERS[3]
    assert rank.nearest[0].gain > 1 > rank.gain
    assert rank.ahead >= 1
    assert rank.p == (rank.ahead + 1) / (len(OTHERS) + 2)
    assert verdict_on(figures).direction != "voice moved"


@pytest.mark.parametrize("seed", range(2))
def test_another_sample_of_the_untuned_model_is_never_her_voice(library: Library, seed: int) -> None:
    tuned, placebo = (answers_by(MODEL, f"{which}{seed}") for which in ("again", "once more"))
    figures = measured(library, material_of(tuned, placebos=[placebo_of(placebo)]))
    assert abs(gain_of(figures)) < 0.7
    assert verdict_on(figures).direction in ("not moved", "insufficient evidence")


def test_the_other_authors_model_is_his_voice_on_his_essays_and_nobodys_on_hers(library: Library) -> None:
    hers, his = learning(HER), learning(HIM)
    right = measured(library, material_of(hers, placebos=[placebo_of(his)]))
    swapped = measured(library, material_of(his, placebos=[placebo_of(hers, writer=HER)], author=HIM))
    mixed_up = measured(library, material_of(his, placebos=[placebo_of(hers)]))
    one, other = right.against[0].two_by_two, swapped.against[0].two_by_two
    assert one is not None
    assert other is not None
    assert one.tuned_on_hers.low > one.placebo_on_hers.high
    assert one.placebo_on_theirs.low > one.tuned_on_theirs.high
    assert other.placebo_on_theirs.mean == pytest.approx(one.tuned_on_hers.mean, rel=0.1)
    assert other.tuned_on_hers.mean == pytest.approx(one.placebo_on_theirs.mean, rel=0.1)
    assert [verdict_on(figures).direction for figures in (right, swapped)] == ["voice moved", "voice moved"]
    assert verdict_on(mixed_up).direction != "voice moved"
    assert rank_of(mixed_up).nearest[0].name.endswith(HIM)
    there, back = right.against[0].tuned_minus_placebo, mixed_up.against[0].tuned_minus_placebo
    assert (back.mean, back.low, back.high) == pytest.approx((-there.mean, -there.high, -there.low))


def test_every_placebo_is_compared_nearest_to_her_first(placed: VoiceFigures) -> None:
    nearest, other = placed.against
    assert nearest.level.mean > other.level.mean
    assert placed.placebo is not None
    assert fmean(voices(placed.placebo)) == pytest.approx(nearest.level.mean)
    assert placed.distances is not None
    assert placed.distances.tuned_minus_placebo == nearest.tuned_minus_placebo
    for each in (nearest, other):
        assert each.two_by_two is not None
        assert each.topic is not None
        assert each.nearer_than is not None
        assert 0 <= each.nearer_than <= 1


def test_a_gain_as_large_on_another_profile_is_ahead_and_a_placebo_of_unknown_essays_has_none(library: Library) -> None:
    pen_name = placebo_of(answers_by(MODEL, "nothing"), writer="her pen name")
    pen_name = pen_name.model_copy(update={"essays": essays_by(HER, 11)})
    unknown = placebo_of(answers_by(HIM, "his"), writer="unknown", essays=0)
    figures = measured(library, material_of(learning(), placebos=[pen_name, unknown]))
    rank = rank_of(figures)
    assert (rank.ahead, rank.others) == (1, len(OTHERS) + 1)
    assert rank.nearest[0].gain == rank.gain
    against = next(each for each in figures.against if each.writer == "unknown")
    assert against.tuned_minus_placebo.above_zero
    assert (against.two_by_two, against.nearer_than) == (None, None)


def test_several_trainings_and_placebos_have_each_their_answers_and_count_together(library: Library) -> None:
    tuned = [learning(HER, seed) for seed in range(3)]
    placebos = placebo_of(*(learning(HIM, seed) for seed in range(3))), placebo_of(answers_by(MODEL, 1), writer="One")
    figures = measured(library, material_of(*tuned, placebos=placebos))
    assert figures.distances is not None
    assert (figures.distances.trainings, figures.distances.prompts) == (3, PROMPTS)
    assert figures.distances.answers == 3 * ANSWERS
    assert [each.training for each in figures.tuned] == [0] * ANSWERS + [1] * ANSWERS + [2] * ANSWERS
    assert [each.training for each in figures.baseline] == [0] * ANSWERS
    assert gain_of(figures) == pytest.approx(fmean(voices(figures.tuned)) - fmean(voices(figures.baseline)))
    assert {each.writer for each in figures.against} == {HIM, "One"}
    assert verdict_on(figures).direction == "voice moved"
    assert "48 answers of 3 trainings" in verdict_on(figures).reason


def test_without_a_placebo_there_are_her_figures_alone(alone: VoiceFigures) -> None:
    assert (alone.against, alone.placebo) == ((), None)
    assert alone.distances is not None
    assert alone.distances.placebo is None
    assert rank_of(alone).others == len(OTHERS)
    assert verdict_on(alone).direction == "moved: format or voice"


def test_her_unseen_essays_are_a_profile_of_their_own_where_there_are_three(
    library: Library, alone: VoiceFigures
) -> None:
    assert known(alone.unseen).above_zero
    assert measured(library, material_of(learning(), held_out=2)).unseen is None


@pytest.mark.parametrize(("asked_else", "judged"), [(2, True), (3, False), (PROMPTS, False)])
def test_only_prompts_that_every_model_was_asked_are_compared_and_too_few_of_them_are_not(
    library: Library, asked_else: int, judged: bool
) -> None:
    """Of 8 prompts a second placebo shares 6, 5 or none."""
    second = answers_by(MODEL, 1)
    probes = tuple(
        each.model_copy(update={"prompt_id": f"other {each.prompt_id}"}) if place < asked_else * SAMPLES else each
        for place, each in enumerate(second.probes)
    )
    second = second.model_copy(update={"probes": probes})
    placebos = placebo_of(answers_by(HER, "near", share=0.2)), placebo_of(second, writer="Else")
    figures = measured(library, material_of(learning(), placebos=placebos))
    assert (figures.distances is not None) == judged
    assert [each.writer for each in figures.against] == ([HIM, "Else"] if judged else [])
    assert all(math.isfinite(each.tuned_minus_placebo.mean) for each in figures.against)


@pytest.mark.parametrize(
    ("writer", "least", "most"), [(HER, 1.0, 1.0), (OTHERS[3], 0.0, 0.99)], ids=["hers", "a library writer's"]
)
def test_a_placebo_is_as_much_nearer_to_her_as_there_are_writers_further_from_her(
    library: Library, writer: str, least: float, most: float
) -> None:
    placebo = placebo_of(learning(HIM)).model_copy(update={"essays": essays_by(writer, 8)})
    (found,) = measured(library, material_of(learning(), placebos=[placebo])).against
    assert found.nearer_than is not None
    assert least <= found.nearer_than <= most
    order = nearest(library, [each.text for each in essays_by(HER, 11)]).writers
    if writer in order:  # the same writer is as far in both places, but for the scale that his texts twice change
        further = len(order) - 1 - order.index(writer)
        assert found.nearer_than == pytest.approx(further / len(order), abs=1.5 / len(order))


def test_of_many_writers_the_nearest_are_the_background_and_at_most_39_are_compared() -> None:
    many = library_of([*OTHERS, *(f"more {number}" for number in range(IMPOSTORS - len(OTHERS) + 3))])
    fit, figures = measure_voice(material_of(learning()), many)
    assert (figures.others.authors, figures.others.background) == (NEAREST_WRITERS, fit.background)
    assert fit.background == f"the {NEAREST_WRITERS} nearest of {IMPOSTORS + 3} writers"
    rank = rank_of(figures)
    assert (rank.others, rank.ahead) == (IMPOSTORS, 0)
    assert rank.gain > rank.nearest[0].gain > rank.mean
    assert rank.ahead_by == pytest.approx((rank.gain - rank.mean) / rank.deviation)


def test_all_models_are_scored_on_one_length(library: Library) -> None:
    """What the longer ones wrote after it changes no score."""
    short = material_of(learning())
    longer = {place: f"{each.text} {text_by(HIM, place)}" for place, each in enumerate(short.baseline.probes)}
    whole = measured(library, short.model_copy(update={"baseline": replaced(short.baseline, longer)}))
    cut = {place: first_words(text, whole.words) for place, text in longer.items()}
    as_if_cut = measured(library, short.model_copy(update={"baseline": replaced(short.baseline, cut)}))
    assert whole.words < 70
    assert as_if_cut.words == whole.words
    assert voices(as_if_cut.baseline) == pytest.approx(voices(whole.baseline))
    assert gain_of(as_if_cut) == pytest.approx(gain_of(whole))


def test_the_length_is_what_three_quarters_of_the_answers_have_in_the_model_that_writes_the_least() -> None:
    assert common_length([asked(400, 400, 400, 400, 400), asked(50, 90, 100, 200, 300)]) == 90
    assert common_length([asked(50, 90, 100, 200, 300), asked(400, 400, 400, 400, 400)]) == 90
    assert common_length([asked(90, None, None, 10, 90), asked(100)]) == 50  # of what can be scored
    assert common_length([asked(None), asked(100)]) == 100
    assert common_length([asked(None)]) == 40


def asked(*words: int | None) -> Asked:
    """None is an answer that is no prose."""
    texts = tuple("word " * (number or 500) for number in words)
    reasons = tuple("no prose" if number is None else None for number in words)
    return Asked("tuned", 0, tuple(answer(text) for text in texts), texts, reasons)


def test_what_is_no_prose_counts_as_the_models_worst_answer_and_no_better_than_the_untuned_average() -> None:
    found = asked(90, None, 90, None, 90)
    assert found.filled([0.5, -1.0, 2.0]) == [0.5, -1.0, -1.0, -1.0, 2.0]
    assert found.filled([0.5, -1.0, 2.0], untuned=-0.9) == [0.5, -1.0, -1.0, -1.0, 2.0]
    assert found.filled([0.5, -1.0, 2.0], untuned=-1.1) == [0.5, -1.1, -1.0, -1.1, 2.0]
    assert found.filled([0.5, None, 2.0], untuned=1.0) == [0.5, 0.5, None, 0.5, 2.0]
    assert asked(None, None).filled([]) == [None, None]
    assert asked(None, None).filled([], untuned=0.3) == [0.3, 0.3]
    assert found.sound == [found.texts[0], found.texts[2], found.texts[4]]


def test_loops_in_the_place_of_answers_take_from_the_gain_and_are_told(library: Library, alone: VoiceFigures) -> None:
    """Seven of sixteen: with an eighth nothing would be judged."""
    best_first = sorted(range(ANSWERS), key=lambda place: -voices(alone.tuned)[place])
    none = {place: "I did." if place == best_first[0] else LOOP for place in best_first[: ANSWERS // 2 - 1]}
    figures = measured(library, material_of(replaced(learning(), none)))
    worst = min(voices(each for each in figures.tuned if each.why_not is None))
    untuned = fmean(voices(figures.baseline))
    assert untuned < worst
    assert [figures.tuned[place].voice for place in none] == pytest.approx([untuned] * len(none))
    assert gain_of(figures) < gain_of(alone) - 0.5
    assert rank_of(figures).gain < rank_of(alone).gain - 0.5
    (told,) = figures.no_prose
    assert (told.model, told.answers, told.of) == ("tuned", len(none), ANSWERS)
    assert {reason.split(":")[0] for reason in told.reasons} == {"no prose", "too short"}


def test_the_untuned_models_loops_count_as_its_own_worst_answer(library: Library) -> None:
    loops = dict.fromkeys(range(3), LOOP)
    material = material_of(learning())
    figures = measured(library, material.model_copy(update={"baseline": replaced(material.baseline, loops)}))
    worst = min(voices(each for each in figures.baseline if each.why_not is None))
    assert [figures.baseline[place].voice for place in loops] == [worst] * len(loops)


def test_loops_in_the_place_of_bad_answers_do_not_lift_the_gain(library: Library) -> None:
    bad = {place: text_by(MODEL, f"bad {place}") for place in range(ANSWERS // 2 - 1)}
    with_bad, with_loops = (
        gain_of(measured(library, material_of(replaced(answers_by(HER, "hers"), texts))))
        for texts in (bad, dict.fromkeys(bad, LOOP))
    )
    assert with_loops <= with_bad + 0.1


@pytest.mark.parametrize("model", ["tuned", "baseline", "placebo"])
def test_a_model_that_writes_no_prose_half_of_the_time_leaves_nothing_to_judge(library: Library, model: str) -> None:
    loops = dict.fromkeys(range(ANSWERS // 2), LOOP)
    material = material_of(learning(), placebos=[placebo_of(learning(HIM))])
    changed: dict[str, dict[str, object]] = {
        "tuned": {"tuned": (replaced(learning(), loops),)},
        "baseline": {"baseline": replaced(material.baseline, loops)},
        "placebo": {"placebos": (placebo_of(replaced(learning(HIM), loops)),)},
    }
    figures = measured(library, material.model_copy(update=changed[model]))
    assert (figures.distances, figures.rank, figures.against) == (None, None, ())
    verdict = verdict_on(figures)
    assert verdict.direction == "insufficient evidence"
    assert "8 of 16 answers of the " + ("model trained on" if model == "placebo" else model) in verdict.reason


def test_answers_that_were_copied_whole_are_no_prose_and_those_like_her_unseen_essays_are(library: Library) -> None:
    material = material_of(learning())
    seen = {place: material.training[place].text for place in range(4)}
    unseen = {place + 4: material.held_out[place].text for place in range(3)}
    figures = measured(library, material_of(replaced(learning(), {**seen, **unseen})))
    assert figures.copied_share == pytest.approx(4 / 16, abs=0.02)
    assert [place for place, each in enumerate(figures.tuned) if each.why_not] == [0, 1, 2, 3]


def test_too_few_prompts_leave_scores_and_no_distances(library: Library) -> None:
    figures = measured(library, material_of(learning(prompts=5)))
    assert len(voices(figures.tuned)) == 5 * SAMPLES
    assert (figures.distances, figures.rank, figures.topic, figures.unseen) == (None, None, None, None)
    assert "Fewer than 6 probes" in verdict_on(figures).reason


def test_the_same_material_gives_the_same_figures(library: Library, placed: VoiceFigures) -> None:
    assert measured(library, material_of(learning(), placebos=two_placebos())) == placed


def test_where_no_model_writes_prose_nothing_is_scored_and_nothing_breaks(library: Library) -> None:
    loops = replaced(learning(), dict.fromkeys(range(ANSWERS), LOOP))
    figures = measured(library, material_of(loops, placebos=()).model_copy(update={"baseline": loops}))
    assert figures.distances is None
    assert figures.rank is None
    assert verdict_on(figures).direction == "insufficient evidence"
