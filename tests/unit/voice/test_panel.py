"""The panel tells an author from others, and answers clearly where it can't."""

from __future__ import annotations

import math
import subprocess
import sys
from statistics import fmean

import pytest

from ownvoice.errors import VoiceError
from ownvoice.voice.background import Background
from ownvoice.voice.panel import Panel
from ownvoice.voice.results import TextScore
from tests.unit.voice.essays_by_rule import FRENCH, essay, library


@pytest.fixture(scope="module")
def background() -> Background:
    made = library()
    return made.background(made.authors)


@pytest.fixture(scope="module")
def panel(background: Background) -> Panel:
    return Panel(background, [essay(0, number) for number in range(4)], words=100)


def test_an_authors_texts_score_above_other_authors(panel: Panel) -> None:
    own = panel.score([essay(0, number) for number in range(20, 26)])
    other = panel.score([essay(3, number) for number in range(20, 26)])
    assert min(voice_of(score) for score in own) > max(voice_of(score) for score in other)
    assert fmean(voice_of(score) for score in own) > 1


def test_other_authors_lie_about_zero(panel: Panel) -> None:
    assert fmean(panel.others.voices) == pytest.approx(0, abs=1e-9)
    assert panel.others.authors == 5
    assert len(panel.others.voices) == 20


def test_other_authors_score_the_same_whatever_is_scored_before(background: Background) -> None:
    references = [essay(0, 1), essay(0, 2)]
    before, after = (Panel(background, references, words=100) for _ in range(2))
    after.score([essay(0, 9), essay(2, 9)])
    assert after.others == before.others


def test_held_out_essays_are_scored_without_themselves(panel: Panel) -> None:
    held_out = panel.held_out()
    as_if_unseen = panel.score(panel.references)
    assert len(held_out) == 4
    for alone, seen in zip(held_out, as_if_unseen, strict=True):
        assert 0 < voice_of(alone) < voice_of(seen)


def test_the_same_seed_gives_the_same_scores_and_another_seed_close_ones(background: Background) -> None:
    references = [essay(0, 1), essay(0, 2)]
    texts = [essay(0, 9), essay(2, 9)]
    first, again, other = (Panel(background, references, 100, seed=seed).score(texts) for seed in (1, 1, 2))
    assert first == again
    assert [s.voice for s in first] != [s.voice for s in other]
    assert [s.voice for s in first] == pytest.approx([s.voice for s in other], abs=0.3)


def test_the_order_of_texts_does_not_change_their_scores(panel: Panel) -> None:
    texts = [essay(0, 9), "", essay(2, 9)]
    assert panel.score(texts)[::-1] == panel.score(texts[::-1])


@pytest.mark.parametrize("text", ["", "Hello", FRENCH, "\ud800" * 300, ";" * 500, "the " * 20])
def test_a_text_that_cannot_be_scored_gives_a_reason_and_no_figure(panel: Panel, text: str) -> None:
    (score,) = panel.score([text])
    assert score.voice is None
    assert score.why_not
    assert score.topic is None


@pytest.mark.parametrize("text", ["the " * 300, "I. " * 300, "of course; " * 200, essay(1, 1, 2000), "a\n" * 100])
def test_a_strange_text_gets_finite_figures(panel: Panel, text: str) -> None:
    (score,) = panel.score([text])
    figures = [score.voice, score.topic, score.grammar and score.grammar.raw, score.shape and score.shape.raw]
    assert all(isinstance(figure, float) and math.isfinite(figure) for figure in figures)


def test_a_single_reference_scores_texts_and_has_no_range_of_its_own(background: Background) -> None:
    panel = Panel(background, [essay(0, 1)], words=100)
    own, other = panel.score([essay(0, 2), essay(4, 2)])
    assert voice_of(own) > voice_of(other)
    (held_out,) = panel.held_out()
    assert held_out.voice is None
    assert "only essay" in (held_out.why_not or "")


def test_references_that_cannot_be_measured_are_named(background: Background) -> None:
    panel = Panel(background, [essay(0, 1), FRENCH, essay(0, 2)], words=100)
    assert [bool(reason) for reason in panel.why_not] == [False, True, False]
    assert [score.voice is None for score in panel.held_out()] == [False, True, False]
    with pytest.raises(VoiceError, match=r"reference 1: empty.*\nreference 2: not English"):
        Panel(background, ["", FRENCH], words=100)
    with pytest.raises(VoiceError, match="no reference"):
        Panel(background, [], words=100)


def test_nothing_to_score_is_no_error(panel: Panel) -> None:
    assert panel.score([]) == ()


def test_measuring_imports_neither_torch_nor_scikit_learn_nor_prefect() -> None:
    program = (
        "import sys, ownvoice.voice.panel, ownvoice.voice.library\n"
        "print([name for name in ('torch', 'sklearn', 'prefect', 'transformers') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def voice_of(score: TextScore) -> float:
    assert score.voice is not None, score.why_not
    return score.voice
