"""Verdicts whose right answer is known: on cases without a training, and on the trainings whose evidence is kept."""

from __future__ import annotations

import pytest

from ownvoice.voice.library import Library, open_library
from tests.known.answers import by_trainings, exact, stored, tried, wrong_nulls
from tests.known.cases import CASES, VOICE, Case


@pytest.fixture(scope="module")
def shipped() -> Library:
    return open_library()


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_verdict_is_the_right_one(case: Case, shipped: Library) -> None:
    _, problems = tried(case, shipped)
    assert problems == []


def test_a_wrong_verdict_is_told(shipped: Library) -> None:
    _, problems = tried(CASES[0]._replace(expected=("memorised",)), shipped)
    assert "expected memorised, found voice moved" in problems[0]


def test_models_trained_on_others_are_hardly_ever_called_her_voice_and_none_is_memorised_by_mistake() -> None:
    for rows in by_trainings(stored()).values():
        assert wrong_nulls(rows) == []
        nulls = [row for row in rows if not row.is_true]
        assert len(nulls) >= 100
        true = next(row for row in rows if row.is_true)
        assert VOICE in wrong_nulls([row.model_copy(update={"found": true.found}) for row in nulls])[0]


def test_the_exact_interval_of_a_share_is_clopper_and_pearson_s() -> None:
    assert exact(6, 46) == pytest.approx((0.0494, 0.2626), abs=0.0005)
    assert exact(0, 100) == pytest.approx((0.0, 0.0362), abs=0.0005)
