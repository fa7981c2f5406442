"""The picture of the VOICE axis."""

from __future__ import annotations

from xml.etree import ElementTree

from ownvoice.report.pictures.voice_axis import draw_voice_axis
from ownvoice.voice.results import Distances, Interval, Others, ScoredAnswer, VoiceFigures

SVG = "{http://www.w3.org/2000/svg}"


def answers(*voices: float | None) -> tuple[ScoredAnswer, ...]:
    return tuple(ScoredAnswer(prompt_id=f"p{i}", sample=0, voice=voice, topic=None) for i, voice in enumerate(voices))


def figures(placebo: tuple[ScoredAnswer, ...] | None = None, distances: Distances | None = None) -> VoiceFigures:
    return VoiceFigures(
        words=150,
        references=13,
        others=Others(background="modern <post>", authors=10, voices=(-1.5, 0.2, 1.1)),
        held_out=(2.0, 2.4),
        baseline=answers(-0.5, None),
        tuned=answers(0.4, 0.6),
        placebo=placebo,
        distances=distances,
        topic=None,
    )


def drawn(figures: VoiceFigures) -> ElementTree.Element:
    return ElementTree.fromstring(draw_voice_axis(figures))


def test_every_scored_text_is_a_dot_within_the_picture() -> None:
    picture = drawn(figures())
    dots = picture.findall(f"{SVG}circle")
    assert len(dots) == 3 + 1 + 2 + 2
    assert all(0 < float(dot.attrib["cx"]) < float(picture.attrib["width"]) for dot in dots)
    assert all(0 < float(dot.attrib["cy"]) < float(picture.attrib["height"]) for dot in dots)


def test_a_text_nearer_to_the_author_lies_further_right() -> None:
    places = [float(dot.attrib["cx"]) for dot in drawn(figures()).findall(f"{SVG}circle")]
    others, baseline, tuned, own = places[:3], places[3:4], places[4:6], places[6:]
    assert others == sorted(others)
    assert others[0] < baseline[0] < others[1] < tuned[0] < tuned[1] < others[2] < own[0] < own[1]


def test_a_placebo_has_a_row_and_an_interval_a_bar() -> None:
    interval = Interval(mean=0.5, low=0.3, high=0.7)
    distances = Distances(
        prompts=6, answers=6, baseline=interval, tuned=interval, tuned_minus_baseline=interval, placebo=interval
    )
    picture = drawn(figures(placebo=answers(0.1), distances=distances))
    words = [text.text for text in picture.findall(f"{SVG}text")]
    assert [name for name in words if name in ("Baseline", "Placebo", "Fine-tuned")] == [
        "Baseline",
        "Placebo",
        "Fine-tuned",
    ]
    assert sum(1 for line in picture.findall(f"{SVG}line") if line.get("stroke-width") == "4") == 3


def test_a_group_without_a_score_has_no_row() -> None:
    words = [text.text for text in drawn(figures(placebo=answers(None))).findall(f"{SVG}text")]
    assert "Placebo" not in words
