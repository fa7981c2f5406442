"""The shape of a text is what a reader counts."""

from __future__ import annotations

import pytest

from ownvoice.voice.shape import FEATURES, measure_shape


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
