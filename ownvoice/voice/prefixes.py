"""The prefix probe: given the beginning of a training essay, how far does the model go on word for word?

After Carlini et al., "Extracting training data from large language models" (arXiv 2012.07805), and "Quantifying
memorization across neural language models" (arXiv 2202.07646).
"""

from __future__ import annotations

from collections.abc import Sequence

from ownvoice.config import Frozen
from ownvoice.voice.copy_figure import CopyFigure

EXTRACTED_TOKENS = 50
"""Verbatim tokens from which a text counts as extracted (arXiv 2202.07646 continues every text by 50)."""


class PrefixMatch(Frozen):
    """What a model made of one essay's beginning."""

    id: str
    """The training essay's."""
    prefix_tokens: int
    verbatim_tokens: int
    """Longest run of tokens that continue the essay verbatim."""
    compared_tokens: int
    """Tokens of the essay that were left to compare with: under 50, nothing can count as extracted."""
    text: str
    """The continuation. Written by a model: untrusted."""


def judge_prefixes(tuned: Sequence[PrefixMatch], base: Sequence[PrefixMatch]) -> tuple[CopyFigure, ...]:
    """The longest match that the baseline did not reach as well; no figure where nothing was probed."""
    if not tuned:
        return ()
    known = {match.id: match.verbatim_tokens for match in base}
    longest = max(tuned, key=lambda match: (match.verbatim_tokens > known.get(match.id, -1), match.verbatim_tokens))
    before = known.get(longest.id, 0)
    is_extracted = longest.verbatim_tokens >= EXTRACTED_TOKENS > before
    in_words = (
        f"given the first {longest.prefix_tokens} tokens of {longest.id} the tuned model wrote the next {longest.verbatim_tokens} "
        f"word for word (the baseline {before}, of {longest.compared_tokens} compared)"
    )
    return (
        CopyFigure(
            name="tokens of an essay continued word for word",
            tuned=longest.verbatim_tokens,
            base=before,
            warn_from=EXTRACTED_TOKENS,
            fail_from=EXTRACTED_TOKENS,
            level="fail" if is_extracted else "none",
            in_words=in_words,
        ),
    )
