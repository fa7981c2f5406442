"""What is prose, what is none, and what makes a verdict on prose less certain."""

from __future__ import annotations

import textwrap

import pytest

from ownvoice.voice.prose import caveats_of, is_verse, quoted_share, why_no_prose
from tests.unit.voice.answers_for_tests import essays_of

SWANS = (
    "We moved to the house by the river in the spring that my brother broke his arm, and nobody in the family ever "
    "agreed about whose idea it had been to leave the flat above the bakery. My mother said it was the light. My father "
    "said it was the rent. I was seven, and I thought that we had gone because of the swans, who came up the bank in the "
    "evening and stood about like aunts."
)
LADDER = (
    "The ladder belonged to the man before us. He had left it in the shed with a note that said it was sound, which my "
    "father read as a challenge; he tied it to the gutter that same week, and it held him, and it went on holding him for "
    "thirty years, until the winter when it was needed and was not there."
)
LOOP = "I went to the river and I looked at the water for a while. " * 8
LIST = "Here is what to do:\n\n" + "\n".join(
    f"{number}. Write down what you have seen on your way home." for number in range(1, 9)
)
BULLETS = "\n".join(
    f"- A walk to the {place} and back before it is dark" for place in ("sea", "mill", "church", "weir")
)
VERSE = """The swans came up the bank
in the evening, when the light
was on the water and the mill
had stopped, and nobody

was in the kitchen but the cat
and the kettle, which had been
about to say something for
an hour, and did not;

and I stood at the window
as one does in a house
that is not yet one's own
and counted what was white."""
CODE = """def swans(river):
    return [bird for bird in river if bird.is_white]

class River:
    def __init__(self, birds):
        self.birds = birds;

import swan from "swans";
const first = swans(river)[0];
let second = swans(river)[1];
return first and second;
"""
GERMAN = (
    "Wir zogen in das Haus am Fluss in dem Frühling, in dem mein Bruder sich den Arm brach, und niemand in der Familie war "
    "sich je einig, wessen Idee es gewesen war, die Wohnung über der Bäckerei zu verlassen. Meine Mutter sagte, es sei das "
    "Licht gewesen. Mein Vater sagte, es sei die Miete gewesen, und der Hund sagte nichts."
)
DIALOGUE = """"Are you coming?" she asked.

"No," I said.

"Why not?"

"Because it is raining, and because you always ask when it rains."

"It isn't raining," said my mother, who had not looked.

"It is."

"Then take the umbrella --"

"I lost it on the bus, the one that you gave me when I was ten."

"You lost it," she said, and shut the door of the kitchen."""
LETTER = """Dear Anna,

I have your letter of the third, and I have read it twice. The roof is mended, and the cat is not.

You ask whether I'm lonely. I am not, or not in the way that you mean; there is the radio, and there is Mr. Pym.

Come in June, if you can.

Your loving

Margaret"""
SHORT_PARAGRAPHS = """I was seven.

Nobody had told me about the swans.

They came up the bank in the evening.

They stood about like aunts.

My brother, who was nine, and who had read a book, said that they could break your arm.

His was broken already.

So I went alone, and I stood where the grass ended, and I waited.

They did not come."""


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LOOP, "no prose: a loop"),
        ("ha" * 200, "no prose: a loop"),
        (LIST, "no prose: a list"),
        (BULLETS, "no prose: a list"),
        (VERSE, "no prose: verse"),
        (CODE, "no prose: no text"),
        ("= 12 + 30 * (4 / 2) ** 3 | 55 | 8.1 | 19 |\n" * 5, "no prose: no text"),
        ("https://example.org/swans https://example.org/mill", "no prose: links only"),
        ("", "empty: no word in it"),
        ("The swans came up the bank.", "too short: 6 words"),
        (" ".join(SWANS.split()[:39]), "too short: 39 words"),
        (GERMAN, "not English prose"),
    ],
    ids=lambda value: value[:20],
)
def test_what_holds_no_voice_is_no_prose_and_says_why(text: str, reason: str) -> None:
    found = why_no_prose(text)
    assert found is not None
    assert found.startswith(reason)


@pytest.mark.parametrize(
    "text",
    [
        SWANS,
        f"{SWANS}\n\n{LADDER}",
        " ".join(SWANS.split()[:40]),
        DIALOGUE,
        DIALOGUE.replace('"', "'"),
        DIALOGUE.replace("\n\n", "\n"),
        DIALOGUE.replace('"', "").replace("\n\n", "\n\n\u2014 "),
        LETTER,
        SHORT_PARAGRAPHS,
        f"The house\n\nLeaving\n\n{SWANS}\n\nArriving\n\n{LADDER}",
        f"## Leaving\n\n{SWANS}\n\n## Arriving\n\n{LADDER}",
        f"{SWANS} \u201cIt\u2019s sound,\u201d he\u2019d said \u2014 or so I\u2019d been told\u2026 {LADDER}",
        f"{SWANS}\n\nI had a list:\n\n- the light\n- the rent\n\n{LADDER}\n\nMy brother had none.",
        f"{SWANS}\n\n{VERSE[:60]}\n\n{LADDER}",
    ],
    ids=range(14),
)
def test_prose_is_prose_in_all_its_layouts(text: str) -> None:
    assert why_no_prose(text) is None


@pytest.mark.parametrize("columns", [55, 60, 72, 80, 100])
def test_prose_that_is_wrapped_by_hand_is_no_verse(columns: int) -> None:
    for essay in essays_of("sample_author/pairs"):
        wrapped = "\n\n".join(textwrap.fill(paragraph, columns) for paragraph in essay.text.split("\n\n"))
        assert why_no_prose(wrapped) is None, essay.id


def test_an_essay_with_a_title_and_a_heading_over_each_paragraph_is_prose() -> None:
    assert why_no_prose(f"# The house\n\n## Leaving\n\n{SWANS}\n\n## Arriving\n\n{LADDER}") is None


def test_the_authors_of_the_project_write_prose() -> None:
    for author in ("sample_author/pairs", "placebos/woodworker"):
        assert [why_no_prose(essay.text) for essay in essays_of(author)] == [None] * 16


def test_verse_has_six_short_lines_or_more_most_of_the_text_that_break_off() -> None:
    lines = VERSE.splitlines()
    assert is_verse(VERSE)
    assert is_verse("\n".join(lines[:7]))
    assert not is_verse("\n".join(lines[:6]))  # five lines
    assert not is_verse("\n".join(f"{line.rstrip(',;')}." for line in lines if line))
    assert not is_verse(f"{VERSE}\n\n{SWANS}")  # more prose than verse


def test_what_stands_between_double_quotes_is_quoted_whatever_their_form() -> None:
    said = 'She said "I never liked the swans" and left.'  # 5 of 9 words
    assert quoted_share(said) == pytest.approx(5 / 9)
    assert quoted_share(said.replace('"I', "\u201cI").replace('s"', "s\u201d")) == pytest.approx(5 / 9)
    assert quoted_share("She hadn't, she said, 'liked' the swans'.") == 0.0
    assert quoted_share('An inch is 1" and a foot is 12 of them.\n\nSo it is.') == 0.0
    assert quoted_share("") == 0.0


def test_much_quotation_is_a_caveat_and_a_little_is_none() -> None:
    much = caveats_of([SWANS, LADDER], [DIALOGUE, DIALOGUE])
    assert len(much) == 1
    assert "70% of the words of the tuned answers stand between quotation marks" in much[0]
    assert "your essays" not in much[0]
    assert caveats_of([SWANS, LADDER], [DIALOGUE, SWANS, SWANS]) == ()
    assert "your essays" in caveats_of([DIALOGUE], [SWANS])[0]


def test_verse_is_a_caveat_for_each_side_that_has_any() -> None:
    hers, theirs = caveats_of([VERSE, SWANS], [SWANS, VERSE, VERSE])
    assert "1 of 2 of your essays read as verse" in hers
    assert "2 of 3 of the tuned answers read as verse" in theirs


def test_plain_prose_and_no_text_at_all_have_no_caveat() -> None:
    assert caveats_of([SWANS], [LADDER]) == ()
    assert caveats_of([], []) == ()
