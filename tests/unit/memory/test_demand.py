"""What is asked of a machine is counted from the essays and the prompts."""

from __future__ import annotations

from ownvoice.memory.demand import answering


def test_what_is_asked_is_as_much_as_there_are_prompts_and_as_long_as_the_longest() -> None:
    asked = answering(["a topic", "another topic of some more words"], max_new_tokens=200)
    assert asked is not None
    assert asked.answers == 2
    assert 200 < asked.tokens < 300
    assert answering([], 200) is None
