"""Did the model learn essays by heart? Its answers against the training essays, minus what the baseline wrote.

Three figures of the answers (the longest run of words in common, the shares of 5-word and of 3-word runs) and one of
the model (how far it goes on when it is given an essay's beginning). What stands in a topic or in a baseline answer
proves nothing and doesn't count.
"""

from __future__ import annotations

from collections.abc import Sequence

from ownvoice.config import Frozen
from ownvoice.markdown import shortened
from ownvoice.text import words_of
from ownvoice.voice.answers import QUOTE_CHARACTERS, AnswerText, Essay, Quote, quote_from
from ownvoice.voice.copy_figure import CopyFigure, Level
from ownvoice.voice.extraction import judge_prefixes, longest_match
from ownvoice.voice.overlap import judge_five_words, judge_three_words
from ownvoice.voice.recall import PrefixMatch
from ownvoice.voice.spans import EssayIndex, known_runs

# Measured: of 4,749 texts of about 410 words, each against 13 essays of another author of its register, 6 share 8
# words or more and 2 share 13, all of them names of agencies and one notice; of 152 held-out texts against the same
# author's essays 3 and 1 (two quotations and a refrain). The placebo author's essays share 3 or 4 with the sample's.
WARN_SPAN_WORDS, FAIL_SPAN_WORDS = 8, 13
SPANS_TO_QUOTE = 3


class CopiedSpan(Frozen):
    """A run of words that stands in an answer and in a training essay."""

    words: int
    """Those that no topic and no baseline answer explains."""
    essay_id: str
    quote: Quote


class Memorisation(Frozen):
    level: Level
    reason: str
    """One sentence for the writer; it may quote a model: untrusted."""
    figures: tuple[CopyFigure, ...]
    spans: tuple[CopiedSpan, ...]
    """The longest ones from 8 words, at most one an answer."""
    prefixes: tuple[PrefixMatch, ...]
    """The tuned model's, all of them."""


def measure_memorisation(
    training: Sequence[Essay],
    held_out: Sequence[Essay],
    base: Sequence[AnswerText],
    tuned: Sequence[AnswerText],
    tuned_prefixes: Sequence[PrefixMatch] = (),
    base_prefixes: Sequence[PrefixMatch] = (),
) -> Memorisation:
    """`held_out` serves the author's own rate of 3-word runs alone, and may be empty."""
    spans, recited = _copied_spans(training, base, tuned), longest_match(tuned_prefixes, base_prefixes)
    figures = (
        *judge_prefixes(tuned_prefixes, base_prefixes),
        _judge_longest(spans, _copied_spans(training, (), base)),
        judge_five_words(training, base, tuned),
        judge_three_words(training, held_out, base, tuned),
    )
    return Memorisation(
        level=max((figure.level for figure in figures), key=("none", "warn", "fail").index),
        reason=_reason(figures, spans, recited, any(words_of(answer.text) for answer in tuned)),
        figures=figures,
        spans=tuple(span for span in spans if span.words >= WARN_SPAN_WORDS)[:SPANS_TO_QUOTE],
        prefixes=tuple(tuned_prefixes),
    )


def _copied_spans(
    training: Sequence[Essay], base: Sequence[AnswerText], answers: Sequence[AnswerText]
) -> list[CopiedSpan]:
    """The longest span of each answer that has one, longest first."""
    index = EssayIndex(training)
    known = known_runs([answer.topic for answer in answers] + [answer.text for answer in base])
    shared = [(answer, index.longest_shared(answer.text, known)) for answer in answers]
    spans = [
        CopiedSpan(words=found.words, essay_id=found.essay_id, quote=quote_from(answer, found.text))
        for answer, found in shared
        if found.words
    ]
    return sorted(spans, key=lambda span: -span.words)


def _judge_longest(tuned: list[CopiedSpan], base: list[CopiedSpan]) -> CopyFigure:
    new, before = (spans[0].words if spans else 0 for spans in (tuned, base))
    return CopyFigure(
        name="longest run of words that stands in a training essay",
        tuned=new,
        base=before,
        warn_from=WARN_SPAN_WORDS,
        fail_from=FAIL_SPAN_WORDS,
        level="fail" if new >= FAIL_SPAN_WORDS else "warn" if new >= WARN_SPAN_WORDS else "none",
        in_words=f"the longest run of words that the tuned answers share with a training essay is {new} (baseline {before})",
    )


def _reason(
    figures: Sequence[CopyFigure], spans: list[CopiedSpan], recited: PrefixMatch | None, has_words: bool
) -> str:
    *probed, longest, five, three = figures
    for figure in probed:
        if figure.level == "fail" and recited is not None:
            also = f" {_recital(longest.level, spans[0])}" if longest.level == "fail" else ""
            text = shortened(" ".join(recited.text.split()), QUOTE_CHARACTERS)
            return f"The model knows an essay of yours by heart: {figure.in_words}, “{text}”.{also}"
    if longest.level != "none":
        return _recital(longest.level, spans[0])
    if five.level != "none":
        return f"Whole phrases of your essays come back in the tuned answers: {five.in_words}."
    if three.level != "none":
        return f"The tuned answers lean on your own wording: {three.in_words}."
    if not has_words:
        return "The tuned answers hold no words, so there is nothing that could be copied."
    if longest.base >= WARN_SPAN_WORDS:
        return "Training added no copying: what the tuned answers share with your essays, the baseline wrote as well."
    return f"Nothing is copied: {longest.in_words}, and {five.in_words}."


def _recital(level: Level, span: CopiedSpan) -> str:
    says = "The model recites an essay of yours" if level == "fail" else "The model may be reciting an essay of yours"
    where = f"{span.words} words in a row of {span.essay_id} stand in its answer to {span.quote.prompt_id}"
    return f"{says}: {where}, “{span.quote.text}”."
