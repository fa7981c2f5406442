"""The loss curve is read in words."""

from __future__ import annotations

import pytest

from ownvoice.analysis.loss_curve import read_losses
from tests.unit.analysis.test_answers import Losses
from tests.unit.records_for_tests import (
    training_for_tests,
)


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        (((None, 3.4), (3.2, 3.3), (2.6, 3.2)), "fell at every epoch: 3.200 in the first, 2.600 in the last"),
        (((None, 3.4), (3.2, 3.3), (2.6, 3.2)), "was lowest at the last epoch"),
        (((None, 3.4), (3.2, 3.1), (1.6, 3.6)), "lowest, 3.100, at epoch 1 and has risen since: overfitting"),
        (((None, 3.4), (3.2, 3.1), (0.2, 3.1)), "near zero (under 0.5): the essays are being memorised"),
        (((None, 3.4), (3.2, 3.39), (3.1, 3.39)), "flat (less than 0.02 apart)"),
        (((None, 3.4), (3.2, 3.3)), "One epoch, with a training loss of 3.200"),
        (((None, 3.4),), "There are no losses to read."),
    ],
)
def test_the_loss_curve_is_read_in_words(losses: Losses, expected: str) -> None:
    assert expected in read_losses(training_for_tests(losses).losses, held_out=1)
