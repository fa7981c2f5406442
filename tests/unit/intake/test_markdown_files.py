"""Markdown gives its prose; its front matter tells title, subtitle, date and tags."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownvoice.paths import ROOT
from tests.unit.intake.readings_for_tests import PROSE, document_of, kinds_and_texts, reason_of, texts


def test_front_matter_tells_what_the_text_is(tmp_path: Path) -> None:
    front = "---\ntitle: On roofs\nsubtitle: And rain\ndate: 2020-01-02\ntags: [roof, rain]\nlayout: post\n---\n"
    document = document_of(tmp_path, "a.md", f"{front}\n{PROSE}\n")
    assert (document.title, document.subtitle, document.date) == ("On roofs", "And rain", "2020-01-02")
    assert (document.tags, document.format, texts(document)) == (("roof", "rain"), "Markdown", [PROSE])


def test_the_topic_of_a_pair_file_is_its_title() -> None:
    from ownvoice.intake.sources import read_sources

    (document,) = read_sources([ROOT / "data/placebos/woodworker/16-film-critique.md"]).documents
    assert (document.title, document.format) == ("A critique of a historical drama", "pair file")
    assert document.blocks[0].text.startswith("The film society in Saltby")


def test_a_text_that_begins_with_a_rule_has_no_front_matter(tmp_path: Path) -> None:
    document = document_of(tmp_path, "a.md", f"---\n\n{PROSE}\n\n---\n\nHe said: yes.\n")
    assert kinds_and_texts(document) == [
        ("rule", ""),
        ("paragraph", PROSE),
        ("rule", ""),
        ("paragraph", "He said: yes."),
    ]


def test_html_inside_markdown_keeps_its_text(tmp_path: Path) -> None:
    document = document_of(tmp_path, "a.md", f"<p>{PROSE}</p>\n\n<!-- a note -->\n\nOne<br>two.\n")
    assert texts(document) == [PROSE, "One two."]


def test_sums_of_money_are_no_formula(tmp_path: Path) -> None:
    assert texts(document_of(tmp_path, "a.md", "I paid $5, he paid 10$.\n")) == ["I paid $5, he paid 10$."]


@pytest.mark.parametrize(
    ("front", "reason"),
    [
        ("title: Roofs: a history", "a value with a colon"),
        ("title: [" + "[" * 5000, "can't be read"),
        ("title: " + "[" * 50_000, "too long"),
        ("a: &a {b: c}\nd:\n  <<: [*a, *a]", "anchors and aliases"),
        ("date: 2026-13-40", "can't be read"),
    ],
)
def test_front_matter_that_can_t_be_read_is_told(tmp_path: Path, front: str, reason: str) -> None:
    assert reason in reason_of(tmp_path, "a.md", f"---\n{front}\n---\n\n{PROSE}\n")


def test_front_matter_that_is_not_closed_is_told(tmp_path: Path) -> None:
    assert "put a line --- below it" in reason_of(tmp_path, "a.md", f"---\ntitle: Roofs\n\n{PROSE}\n")
