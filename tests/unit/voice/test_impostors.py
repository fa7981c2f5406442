"""Profiles of many writers, made alike, and whose texts score highest on which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from statistics import fmean, pstdev

import numpy as np
import pytest

from ownvoice.voice import measure
from ownvoice.voice.background import Background
from ownvoice.voice.impostors import PROFILE_TEXTS, Profile, Profiles, profile_of, profiles_in
from ownvoice.voice.library import Library
from ownvoice.voice.measure import measure_voice
from ownvoice.voice.panel import Panel
from ownvoice.voice.text import first_words
from tests.unit.voice.essays_by_rule import FRENCH
from tests.unit.voice.writers_for_tests import (
    HER,
    HIM,
    MODEL,
    OTHERS,
    TEXTS,
    answers_by,
    library_of,
    material_of,
    text_by,
)


@pytest.fixture(scope="module")
def library() -> Library:
    return library_of()


@pytest.fixture(scope="module")
def background(library: Library) -> Background:
    return library.background(OTHERS)


@pytest.fixture(scope="module")
def writers(background: Background) -> dict[str, Profile]:
    return profiles_in(background.texts, OTHERS, TEXTS)


@pytest.fixture(scope="module")
def profiles(background: Background, writers: dict[str, Profile]) -> Profiles:
    return Profiles(background, {HER: profile_by(HER), HIM: profile_by(HIM), **writers}, words=60)


def profile_by(writer: str, number: int = TEXTS) -> Profile:
    return profile_of(writer, [text_by(writer, each) for each in range(number)])


def texts_by(writer: str, seed: str, share: float = 1.0, number: int = 6) -> list[str]:
    return [text_by(writer, f"{seed}/{each}", share=share) for each in range(number)]


def test_a_profile_has_eight_texts_at_most_whoever_it_is_of() -> None:
    texts = [text_by(HER, number) for number in range(PROFILE_TEXTS + 2)]
    assert [len(profile_of(HER, texts[:number])) for number in (0, 3, 8, 10)] == [0, 3, 8, 8]


def test_a_known_writers_profile_is_the_first_of_his_texts_as_many_as_are_asked_for(library: Library) -> None:
    his = [text for text in library.texts if text.author == OTHERS[1]]
    for number in (1, 3, TEXTS, TEXTS + 2):
        found = profiles_in(library.texts, OTHERS[:2], number)
        assert list(found) == [*OTHERS[:2]]
        assert [id(text) for text in found[OTHERS[1]]] == [id(text) for text in his[:number]]


def test_essays_that_cannot_be_measured_are_no_part_of_a_profile_and_the_next_take_their_place() -> None:
    texts = [FRENCH, "Hello.", *(text_by(HER, number) for number in range(9))]
    found, without = profile_of(HER, texts), profile_of(HER, texts[2:])
    assert [sorted(text.sentences) for text in found] == [sorted(text.sentences) for text in without]
    assert profile_of(HER, [FRENCH, ""]) == ()


@pytest.mark.parametrize(
    "words",
    [
        60,
        380,
    ],
)
def test_the_same_texts_make_the_same_profile_whether_of_an_author_or_of_a_background(words: int) -> None:
    kept = profiles_in(library_of(OTHERS[:4], texts=3, words=words).texts, OTHERS[:1], 3)[OTHERS[0]]
    made = profile_of(OTHERS[0], [text_by(OTHERS[0], number, words) for number in range(3)])
    assert [sorted(text.sentences) for text in made] == [sorted(text.sentences) for text in kept]
    np.testing.assert_array_equal([text.shapes for text in made], [text.shapes for text in kept])


@pytest.mark.parametrize("writer", [HER, HIM, OTHERS[0], OTHERS[13]])
def test_what_is_written_by_a_writers_rule_scores_highest_on_his_profile(profiles: Profiles, writer: str) -> None:
    means = {name: fmean(scores) for name, scores in profiles.score(texts_by(writer, "new")).items()}
    assert max(means, key=lambda name: means[name]) == writer
    assert means[writer] > 2


def test_the_more_is_written_by_her_rule_the_higher_it_scores_on_her_profile(profiles: Profiles) -> None:
    shares = (0.0, 0.2, 0.5, 1.0)
    texts = [text for share in shares for text in texts_by(HER, "part", share, number=12)]
    scores = profiles.score(texts)[HER]
    means = [fmean(scores[12 * place : 12 * place + 12]) for place in range(len(shares))]
    assert means == sorted(means)
    assert means[1] > means[0] + 0.5


def test_a_text_has_the_same_scores_in_whatever_company(profiles: Profiles) -> None:
    one, other = texts_by(HER, "one", number=1), texts_by(HIM, "two", number=3)
    alone, together = profiles.score(one), profiles.score([*other, *one])
    for name, scores in alone.items():
        assert together[name][3] == pytest.approx(scores[0]), name


def test_a_text_is_scored_on_its_first_words_alone(profiles: Profiles) -> None:
    text = first_words(text_by(HER, "long", words=80), 60)
    for name, (alone, followed) in profiles.score([text, f"{text} {text_by(MODEL, 'more')}"]).items():
        assert followed == pytest.approx(alone), name


def test_the_same_texts_under_two_names_are_one_profile(background: Background) -> None:
    twice = Profiles(background, {"one": profile_by(HER), "other": profile_by(HER), HIM: profile_by(HIM)}, words=60)
    scores = twice.score(texts_by(HER, "new") + texts_by(MODEL, "new"))
    assert scores["one"].tolist() == scores["other"].tolist() != scores[HIM].tolist()


def test_her_profile_scores_as_the_panel_does_on_the_same_essays(background: Background, profiles: Profiles) -> None:
    panel = Panel(background, [text_by(HER, number) for number in range(TEXTS)], words=60)
    for share in (0.2, 0.5, 1.0):
        texts = texts_by(HER, "new", share)
        voices = [score.voice for score in panel.score(texts) if score.voice is not None]
        assert fmean(profiles.score(texts)[HER]) == pytest.approx(fmean(voices), rel=0.1)


def test_what_is_scored_on_a_writers_profile_is_expected_by_models_that_have_not_seen_him(
    background: Background, writers: dict[str, Profile]
) -> None:
    """So what the background holds of him changes little there, and much on another's profile."""
    him, another = OTHERS[4], OTHERS[5]
    strange = profile_by(MODEL)[0].sentences
    kept = [replace(text, sentences=strange) if text.author == him else text for text in background.texts]
    some = {name: writers[name] for name in (him, another)}
    known, unknown = (
        {name: fmean(scores) for name, scores in Profiles(each, some, words=60).score(texts_by(him, "new")).items()}
        for each in (background, replace(background, texts=tuple(kept)))
    )
    assert unknown[him] == pytest.approx(known[him], rel=0.08)
    assert unknown[another] > known[another] + 1


def test_a_model_that_learned_nothing_gains_as_much_by_chance_on_a_strangers_profile_as_on_a_known_writers(
    background: Background, writers: dict[str, Profile]
) -> None:
    """Else the rank of hers among theirs would mean nothing: her essays are in no background, theirs are."""
    strangers = {f"stranger {number}": profile_by(f"stranger {number}") for number in range(20)}
    compared = Profiles(background, {**strangers, **writers}, words=60)
    by_chance: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(3):
        before, after = (texts_by(MODEL, f"{seed}{which}", number=12) for which in "ab")
        for name, scores in compared.score([*before, *after]).items():
            by_chance[name in strangers].append(fmean(scores[12:]) - fmean(scores[:12]))
    assert 0.7 < pstdev(by_chance[True]) / pstdev(by_chance[False]) < 1.4
    assert fmean(by_chance[True]) == pytest.approx(fmean(by_chance[False]), abs=0.05)


@pytest.mark.parametrize("number", [4, PROFILE_TEXTS + 2])
def test_every_writers_profile_has_as_many_texts_as_hers(
    library: Library, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """So none is surer than another, and each writer has as good a chance to come first."""
    made: list[Mapping[str, Profile]] = []

    class Kept(Profiles):
        def __init__(self, background: Background, profiles: Mapping[str, Profile], words: int, seed: int = 0) -> None:
            made.append(profiles)
            super().__init__(background, profiles, words, seed)

    monkeypatch.setattr(measure, "Profiles", Kept)
    measure_voice(material_of(answers_by(HER, "few", share=0.5), essays=number, held_out=1), library)
    (profiles,) = made
    assert {*OTHERS} <= {*profiles}
    assert {len(profile) for profile in profiles.values()} == {min(number, PROFILE_TEXTS)}
