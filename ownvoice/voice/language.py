"""Whether a text can be measured at all: enough words, and English."""

from __future__ import annotations

from collections.abc import Sequence

from ownvoice.voice.mask import MaskedSentence, function_word_share, is_masked_word, mask_text

# One text of 40 words is told from another author's 3 times in 4, six together 9 in 10; with 20 words 2 in 3 and 8 in
# 10 (characters and shape, 3 references, 20 authors: AUC .75, .91, .68, .82).
FEWEST_WORDS = 40
# First 40 words of 425 English texts of two registers: .30 to .70. German, French, Spanish, Italian, Dutch and
# Portuguese prose: .02 to .14.
SMALLEST_SHARE = 0.25


def why_unreadable(text: str) -> str | None:
    """None for a text that can be measured; else the reason in words."""
    return why_unscorable(mask_text(text))


def why_unscorable(sentences: Sequence[MaskedSentence]) -> str | None:
    """As `why_unreadable`, for a text that is masked already."""
    words = sum(1 for sentence in sentences for token in sentence if is_masked_word(token))
    if not words:
        return "empty: no word in it"
    if words < FEWEST_WORDS:
        return f"too short: {words} word{'s' * (words > 1)}; the measures need {FEWEST_WORDS}"
    share = function_word_share(sentences)
    if share < SMALLEST_SHARE:
        return (
            f"not English prose: {share:.0%} of its words are English function words, "
            f"where English prose has 30% or more; the measures know English only"
        )
    return None
