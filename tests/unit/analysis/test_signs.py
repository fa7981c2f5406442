"""Signs quote what the answers show."""

from __future__ import annotations

from ownvoice.voice.copying import Memorisation, measure_memorisation
from ownvoice.voice.results import Essay
from tests.unit.analysis.test_answers import analysis_of
from tests.unit.records_for_tests import (
    BASELINE_LIST,
    ESSAY,
    TUNED_PROSE,
    outputs_for_tests,
)
from tests.unit.voice.answers_for_tests import answer


def test_signs_quote_the_canaries_the_flaws_and_the_traits() -> None:
    listed = outputs_for_tests({"A": BASELINE_LIST, "B": TUNED_PROSE}, TUNED_PROSE)
    signs = "\n".join(analysis_of(tuned=listed).signs)
    assert "Canary B: the baseline is a list that opens “Here are some tips:”; the tuned answer is prose" in signs
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
