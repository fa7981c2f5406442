"""The three measures, each against an answer that is known."""

from __future__ import annotations

import numpy as np
import pytest
from essays import essay
from lambdag.language_models import KneserNeyLanguageModel

from ownvoice.voice.characters import Scale, character_rows, character_scale, cosines, masked_codes, raw_codes
from ownvoice.voice.grammar import DISCOUNT, ORDER, Model, Pool
from ownvoice.voice.shape import FEATURES, measure_shape
from ownvoice.voice.text import mask_text


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_probabilities_are_those_of_the_package(share: float) -> None:
    sentences = [sentence for number in range(12) for sentence in mask_text(essay(number % 6, number))]
    chosen = np.random.default_rng(1).random(len(sentences)) < share
    unknown = [*mask_text(essay(3, 99)), ("&", "never-seen", "the"), ("the",), ()]
    theirs = KneserNeyLanguageModel(order=ORDER, discount=DISCOUNT)
    for place in np.flatnonzero(chosen):
        theirs.fit(sentences[place])
    pool = Pool(sentences)
    ours = Model(pool, chosen).log10_probabilities(pool.locate(unknown))
    expected = np.log10([p for sentence in unknown for p in theirs.probabilities(sentence)])
    assert ours == pytest.approx(expected, abs=1e-12)


def test_character_ngrams_count_inside_sentences_only() -> None:
    one, two = ("the", "*"), ("of", "*ing")
    together = np.sort(np.concatenate([masked_codes([one]), masked_codes([two])]))
    assert np.array_equal(np.sort(masked_codes([one, two])), together)
    assert np.array_equal(np.sort(masked_codes([two, one])), together)


def test_character_rows_are_z_of_relative_frequencies() -> None:
    texts = [raw_codes(text) for text in ("aaaa", "aaaa bbbb", "bbbb bbbb")]
    figures = character_scale(texts)
    rows = character_rows(figures, texts)
    assert rows.mean(axis=0) == pytest.approx(np.zeros(len(figures.codes)), abs=1e-12)
    assert rows.std(axis=0, ddof=1) == pytest.approx(np.ones(len(figures.codes)))


def test_texts_in_any_script_have_character_rows() -> None:
    figures = character_scale([raw_codes("plain text"), raw_codes("other text")])
    strange = [raw_codes(text) for text in ("", "\ud800\ud800\ud800\ud800\ud800", "\U0001f600" * 9, "\x00" * 9)]
    assert np.isfinite(character_rows(figures, strange)).all()


def test_a_figure_that_is_missing_or_never_varies_says_nothing() -> None:
    scale = Scale.of(np.array([[1.0, 5.0, np.nan], [3.0, 5.0, 2.0]]))
    assert scale.z(np.array([[np.nan, 9.0, 7.0]])).tolist() == [[0.0, 0.0, 0.0]]
    assert cosines(np.zeros((1, 3)), np.ones(3)).tolist() == [0.0]


def test_shape_counts_what_a_reader_counts() -> None:
    text = "I don't know (yet). But you -- of all people -- do; why? " * 10
    shape = measure_shape(text)
    assert shape.words == 110
    found = {
        name: shape.value(name) for name in ("asides", "dashes", "semicolons", "questions", "contractions", "i", "you")
    }
    assert found == pytest.approx(
        {"asides": 1000 / 11, "dashes": 2000 / 11, "semicolons": 1000 / 11, "questions": 1000 / 11}
        | {"contractions": 1000 / 11, "i": 1000 / 11, "you": 1000 / 11}
    )
    assert shape.value("conjunction_openings") == pytest.approx(0.5)
    assert shape.value("different_words") == pytest.approx(0.11)


def test_shape_has_28_features_and_is_empty_rather_than_wrong_for_short_texts() -> None:
    assert len(FEATURES) == len({feature.name for feature in FEATURES}) == 28
    assert set(measure_shape("").values) == {None}
    short = measure_shape("One sentence only.")
    assert short.value("sentence_spread") is None
    assert short.value("different_words") is None
    assert len(short.row()) == len(FEATURES)
