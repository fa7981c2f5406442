"""What a worker says is told on without the essays that it was given."""

from __future__ import annotations

import pytest

from ownvoice.worker.discretion import CONCEALED, Discretion

ESSAY = "My mother kept every receipt in the drawer beneath the kettle, and I found them in April."


@pytest.mark.parametrize(
    ("line", "is_told"),
    [
        ("UserWarning: the tokenizer has no padding token", True),
        ("cpu, fp32: this processor has no bf16 instructions", True),
        (f"can't read {ESSAY!r}", False),
        ("['the', 'drawer', 'beneath', 'the']", False),
        ("THE DRAWER\u2026 BENEATH the \x1b[1mkettle", False),
        ("the drawer beneath", True),
        ("", True),
    ],
)
def test_a_line_with_words_of_an_essay_is_not_told(line: str, is_told: bool) -> None:
    assert Discretion(["Another one.", ESSAY])(line) == (line if is_told else CONCEALED)
