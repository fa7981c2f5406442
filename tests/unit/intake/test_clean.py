"""What is no prose of hers goes, and is listed; what is hers stays to the letter."""

from __future__ import annotations

import pytest

from ownvoice.intake.clean import clean, clean_all
from ownvoice.intake.documents import Block
from tests.unit.intake.documents_for_tests import document, prose


@pytest.mark.parametrize(
    ("block", "what"),
    [
        (Block(kind="code", text="print('hello')"), "a code block"),
        (Block(kind="caption", text="The harbour at night"), "an image caption"),
        (Block(kind="table", text="a | b"), "a table"),
        (Block(kind="heading", text="Part two"), "a heading"),
        (Block(kind="paragraph", text="Home | About | Archive | Contact"), "navigation"),
        (Block(kind="paragraph", text="Posted in Uncategorized on May 3"), "navigation"),
        (Block(kind="paragraph", text="Thanks for reading! Subscribe for free to get new posts."), "a subscribe line"),
        (Block(kind="paragraph", text="© 2024 Anna Berg. All rights reserved."), "a subscribe line"),
    ],
)
def test_what_is_no_prose_goes_and_is_listed(block: Block, what: str) -> None:
    found = clean(document("a.md", *prose(1), block))
    assert found.paragraphs == tuple(prose(1))
    assert [(each.what, each.text) for each in found.removed] == [(what, block.text)]


def test_an_essay_that_speaks_of_newsletters_keeps_its_words() -> None:
    paragraph = f"I once wrote a newsletter that nobody wanted to subscribe to, and {prose(2)[0]}"
    assert clean(document("a.md", paragraph)).paragraphs == (paragraph,)


def test_the_title_at_the_top_goes_without_a_word() -> None:
    found = clean(document("a.md", Block(kind="heading", text="The drawer"), *prose(1), title="The drawer"))
    assert found.removed == ()
    assert found.paragraphs == tuple(prose(1))


def test_of_a_mail_what_she_wrote_is_left() -> None:
    mail = document(
        "sent.mbox: message 1",
        "Dear Ruth,",
        *prose(3),
        Block(kind="quote", text="> and how is the boat?"),
        "All the best,",
        "-- ",
        "Anna Berg, +44 20 7946 0958",
        form="mail",
    )
    found = clean(mail)
    assert found.paragraphs == tuple(prose(3))
    assert [each.what for each in found.removed] == [
        "a salutation",
        "a quoted reply",
        "a closing",
        "a signature",
        "a signature",
    ]


def test_what_stands_below_a_quoted_header_is_somebody_elses() -> None:
    mail = document("1.eml", *prose(3), "On Mon, 3 May 2024 at 10:00, Ruth wrote:", *prose(4), form="mail")
    assert clean(mail).paragraphs == tuple(prose(3))


def test_a_refrain_that_ends_every_essay_is_taken_out_of_all_and_listed() -> None:
    refrain = "Until next week, keep the kettle on and the door open."
    found = clean_all([document(f"{i}.md", *prose(i), refrain) for i in range(5)])
    assert all(each.paragraphs == tuple(prose(i)) for i, each in enumerate(found))
    assert [each.removed[-1].what for each in found] == ["a refrain of yours"] * 5


def test_a_sentence_that_two_essays_share_is_no_refrain() -> None:
    shared = "I have never liked the sea."
    found = clean_all([document(f"{i}.md", *prose(i), *([shared] if i < 2 else [])) for i in range(5)])
    assert shared in found[0].paragraphs
