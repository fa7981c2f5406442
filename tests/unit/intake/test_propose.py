"""A topic, a tier and a split for each text, each with its reason; the split is nested."""

from __future__ import annotations

import pytest

from ownvoice.essays.split import held_out_of
from ownvoice.intake.clean import clean_all
from ownvoice.intake.documents import Block
from ownvoice.intake.propose import Proposal, propose
from tests.unit.intake.documents_for_tests import document, essays, prose


def proposed(*documents, **settings) -> tuple[Proposal, ...]:  # type: ignore[no-untyped-def]
    return propose(clean_all(documents), **settings).pairs


@pytest.mark.parametrize(
    ("title", "blocks", "form", "topic", "topic_from"),
    [
        ("The drawer", (), "Markdown", "The drawer", "its title"),
        ("The boat, again", (), "mail", "The boat, again", "its subject"),
        ("", (Block(kind="heading", text="On rain"),), "Word", "On rain", "its first heading"),
        ("", ("It rained. Nobody minded.",), "plain text", "It rained.", "its first words"),
    ],
)
def test_the_topic_is_the_best_that_there_is(title, blocks, form, topic, topic_from) -> None:  # type: ignore[no-untyped-def]
    (pair,) = proposed(document("a", *blocks, *prose(1), title=title, form=form))
    assert (pair.topic, pair.topic_from) == (topic, topic_from)


@pytest.mark.parametrize(("words", "tier"), [(100, 4), (300, 2), (600, 1)])
def test_the_tier_goes_by_length(words: int, tier: int) -> None:
    (pair,) = proposed(document("a", *prose(1, words), title="T"))
    assert pair.tier == tier
    assert str(pair.words) in pair.tier_because


@pytest.mark.parametrize(("number", "held_out"), [(1, 0), (2, 1), (7, 1), (8, 2), (13, 2), (30, 5), (100, 8)])
def test_enough_essays_validate(number: int, held_out: int) -> None:
    assert [pair.split for pair in proposed(*essays(number))].count("validation") == held_out


def test_a_text_that_comes_later_moves_none_that_is_there() -> None:
    first = {pair.source: pair.split for pair in proposed(*essays(8))}
    later = propose(clean_all(essays(14)[8:]), there=list(first.values())).pairs
    assert [pair.split for pair in later].count("validation") == held_out_of(14) - held_out_of(8)
    assert {pair.source: pair.split for pair in proposed(*reversed(essays(8)))} == first


def test_a_short_text_is_left_out_with_the_choice_or_kept() -> None:
    short = document("a.md", "It rained on the ferry and nobody minded.", title="Rain")
    found = propose(clean_all([short]))
    assert found.pairs == ()
    assert "--short keep" in found.left_out[0].reason
    assert len(propose(clean_all([short]), too_short="keep").pairs) == 1


def test_a_long_text_is_split_between_paragraphs_and_loses_nothing() -> None:
    long = document("a.md", *prose(1, 2600), title="The long one")
    parts = proposed(long)
    assert len(parts) == 3
    assert "\n\n".join(part.essay for part in parts) == "\n\n".join(prose(1, 2600))
    assert max(part.words for part in parts) < 1.2 * min(part.words for part in parts)
    assert [part.topic for part in parts] == ["The long one, part 1", "The long one, part 2", "The long one, part 3"]
    assert proposed(long, too_long="drop") == ()
    assert len(proposed(long, too_long="keep")) == 1


def test_a_text_in_two_formats_is_one_essay() -> None:
    draft, final = document("draft.txt", *prose(1, 300)), document("final.docx", *prose(1, 400), title="T")
    found = propose(clean_all([draft, final]))
    assert [pair.source for pair in found.pairs] == ["final.docx"]
    assert "the same text as final.docx" in found.left_out[0].reason


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("Write to me at anna@example.org any time.", "a mail address: anna@example.org"),
        ("Call +44 20 7946 0958 before noon.", "a phone number"),
        ("Dear Ruth,", "a salutation"),
        (f"She said \u201c{'and so it went on and on ' * 40}\u201d", "of its words are quotation"),
    ],
)
def test_she_is_warned_of_personal_data_and_of_other_peoples_words(text: str, warning: str) -> None:
    (pair,) = proposed(document("a.md", *prose(1, 100), text, title="T"))
    assert any(warning in each for each in pair.warnings)


@pytest.mark.parametrize("text", ["It was the war of 1914-1918.", "On 2024-05-03 it cost 1,250,000 pounds."])
def test_a_year_or_a_price_is_no_phone_number(text: str) -> None:
    (pair,) = proposed(document("a.md", *prose(1, 100), text, title="T"))
    assert pair.warnings == ()


def test_she_is_warned_of_another_language() -> None:
    french = "Il ne savait pas pourquoi les gens parlaient toujours de la mer, car il ne la voyait jamais. " * 6
    (pair,) = proposed(document("a.md", french, title="T"))
    assert any("not English prose" in each for each in pair.warnings)
