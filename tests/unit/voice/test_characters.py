"""The three measures, each against an answer that is known."""

from __future__ import annotations

import numpy as np
import pytest

from ownvoice.voice.characters import Scale, character_rows, character_scale, cosines, masked_codes, raw_codes


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
