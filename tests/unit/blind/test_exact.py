"""Held against SciPy, over every small table."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest, fisher_exact

from ownvoice.blind.exact import clopper_pearson, fisher


@pytest.mark.parametrize("trials", [1, 2, 7, 8, 20, 50, 200])
def test_the_interval_is_scipys(trials: int) -> None:
    for hits in {0, 1, trials // 3, trials // 2, trials - 1, trials}:
        expected = binomtest(hits, trials).proportion_ci(confidence_level=0.95, method="exact")
        assert clopper_pearson(hits, trials) == pytest.approx((expected.low, expected.high), abs=1e-9), hits


@pytest.mark.parametrize("sizes", [(1, 1), (8, 8), (8, 4), (3, 11), (50, 25)])
def test_the_p_of_two_shares_is_scipys(sizes: tuple[int, int]) -> None:
    trials, others = sizes
    for hits in range(0, trials + 1, max(1, trials // 8)):
        for other_hits in range(0, others + 1, max(1, others // 8)):
            table = [[hits, trials - hits], [other_hits, others - other_hits]]
            found = fisher(hits, trials, other_hits, others)
            assert found == pytest.approx(float(fisher_exact(table).pvalue), abs=1e-9), table


@pytest.mark.parametrize(("hits", "trials"), [(-1, 3), (4, 3), (0, 0), (1, 201)])
def test_what_is_no_share_is_refused(hits: int, trials: int) -> None:
    with pytest.raises(ValueError, match=f"{hits} of {trials}"):
        clopper_pearson(hits, trials)
