"""The author's habits are counted plainly, and told from the baseline's by more than an accident."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ownvoice.voice import habits
from ownvoice.voice.results import AnswerText, Essay
from ownvoice.voice.traits import Trait, measure_traits
from tests.unit.voice.answers_for_tests import answer, as_answers, essays_of

SAMPLE = essays_of("sample_author/pairs")
BLAND = [
    answer(
        f"I love my {word} because it brings me joy and peace in my life each day. It is my passion and I "
        f"am grateful for it. I have learned a lot from my {word} and I hope that you will learn from it too.",
        word,
    )
    for word in ("garden", "bicycle", "library", "kitchen", "river", "piano")
]


def traits_of(tuned: list[AnswerText], base: list[AnswerText], essays: list[Essay] = SAMPLE) -> dict[str, Trait]:
    return {trait.name: trait for trait in measure_traits(essays, base, tuned)}


@pytest.mark.parametrize(
    ("habit", "text", "count"),
    [
        (habits.asides, "Well (he said) and (2) more. (She did. Twice.)", 2),
        (habits.asides, "A bracket (that never closes", 0),
        (habits.first_person, "I'm sure my hat is mine, he said", 3),
        (habits.contractions, "It\u2019s Dad's, and they don't mind; he'd've known", 3),
        (habits.hyperbole, "Nobody has ever seen every one", 3),
        (habits.ironic_quotes, 'He sent a "gift" by post. "Gift," he said.', 1),
        (habits.ironic_quotes, 'She said "I never wanted it in the house at all" twice', 0),
        (habits.dashes, "One \u2014 two, three -- four, 1990\u20131995, well-known", 2),
        (habits.dashes, "- a list\n- of things", 0),
        (habits.questions, 'Why? "Who knows?" he said. "Was it me?"', 2),
        (habits.punchlines, "He " + "ran and " * 12 + "fell. Nobody was hurt. Nobody.", 1),
        (habits.references, "Then Auntie Pearl, from Leeds, said: No. I asked Mr Lok. He left.", 3),
        (habits.references, 'Mum laughed. "Next time," she said, (Once I did)', 0),
    ],
)
def test_a_habit_is_counted_as_it_is_described(habit: Callable[[str], list[str]], text: str, count: int) -> None:
    assert len(habit(text)) == count


def test_the_author_s_own_essays_have_every_trait_and_bland_answers_lack_the_telling_ones() -> None:
    traits = traits_of(as_answers(SAMPLE), BLAND)
    assert {trait.status for trait in traits.values()} == {"there"}
    bland = traits_of(BLAND, BLAND)
    assert {name for name, trait in bland.items() if trait.status == "missing"} >= {
        "asides",
        "punchlines",
        "references",
        "different references",
        "variety of sentence length",
    }
    assert bland["first person"].status == "overdone"
    assert bland["asides"].summary.startswith("Asides are missing: 0.0 in 1,000 words, where the baseline has 0.0")


def test_half_way_from_the_baseline_is_movement_and_the_passage_is_quoted() -> None:
    half = [each.model_copy(update={"text": f"{each.text} I told Pearl so."}) for each in BLAND[::2]] + BLAND[1::2]
    rich = [each.model_copy(update={"text": f"{each.text} Then we saw Harrowby and Pearl."}) for each in BLAND]
    trait = traits_of(half, BLAND)["references"]
    assert trait.base == 0
    assert trait.status == "moved towards"
    assert "References are nearer to yours than before training, and not there yet: " in trait.summary
    assert [(quote.prompt_id, quote.text) for quote in trait.quotes] == [
        ("garden", "I told Pearl so."),
        ("library", "I told Pearl so."),
    ]
    assert traits_of(rich, BLAND)["references"].status == "there"
    assert traits_of(half, rich)["references"].status == "missing"


def test_a_habit_that_the_author_lacks_is_not_praised() -> None:
    plain, dashed = (
        traits_of(BLAND, BLAND)["dashes"],
        [each.model_copy(update={"text": each.text.replace(" and ", " \u2014 and ")}) for each in BLAND],
    )
    assert plain.summary.startswith(
        "Dashes are no habit of yours, nor, as far as so few texts tell, of the tuned answers: 0.0 in 1,000"
    )
    trait = traits_of(dashed, BLAND)["dashes"]
    assert trait.status == "overdone"
    assert trait.summary.startswith("Dashes are no habit of yours, and the tuned answers overdo it: ")


@pytest.mark.parametrize(
    "texts", [[], [""], ["Yes"], [BLAND[0].text], ["no " * 99] * 9, ["今天早上我去了市场"] * 9, ["- a\n- b\n- c"] * 9]
)
def test_too_little_prose_is_not_measured_and_says_what_it_takes(texts: list[str]) -> None:
    for trait in measure_traits(SAMPLE, BLAND, [answer(text) for text in texts]):
        assert trait.status == "not measured"
        assert "not measured: it takes 3 answers in prose" in trait.summary


def test_one_essay_or_none_or_no_baseline_give_a_clear_answer() -> None:
    assert {trait.status for trait in measure_traits([], [], [])} == {"not measured"}
    assert {trait.status for trait in measure_traits([Essay(id="x", text="")], [], BLAND)} == {"not measured"}
    one = traits_of(BLAND, [], essays=SAMPLE[:1])
    assert one["references"].status == "missing"
    assert one["references"].base is None
    assert "where your essays have" in one["references"].summary
    assert one["asides"].status == "not clear"
    assert one["asides"].summary.startswith("Asides are not clear from so few texts: 0.0 in 1,000 words, ")


def test_identical_answers_never_moved() -> None:
    for texts in (BLAND, as_answers(essays_of("placebos/woodworker"))):
        assert "moved towards" not in {trait.status for trait in measure_traits(SAMPLE, texts, texts)}


def test_figures_survive_the_record() -> None:
    for trait in measure_traits(SAMPLE, BLAND, BLAND):
        assert Trait.model_validate_json(trait.model_dump_json()) == trait
