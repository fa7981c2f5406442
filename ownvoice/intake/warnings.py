"""Warns of what a writer should look at before she trusts a text to a model: personal data, other people's words, other languages."""

from __future__ import annotations

import re

from ownvoice.intake.clean import SALUTATION, Cleaned
from ownvoice.voice.text import why_unreadable

ADDRESS = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b")
# Seven digits or more with the signs that people put between them; a year or a price has fewer.
TELEPHONE = re.compile(r"(?<![\w.])\+?\d[\d ()/-]{6,}\d(?![\w.])")
DATE = re.compile(r"\d{4}[-/ ]\d{1,2}[-/ ]\d{1,2}|\d{1,2}[-/ ]\d{1,2}[-/ ]\d{4}|\d{4} ?- ?\d{4}")
QUOTED = re.compile(r"[\u201c\"][^\u201c\u201d\"]{20,}[\u201d\"]")
MOSTLY_QUOTATION = 0.5


def warnings_of(each: Cleaned) -> tuple[str, ...]:
    """A sentence for each thing to look at."""
    found = [*_personal(each), *_others(each)]
    if reason := why_unreadable(each.text):
        found.append(f"It is {reason}.")
    return tuple(found)


def _personal(each: Cleaned) -> list[str]:
    found = []
    if addresses := sorted(set(ADDRESS.findall(each.text))):
        found.append(f"It holds a mail address: {', '.join(addresses[:3])}.")
    if numbers := [number for number in TELEPHONE.findall(each.text) if _is_telephone(number)]:
        found.append(f"It holds what looks like a phone number: {', '.join(numbers[:3])}.")
    if names := [text for text in each.paragraphs if SALUTATION.match(text)]:
        found.append(f"It names somebody in a salutation: {names[0]}")
    return found


def _is_telephone(number: str) -> bool:
    return sum(map(str.isdigit, number)) >= 7 and not DATE.fullmatch(number.strip())


def _others(each: Cleaned) -> list[str]:
    """Words that are not hers teach the model somebody else."""
    quotes = [block.text for block in each.document.blocks if block.kind == "quote"]
    quotes += QUOTED.findall("\n\n".join(text for text in each.paragraphs if text not in quotes))
    share = sum(len(quote.split()) for quote in quotes) / max(1, each.words)
    return [f"{share:.0%} of its words are quotation."] if share >= MOSTLY_QUOTATION else []
