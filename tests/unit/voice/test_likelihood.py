"""The contrast between what the author's essays gained and what others' did: its figures, its interval, few essays."""

from __future__ import annotations

import math
import random

import pytest

from ownvoice.voice.likelihood import BLOCK_TOKENS, EssayLikelihood, contrast, expanded_tail, student_quantile

BLOCKS = 9
Pairs = tuple[list[EssayLikelihood], list[EssayLikelihood]]


def essays(*gains: float, last_block: int = BLOCK_TOKENS, noise: random.Random | None = None) -> Pairs:
    """An essay for each gain, in bits a token, under a first model and a second."""
    sizes = [BLOCK_TOKENS] * (BLOCKS - 1) + [last_block]
    before, after = [], []
    for number, gain in enumerate(gains):
        won = [size * (gain + (noise.gauss(0, 0.06) if noise else 0.0)) * math.log(2) for size in sizes]
        before.append(_essay(number, [3.0 * size for size in sizes], sum(sizes)))
        after.append(_essay(number, [3.0 * size - nats for size, nats in zip(sizes, won, strict=True)], sum(sizes)))
    return before, after


def _essay(number: int, blocks: list[float], tokens: int) -> EssayLikelihood:
    return EssayLikelihood(id=f"e{number}", tokens=tokens, nats=sum(blocks), block_nats=tuple(blocks))


def test_gains_are_bits_a_token_and_their_difference_is_the_contrast() -> None:
    found = contrast(*essays(0.3, 0.1), *essays(0.1, 0.0, 0.05))
    assert found is not None
    assert [found.own_gain, found.control_gain] == pytest.approx([0.2, 0.05])
    assert found.mean == pytest.approx(0.15)
    assert found.generic_share == pytest.approx(0.25)
    assert (found.own_essays, found.control_essays, found.reason) == (2, 3, "")


def test_a_long_essay_weighs_by_its_tokens_and_a_short_last_block_counts_as_short() -> None:
    found = contrast(*essays(0.2, 0.2, last_block=7), *essays(0.0, 0.0))
    assert found is not None
    assert found.own_gain == pytest.approx(0.2)
    assert found.low == pytest.approx(0.2)
    assert found.high == pytest.approx(0.2)


def test_the_interval_is_the_same_every_time_and_wider_for_essays_that_differ() -> None:
    alike = contrast(*essays(0.15, 0.16, 0.14), *essays(0.05, 0.04, 0.06))
    apart = contrast(*essays(0.0, 0.15, 0.3), *essays(0.05, 0.04, 0.06))
    assert alike is not None
    assert apart is not None
    assert alike == contrast(*essays(0.15, 0.16, 0.14), *essays(0.05, 0.04, 0.06))
    assert alike.low is not None
    assert alike.high is not None
    assert apart.low is not None
    assert 0 < alike.low < 0.1 < alike.high
    assert apart.low < 0


def test_the_interval_of_three_held_out_essays_holds_the_truth() -> None:
    chance, held = random.Random(3), 0
    for _ in range(60):
        own = essays(*(chance.gauss(0.15, 0.04) for _ in range(3)), noise=chance)
        control = essays(*(chance.gauss(0.05, 0.04) for _ in range(8)), noise=chance)
        found = contrast(*own, *control, draws=1000)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.1 <= found.high
    assert held >= 54  # 95% of 60 is 57, and 54 is two standard deviations below


@pytest.mark.parametrize(
    ("own", "control", "whose"), [((0.2,), (0.1, 0.0), "author"), ((0.2, 0.1), (0.1,), "other authors")]
)
def test_one_essay_gives_figures_without_an_interval_and_says_why(
    own: tuple[float, ...], control: tuple[float, ...], whose: str
) -> None:
    found = contrast(*essays(*own), *essays(*control))
    assert found is not None
    assert math.isfinite(found.mean)
    assert (found.low, found.high) == (None, None)
    assert found.reason.startswith("1 ")
    assert whose in found.reason


def test_where_nothing_was_gained_there_is_no_generic_share() -> None:
    for gain in (0.0, -0.2):
        found = contrast(*essays(gain, gain), *essays(0.1, 0.1))
        assert found is not None
        assert found.generic_share is None


def test_without_essays_there_is_no_contrast() -> None:
    assert contrast([], [], *essays(0.1)) is None
    assert contrast(*essays(0.1), [], []) is None


def test_two_models_are_compared_on_the_same_essays() -> None:
    before, _ = essays(0.1, 0.2)
    with pytest.raises(ValueError, match="same essays"):
        contrast(before, before[:1], *essays(0.1))


@pytest.mark.parametrize(("freedom", "quantile"), [(3, 3.1824), (5, 2.5706), (11, 2.2010), (1000, 1.9623)])
def test_the_quantile_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert student_quantile(freedom) == pytest.approx(quantile, rel=0.01)


def test_fewer_to_draw_from_widens_the_interval_and_many_leave_it() -> None:
    assert expanded_tail(6, 5) < expanded_tail(12, 11) < expanded_tail(100_000, 99_999)
    assert expanded_tail(100_000, 99_999) == pytest.approx(0.025, abs=1e-5)
