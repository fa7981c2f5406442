"""The grammar's probabilities are those of the package that they come from."""

from __future__ import annotations

import numpy as np
import pytest
from lambdag.language_models import KneserNeyLanguageModel

from ownvoice.voice.grammar import DISCOUNT, ORDER, Model, Pool
from ownvoice.voice.text import mask_text
from tests.unit.voice.essays_by_rule import essay


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
