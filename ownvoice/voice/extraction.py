"""Was an essay extracted: did a model that was given its beginning write out the rest?

After Carlini et al., "Extracting training data from large language models" (arXiv 2012.07805), and "Quantifying
memorization across neural language models" (arXiv 2202.07646), minus what the baseline writes out as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from ownvoice.voice.copy_figure import CopyFigure
from ownvoice.voice.recall import PrefixMatch

EXTRACTED_TOKENS = 50
"""Tokens word for word from which a text counts as extracted (arXiv 2202.07646 compares 50)."""


def judge_prefixes(tuned: Sequence[PrefixMatch], base: Sequence[PrefixMatch]) -> tuple[CopyFigure, ...]:
    """The longest match that the baseline did not reach as well; no figure where nothing was probed."""
    longest = longest_match(tuned, base)
    if longest is None:
        return ()
    before = next((match.verbatim_tokens for match in base if match.id == longest.id), 0)
    is_extracted = longest.verbatim_tokens >= EXTRACTED_TOKENS > before
    in_words = (
        f"given the first {longest.prefix_tokens} tokens of {longest.id} the tuned model wrote out "
        f"{longest.verbatim_tokens} more word for word (the baseline {before}; {longest.compared_tokens} were compared)"
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


def longest_match(tuned: Sequence[PrefixMatch], base: Sequence[PrefixMatch]) -> PrefixMatch | None:
    """The essay that the tuned model continues furthest, of those where it goes further than the baseline."""
    known = {match.id: match.verbatim_tokens for match in base}
    return max(
        tuned,
        key=lambda match: (match.verbatim_tokens > known.get(match.id, -1), match.verbatim_tokens),
        default=None,
    )
