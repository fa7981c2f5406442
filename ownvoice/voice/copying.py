"""Measures whether a model learned essays by heart: its answers against the training essays, less what the baseline wrote.

Three figures of the answers (the longest run of words in common, the shares of 5-word and of 3-word runs) and one of
the model (how far it goes on when it is given an essay's beginning). What stands in a topic or in a baseline answer
proves nothing and doesn't count; nor does what stands in many of the essays, a refrain or a sign-off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import mean

from ownvoice.frozen import Frozen
from ownvoice.markdown import shortened
from ownvoice.text import Words, first_words, plain_word, runs_of, word_places, words_of
from ownvoice.voice.copied import refrains
from ownvoice.voice.recall import PrefixMatch, judge_prefixes, longest_match
from ownvoice.voice.results import QUOTE_CHARACTERS, AnswerText, CopyFigure, Essay, Level, Quote, quote_from

KNOWN_RUN_WORDS = 5
"""Five words in a row of the topic or of a baseline answer explain themselves; shorter runs are in any prose. The
check of the essays draws the same line: no topic of five words may stand in an essay."""


class Shared(Frozen):
    """The longest run of an answer's words that stands in an essay too."""

    words: int = 0
    """Words of the run that neither the topic nor a baseline answer explains; runs under two words are none."""
    text: str = ""
    """The run as it stands in the answer."""
    essay_id: str = ""


class EssayIndex:
    """Every place of every pair of words in the essays: 60 answers of 300 words against 13 essays take 30 ms."""

    def __init__(self, essays: Sequence[Essay]) -> None:
        self._ids = [essay.id for essay in essays]
        self._words = [words_of(essay.text) for essay in essays]
        self._places: dict[Words, list[tuple[int, int]]] = defaultdict(list)
        for number, words in enumerate(self._words):
            for place, pair in enumerate(runs_of(words, 2)):
                self._places[pair].append((number, place))

    def longest_shared(self, text: str, known: frozenset[Words] = frozenset()) -> Shared:
        """The run with the most words outside `known`, which holds runs of words (see `known_runs`)."""
        places = word_places(text)
        words = [plain_word(place[0]) for place in places]
        explained = _count_explained(words, known)
        best = Shared()
        for start, length, number in self._runs(words):
            counted = length - (explained[start + length] - explained[start])
            if counted > best.words:
                quote = text[places[start].start() : places[start + length - 1].end()]
                best = Shared(words=counted, text=quote, essay_id=self._ids[number])
        return best

    def _runs(self, words: list[str]) -> Iterable[tuple[int, int, int]]:
        """(start, length, essay) of every run in common that can't be made longer."""
        for start, pair in enumerate(runs_of(words, 2)):
            for number, place in self._places.get(pair, ()):
                essay = self._words[number]
                if start and place and words[start - 1] == essay[place - 1]:
                    continue  # a later part of a run that was seen from its beginning
                length = 2
                while (
                    start + length < len(words)
                    and place + length < len(essay)
                    and words[start + length] == essay[place + length]
                ):
                    length += 1
                yield start, length, number


def known_runs(texts: Iterable[str]) -> frozenset[Words]:
    """Runs of five words that prove no copying, because a topic or a baseline answer holds them."""
    return frozenset(run for text in texts for run in runs_of(words_of(text), KNOWN_RUN_WORDS))


def _count_explained(words: list[str], known: frozenset[Words]) -> list[int]:
    """Words before each place that lie in a known run; one entry more than there are words."""
    explained = [False] * len(words)
    for start, run in enumerate(runs_of(words, KNOWN_RUN_WORDS)):
        if run in known:
            explained[start : start + KNOWN_RUN_WORDS] = [True] * KNOWN_RUN_WORDS
    counts = [0]
    for is_explained in explained:
        counts.append(counts[-1] + is_explained)
    return counts


# Measured: of 4,749 texts of about 410 words, each against 13 essays of another author of its register, 99% share
# under 0.26% of their 5-word runs and 5 texts more than 1%.
WARN_FIVE_WORD_SHARE = 0.01
# Measured with 150 words against 13 essays: 15 authors share 1.2 to 9% of 3-word runs with their own other essays,
# others of the register 0.7 to 2.7% and never twice the own rate. With 3 essays the own rate can be 0, and 2 of 23
# authors had others above twice of it: hence twice the larger of the own rate and the baseline's.
WARN_THREE_WORD_TIMES = 2.0
UNRELATED_THREE_WORD_SHARE = 0.009
"""What unrelated texts shared at most with 3 essays: the floor where the own rate and the baseline's are near 0."""
LEAST_THREE_WORD_RUNS = 8
"""Ten words in a row: a smaller count of shared runs is chance, however short the answers."""


def judge_five_words(training: Sequence[Essay], base: Sequence[AnswerText], tuned: Sequence[AnswerText]) -> CopyFigure:
    sources = _sources(training, (*base, *tuned), 5)
    new, before = (_share(_count(answers, sources, 5)) for answers in (tuned, base))
    return CopyFigure(
        name="5-word runs that stand in a training essay",
        tuned=new,
        base=before,
        warn_from=before + WARN_FIVE_WORD_SHARE,
        level="warn" if new - before > WARN_FIVE_WORD_SHARE else "none",
        in_words=f"{new:.1%} of their 5-word runs stand in a training essay (baseline {before:.1%})",
    )


def judge_three_words(
    training: Sequence[Essay], held_out: Sequence[Essay], base: Sequence[AnswerText], tuned: Sequence[AnswerText]
) -> CopyFigure:
    sources = _sources(training, (*base, *tuned), 3)
    counted = _count(tuned, sources, 3)
    new, before = _share(counted), _share(_count(base, sources, 3))
    own = own_rate(training, held_out, _mean_words(tuned))
    warn_from = WARN_THREE_WORD_TIMES * max(own or 0.0, before, UNRELATED_THREE_WORD_SHARE)
    beside = "" if own is None else f", your essays share {own:.1%} with each other"
    return CopyFigure(
        name="3-word runs that stand in a training essay",
        tuned=new,
        base=before,
        own=own,
        warn_from=warn_from,
        level="warn" if new > warn_from and counted[0] >= LEAST_THREE_WORD_RUNS else "none",
        in_words=f"{new:.1%} of their 3-word runs stand in a training essay (baseline {before:.1%}{beside})",
    )


def own_rate(training: Sequence[Essay], held_out: Sequence[Essay], words: int) -> float | None:
    """Share of the 3-word runs in the first `words` words of an essay that the training essays hold.

    Held-out essays are few (3 of the sample author's 16), so each training essay counts too, against the others.
    None where that leaves nothing to compare.
    """
    rest = [(essay, list(training)) for essay in held_out]
    rest += [(essay, [other for other in training if other is not essay]) for essay in training]
    counts = [_count_runs([first_words(essay.text, words)], _runs_in(others, 3), 3) for essay, others in rest if others]
    total = sum(of for _, of in counts)
    return sum(found for found, _ in counts) / total if total else None


def _sources(training: Sequence[Essay], answers: Iterable[AnswerText], length: int) -> frozenset[Words]:
    """The essays' runs without those of the topics, which every answer may repeat, and without refrains."""
    topics = {run for answer in answers for run in runs_of(words_of(answer.topic), length)}
    return _runs_in(training, length) - topics - refrains(training, length)


def _runs_in(essays: Iterable[Essay], length: int) -> frozenset[Words]:
    return frozenset(run for essay in essays for run in runs_of(words_of(essay.text), length))


def _count(answers: Iterable[AnswerText], sources: frozenset[Words], length: int) -> tuple[int, int]:
    return _count_runs((answer.text for answer in answers), sources, length)


def _count_runs(texts: Iterable[str], sources: frozenset[Words], length: int) -> tuple[int, int]:
    """How many runs stand in the sources, and of how many."""
    runs = [run for text in texts for run in runs_of(words_of(text), length)]
    return sum(1 for run in runs if run in sources), len(runs)


def _share(counted: tuple[int, int]) -> float:
    return counted[0] / max(1, counted[1])


def _mean_words(answers: Sequence[AnswerText]) -> int:
    """At least 50 words, about three sentences: the own rate of a few words would be noise."""
    return max(50, round(mean(len(words_of(answer.text)) for answer in answers))) if answers else 50


# Measured: of 4,749 texts of about 410 words, each against 13 essays of another author of its register, 6 share 8
# words or more and 2 share 13, all of them names of agencies and one notice; of 152 held-out texts against the same
# author's essays 3 and 1 (two quotations and a refrain). The placebo author's essays share 3 or 4 with the sample's.
WARN_SPAN_WORDS, FAIL_SPAN_WORDS = 8, 13
SPANS_TO_QUOTE = 3
LONGEST_RUN = "longest run of words that stands in a training essay"


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

    @property
    def longest_run(self) -> int:
        """Words in a row that an answer shares with a training essay, where no topic and no baseline answer explains them."""
        return next((int(figure.tuned) for figure in self.figures if figure.name == LONGEST_RUN), 0)


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
    known |= refrains(training, KNOWN_RUN_WORDS)
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
        name=LONGEST_RUN,
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
