"""Percentiles for few draws."""

from __future__ import annotations

import pytest

from ownvoice.voice.likelihood import expanded_tail, student_quantile


@pytest.mark.parametrize(("freedom", "quantile"), [(3, 3.1824), (5, 2.5706), (11, 2.2010), (1000, 1.9623)])
def test_the_quantile_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert student_quantile(freedom) == pytest.approx(quantile, rel=0.01)


def test_fewer_to_draw_from_widens_the_interval_and_many_leave_it() -> None:
    assert expanded_tail(6, 5) < expanded_tail(12, 11) < expanded_tail(100_000, 99_999)
    assert expanded_tail(100_000, 99_999) == pytest.approx(0.025, abs=1e-5)
