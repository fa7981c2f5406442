"""Front matter as people write it, and as nobody does who means well."""

from __future__ import annotations

import datetime

import pytest

from ownvoice.front_matter import FrontMatterError, load_front_matter

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def test_values_are_text_numbers_dates_and_lists() -> None:
    text = "topic: Rain\ntier: 1\ndate: 2024-05-06\ntags: [a, b]\nmore:\n  deep: [[1]]\n"
    assert load_front_matter(text) == {
        "topic": "Rain",
        "tier": 1,
        "date": datetime.date(2024, 5, 6),
        "tags": ["a", "b"],
        "more": {"deep": [[1]]},
    }
    assert load_front_matter("") is None


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (BOMB, 0, "anchors and aliases"),
        ("topic: Rain\na: *b\n", 1, "anchors and aliases"),
        ("topic: Rain\n<<: {tier: 1}\n", 1, "merged keys"),
        ("topic: Rain\ntier: 1\ntopic: Snow\n", 2, "'topic' stands in it twice"),
        ("topic: " + "[" * 9 + "]" * 9, 0, "more than 8 levels"),
        ("topic: " + "[" * 5000 + "]" * 5000, 0, "more than 8 levels"),
        ("topic: " + "{a: " * 5000, 0, "more than 8 levels"),
        ("topic: !!python/object/apply:os.system [echo]\n", 0, "could not determine a constructor"),
        ("topic: Home: a story\n", 0, "mapping values are not allowed"),
        ("topic: 2026-13-40\n", 0, "month must be in"),
    ],
)
def test_what_is_no_plain_front_matter_is_refused_at_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        load_front_matter(text)
    assert what in caught.value.what
    assert caught.value.line == line
