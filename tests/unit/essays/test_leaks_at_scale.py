"""The check of a large set: what is skipped or looked up to be quick gives the findings of looking at everything."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from itertools import product

import pytest
from ftfy.badness import BADNESS_RE

from ownvoice.essays.fields import UNUSUAL
from ownvoice.essays.leaks import duplicate_essays, prompt_leaks, shared_with
from ownvoice.essays.placebo import same_size
from ownvoice.essays.prompts import Prompts
from ownvoice.essays.topics import shared_topics
from ownvoice.essays.words import number_texts
from ownvoice.records.essays import Canary, Pair, Probe
from tests.unit.essays import pairwise_checks as pairwise
from tests.unit.essays.folders import counter

PROMPTS = Prompts(
    canaries=(Canary(id="A", topic="What the harbour sounds like in winter"),),
    probes=(Probe(id="bread", topic="Baking bread badly"), Probe(id="short", topic="Insomnia")),
    sources={"A": "prompts.toml:1", "bread": "prompts.toml:4", "short": "prompts.toml:7"},
)
FIRST_OF_MANY = ", the first of more than 10 that it is like"


def words(chance: random.Random, number: int) -> list[str]:
    """Few words are frequent and many rare, as in a text; the frequent ones make some runs meet by chance."""
    return [f"w{int(chance.paretovariate(0.6))}" for _ in range(number)]


def pair(at: int, essay: list[str], topic: str, split: str = "train") -> Pair:
    values = {"id": f"e{at}", "topic": topic, "essay": " ".join(essay), "tier": 1, "split": split, "source": f"{at}:1"}
    return Pair.model_validate(values)


def essays_with_plants(chance: random.Random, number: int = 300) -> list[list[str]]:
    """Unrelated essays of 4 to 400 words, every third with something of an earlier one or with a set phrase."""
    phrase = words(chance, 14)
    essays = [words(chance, chance.choice((4, 12, 20, 30, 60, 150, 400))) for _ in range(number)]
    for at in range(30, number, 3):
        essays[at] = planted(chance, chance.choice(essays[:at]), essays[at], phrase)
    return essays


def planted(chance: random.Random, other: list[str], own: list[str], phrase: list[str]) -> list[str]:
    """A copy, a copy with edits, a passage (from too short to count to most of the essay) or a phrase at the end."""
    step, middle = chance.randint(3, 40), len(own) // 2
    copied = [word.upper() for word in other]
    edited = [f"x{own[0]}" if at % step == 0 else word for at, word in enumerate(other)]
    with_passage = own[:middle] + other[: chance.choice((10, 12, 20, 40, 100))] + own[middle:]
    return chance.choice((copied, edited, with_passage, own + phrase))


def topic(chance: random.Random, at: int) -> str:
    a, b, c = (chance.choice(("bread", "ice", "my father", "trains", "moss")) for _ in range(3))
    return chance.choice(
        (f"On {a}, {b} and {c}", f"The year of {a} and {b}", f"{a} {at}", a, "...", "Baking, badly, bread")
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_index_finds_what_comparing_every_two_finds(seed: int) -> None:
    chance = random.Random(seed)
    essays = essays_with_plants(chance)
    for at in chance.sample(range(300), 5):
        essays[at] += ["What", "the", "harbour,", "sounds", "LIKE", "in", "winter"]
    splits = [chance.choice(("train", "train", "validation")) for _ in essays]
    pairs = tuple(pair(at, essay, topic(chance, at), splits[at]) for at, essay in enumerate(essays))
    numbered, own, placebo = number_texts(each.essay for each in pairs), pairs[:120], pairs[120:]
    duplicates, topics = duplicate_essays(pairs, numbered), shared_topics(pairs)
    leaks = prompt_leaks(pairs, numbered, PROMPTS)
    assert duplicates == pairwise.told(pairwise.duplicate_essays(pairs), FIRST_OF_MANY)
    assert shared_with(own, placebo) == pairwise.told(pairwise.shared_with(own, placebo), FIRST_OF_MANY)
    assert topics == pairwise.told(pairwise.shared_topics(pairs), " (the first of more than 10 that do)")
    assert leaks == pairwise.prompt_leaks(pairs, PROMPTS)
    for each in ("is the same text as", "of its five-word runs", "; one trains and one", FIRST_OF_MANY):
        assert any(each in line for line in duplicates)
    assert sum("stands in the essay" in line for line in leaks) == 5
    assert any("more than 10 that do" in line for line in topics)


def seconds_and_lines(essays: list[list[str]]) -> tuple[float, list[str]]:
    pairs = tuple(pair(at, essay, "Untitled", "train" if at % 2 else "validation") for at, essay in enumerate(essays))
    started = time.process_time()
    lines = [*duplicate_essays(pairs, number_texts(each.essay for each in pairs)), *shared_topics(pairs)]
    return time.process_time() - started, lines


def copies(chance: random.Random, number: int) -> list[list[str]]:
    return [words(chance, 350)] * number


def form_letters(chance: random.Random, number: int) -> list[list[str]]:
    form = words(chance, 350)
    return [[f"x{at}" if place % 50 == at % 50 else word for place, word in enumerate(form)] for at in range(number)]


def short_pieces_with_a_long_end(chance: random.Random, number: int) -> list[list[str]]:
    end = words(chance, 20)
    return [[f"x{at}y{place}" for place in range(40)] + end for at in range(number)]


@pytest.mark.parametrize("make", [copies, form_letters, short_pieces_with_a_long_end])
def test_of_essays_that_are_all_alike_each_is_told_once(make: Callable[[random.Random, int], list[list[str]]]) -> None:
    seconds, lines = seconds_and_lines(make(random.Random(1), 2000))
    essays = [line for line in lines if ": essay 'e" in line]
    assert seconds < 15  # two million comparisons take a minute
    assert len(essays) == 55 + 1989  # of the first eleven, every two
    assert all(
        "'e0' (0:1), the first of more than 10 that it is like" in line for line in essays if "more than" in line
    )
    assert len(lines) - len(essays) == 1000


def test_a_refrain_that_stands_in_every_essay_makes_no_finding_and_takes_no_time() -> None:
    chance = random.Random(1)
    refrain = words(chance, 40)
    essays = [refrain + [f"x{at}y{place}" for place in range(300)] for at in range(3000)]
    seconds, lines = seconds_and_lines(essays)
    assert seconds < 15
    assert not any(": essay 'e" in line for line in lines)


def test_a_placebo_of_thousands_is_chosen_from_at_once() -> None:
    own = [pair(at, ["a"], "Untitled") for at in range(3000)]
    pool = [pair(at, ["b"], "Untitled").model_copy(update={"tier": 2 + at % 3}) for at in range(6000)]
    started = time.process_time()
    chosen = same_size(own, pool)
    assert time.process_time() - started < 5  # looking for each in those chosen takes minutes
    assert Counter(each.tier for each in chosen) == {2: 2000, 3: 1000}


def test_text_without_an_unusual_character_is_never_wrongly_decoded() -> None:
    usual = "–—‘’“”…aZ1 .\n"  # noqa: RUF001 - the very characters
    every_four = "".join("".join(four) for four in product(usual, repeat=4))
    ascii_pairs = "".join(chr(a) + chr(b) for a, b in product(range(128), repeat=2))
    for text in (every_four, ascii_pairs):
        assert UNUSUAL.search(text) is None
        assert BADNESS_RE.search(text) is None


@pytest.mark.parametrize("text", ["donâ€™t", "cafÃ©", "\x85", "a\ufffd\ufffd", "вЂ™"])
def test_wrongly_decoded_text_has_an_unusual_character(text: str) -> None:
    assert BADNESS_RE.search(text)
    assert UNUSUAL.search(text)


def test_many_texts_have_the_tokens_that_each_has_alone() -> None:
    texts = [f"{'word ' * (n % 7)}." for n in range(600)]
    assert list(counter().count_all(texts)) == [counter().count(text) for text in texts]
