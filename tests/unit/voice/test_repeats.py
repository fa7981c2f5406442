"""Where a new text repeats an essay: from eight words that nothing else explains."""

from __future__ import annotations

import pytest

from ownvoice.voice.repeats import find_repeat
from ownvoice.voice.results import Essay

ESSAYS = (
    Essay(
        id="drawer",
        text="My mother kept seven bent spoons in the kitchen drawer, and nobody was allowed to ask her why.",
    ),
    Essay(id="bus", text="The bus stopped twice on the hill, once for the priest and once for breath."),
)


@pytest.mark.parametrize(
    ("text", "level", "words"),
    [
        ("He said: seven bent spoons in the kitchen drawer, and left.", "warn", 8),
        ("Once my mother kept seven bent spoons in the kitchen drawer, and nobody was allowed in.", "fail", 14),
        ("Once seven bent spoons in the kitchen were a war.", None, 0),
    ],
)
def test_the_longest_run_of_words_is_told_with_its_essay(text: str, level: str | None, words: int) -> None:
    repeat = find_repeat(text, ESSAYS, [])
    if level is None:
        assert repeat is None
        return
    assert repeat is not None
    assert (repeat.level, repeat.words, repeat.essay_id) == (level, words, "drawer")
    assert text[repeat.start :].startswith(repeat.text)


def test_what_the_topic_or_the_untuned_model_says_as_well_proves_nothing() -> None:
    text = "Once seven bent spoons in the kitchen drawer, and nobody was there."
    assert find_repeat(text, ESSAYS, []) is not None
    assert find_repeat(text, ESSAYS, ["Seven bent spoons in the kitchen drawer and nobody"]) is None
