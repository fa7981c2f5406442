"""A record holds a few short passages of hers, each where it belongs, and nothing else of her essays."""

from __future__ import annotations

import pytest

from ownvoice.analysis.own_words import find_own_words
from ownvoice.essays.check import read_pairs
from ownvoice.essays.prompts import find_prompts
from ownvoice.paths import ROOT
from ownvoice.records.analysis import OwnWords
from ownvoice.records.essays import Canary, Pair
from ownvoice.text import words_of
from ownvoice.voice.results import QUOTE_CHARACTERS, Essay
from ownvoice.voice.traits import measure_traits
from tests.unit.voice.answers_for_tests import answer

PAIRS = ROOT / "data" / "sample_author" / "pairs"
BLAND = (
    "One should plan the week with care and keep a list of what there is to do at home. A good plan leaves room for "
    "rest, and rest makes the work of the next day lighter. Friends can help when the list grows long."
)
TELLING_WORDS = 40
"""So many words in a row are more than a quote."""


def pair(name: str, topic: str, essay: str) -> Pair:
    return Pair(id=name, topic=topic, essay=essay, tier=1, split="train", source=f"{name}.md:1")


DRAWER = pair("drawer", "The kitchen drawer", "My mother kept string in it. The spare key to the pool lay there.")
POOL = pair("pool", "Learning to swim", "I was late. The swimming pool smelt of chlorine and boys. Nobody looked up.")
SHOP = pair(
    "shop", "The corner shop", "He sells plasters at midnight. His mother sits on a stool. There is a pool of light."
)
SWIM = Canary(id="A", topic="The public swimming pool in winter")


def sample_words() -> OwnWords:
    author, prompts = read_pairs(PAIRS), find_prompts("", str(PAIRS)).prompts
    answers = [answer(BLAND, prompt_id=f"p{number}") for number in range(4)]
    essays = [Essay(id=each.id, text=each.essay) for each in author]
    return find_own_words(prompts.canaries, author, measure_traits(essays, answers, answers))


def test_a_canary_has_the_passage_of_the_essay_on_something_alike() -> None:
    found = find_own_words([SWIM], (DRAWER, POOL, SHOP), ()).canaries["A"]
    assert (found.essay_id, found.topic) == ("pool", "Learning to swim")
    assert found.text == "The swimming pool smelt of chlorine and boys. Nobody looked up."


def test_a_canary_that_no_essay_is_like_has_none() -> None:
    nothing = Canary(id="B", topic="Glaciers")
    assert find_own_words([nothing], (DRAWER, POOL, SHOP), ()).canaries == {}
    assert find_own_words([SWIM], (), ()).canaries == {}


def test_a_word_that_all_her_essays_hold_makes_none_of_them_alike() -> None:
    canary = Canary(id="A", topic="Mothers")
    essays = (DRAWER, SHOP, pair("pool", "Learning to swim", "Mother drove us there."))
    assert find_own_words([canary], essays, ()).canaries == {}
    assert find_own_words([canary], essays[:1], ()).canaries["A"].essay_id == "drawer", "of one essay any word tells"


def test_a_habit_that_is_missing_is_shown_in_a_sentence_of_hers() -> None:
    traits = sample_words().traits
    assert traits["asides"].text.startswith("(")
    assert {"asides", "punchlines", "references"} <= set(traits)
    assert not {"dashes", "ironic quotes", "questions"} & set(traits), "no habits of hers"


def test_of_the_essays_no_more_than_quotes_is_kept() -> None:
    found = sample_words()
    passages = [*found.canaries.values(), *found.traits.values()]
    assert len(found.canaries) == 3
    assert all(len(passage.text) <= QUOTE_CHARACTERS and "\n" not in passage.text for passage in passages)
    assert max(len(words_of(passage.text)) for passage in passages) <= TELLING_WORDS + 10


@pytest.mark.parametrize("text", ["", "\n\n", "\x00\x1b[31m swimming pool \u202e"])
def test_essays_of_any_text_give_passages_that_can_be_shown(text: str) -> None:
    found = find_own_words([SWIM], (pair("odd", text or "x", text or "x"), POOL), ())
    assert not set(str(found.canaries)) & set("\x00\x1b\u202e")
