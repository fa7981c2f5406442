"""How an error tells what was found."""

from __future__ import annotations

from ownvoice.errors import shown_names


def test_of_many_names_ten_are_shown() -> None:
    assert shown_names([f"t{n}" for n in range(12)]).endswith("t9 and 2 more")
