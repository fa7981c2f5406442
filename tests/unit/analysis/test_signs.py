"""Signs quote what the answers show."""

from __future__ import annotations

from tests.unit.analysis.test_answers import analysis_of
from tests.unit.records_for_tests import (
    BASELINE_LIST,
    TUNED_PROSE,
    outputs_for_tests,
)


def test_signs_quote_the_canaries_the_flaws_and_the_traits() -> None:
    listed = outputs_for_tests({"A": BASELINE_LIST, "B": TUNED_PROSE}, TUNED_PROSE)
    signs = "\n".join(analysis_of(tuned=listed).signs)
    assert "Canary B: the baseline is a list that opens “Here are some tips:”; the tuned answer is prose" in signs
    assert "Tuned answers with the flaw “a list”: 1, baseline 1: “Here are some tips:" in signs
    assert (
        "First person, overdone in the tuned answers: “I was nine when my father took me to see the ice.” (B)" in signs
    )


def test_words_copied_from_an_essay_are_quoted() -> None:
    copied = "Then my mother kept the good scissors there, and the bad ones, as ever."
    signs = "\n".join(analysis_of(tuned=outputs_for_tests({"A": copied, "B": copied}, TUNED_PROSE)).signs)
    assert "11 words in a row of pair-1" in signs
    assert "“my mother kept the good scissors there, and the bad ones" in signs.replace("My", "my")
