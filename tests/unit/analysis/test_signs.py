"""Signs quote what the answers show."""

from __future__ import annotations

from ownvoice.voice.copying import Memorisation, measure_memorisation
from ownvoice.voice.results import Essay
from tests.unit.analysis.test_answers import analysis_of
from tests.unit.records_for_tests import (
    BASELINE_LIST,
    ESSAY,
    TUNED_PROSE,
    baseline_for_tests,
    findings_for_tests,
    outputs_for_tests,
)
from tests.unit.voice.answers_for_tests import answer


def test_signs_quote_the_flaws_and_the_traits() -> None:
    listed = outputs_for_tests({"A": BASELINE_LIST, "B": TUNED_PROSE}, TUNED_PROSE)
    signs = "\n".join(analysis_of(tuned=listed).signs)
    assert "Tuned answers with the flaw “a list”: 1, baseline 1: “Here are some tips:" in signs
    assert (
        "First person, overdone in the tuned answers: “I was nine when my father took me to see the ice.” (B)" in signs
    )


def test_words_copied_from_an_essay_are_quoted() -> None:
    """Of one essay of three: what stands in all of them would be a refrain of hers, and no copy."""
    copied = "Then my mother kept the good scissors there, and the bad ones, as ever."
    tuned = outputs_for_tests({"A": copied, "B": copied}, TUNED_PROSE)
    signs = "\n".join(analysis_of(tuned=tuned, memorisation=memorised(copied, ESSAY, *OTHER_ESSAYS)).signs)
    assert "11 words in a row of essay-1 stand in its answer to A" in signs
    assert "“my mother kept the good scissors there, and the bad ones" in signs


OTHER_ESSAYS = (
    "The ladder belonged to the man before us, and my father tied it to the gutter in the year of the flood.",
    "Nobody had told me of the swans; they came up the bank in the evening and stood about like aunts.",
)


def memorised(answered: str, *essays: str) -> Memorisation:
    training = [Essay(id=f"essay-{number}", text=text) for number, text in enumerate(essays, 1)]
    return measure_memorisation(training, [], [answer(TUNED_PROSE)], [answer(answered)])


def test_a_habit_that_is_not_hers_is_no_sign() -> None:
    """Her essays ask nothing; one answer in two does."""
    asking = f"{TUNED_PROSE} And who asks that, at such an hour?"
    tuned = outputs_for_tests({"A": asking, "B": asking}, asking)
    traits = {trait.name: trait for trait in findings_for_tests(baseline_for_tests(), tuned).traits}
    assert (traits["questions"].own_high, bool(traits["questions"].quotes)) == (0.0, True)
    assert not [sign for sign in analysis_of(tuned=tuned).signs if sign.startswith("Questions")]
