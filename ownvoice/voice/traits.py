"""Compares the traits of the author's profile in the tuned answers with her own range.

The range is the 10th to the 90th percentile over the essays, cut in pieces as long as the answers are: a rate in 150
words swings more than in 500, and even one essay gives three pieces.

Measured on 17 authors, each text against the rest of its author's (12 traits, 12 pieces of 150 words as answers): 86%
'there', 9% 'not clear', 5% told apart by mistake; another author of the register as the answers: 73, 6 and 21%.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from statistics import mean, pstdev, quantiles, variance
from typing import Literal, NamedTuple

from ownvoice.frozen import Frozen
from ownvoice.text import pieces_of, sentences_of, words_of
from ownvoice.voice import habits
from ownvoice.voice.flaws import form_of
from ownvoice.voice.results import AnswerText, Essay, Quote, quote_from

Unit = Literal["per 1,000 words", "% of sentences", "words"]
Habit = Callable[[str], list[str]]


class Measure(NamedTuple):
    """One trait as a function of a text."""

    name: str
    verb: Literal["is", "are"]
    counts: str
    unit: Unit
    value: Callable[[str], float]
    passages: Habit


def _per_thousand(name: str, verb: Literal["is", "are"], counts: str, habit: Habit) -> Measure:
    return Measure(name, verb, counts, "per 1,000 words", lambda text: 1000 * len(habit(text)) / _words(text), habit)


def _of_sentences(name: str, counts: str, habit: Habit) -> Measure:
    return Measure(name, "are", counts, "% of sentences", lambda text: 100 * len(habit(text)) / _sentences(text), habit)


def _words(text: str) -> int:
    return max(1, len(words_of(text)))


def _sentences(text: str) -> int:
    return max(1, len(sentences_of(text)))


def _lengths(text: str) -> list[int]:
    return [len(words_of(sentence)) for sentence in sentences_of(text)] or [0]


def _distinct_names(text: str) -> float:
    return 1000 * len(habits.distinct_names(text)) / _words(text)


def _none(_text: str) -> list[str]:
    return []


MEASURES = (
    _per_thousand("asides", "are", "passages in parentheses", habits.asides),
    _of_sentences("punchlines", "sentences of at most 6 words right after one of at least 20", habits.punchlines),
    Measure("sentence length", "is", "mean words a sentence", "words", lambda text: mean(_lengths(text)), _none),
    Measure(
        "variety of sentence length",
        "is",
        "standard deviation of the words a sentence",
        "words",
        lambda text: pstdev(_lengths(text)),
        _none,
    ),
    _per_thousand("hyperbole", "is", "words of the extreme, such as never, nobody, enormous", habits.hyperbole),
    _per_thousand("ironic quotes", "are", "one to three words quoted that are not speech", habits.ironic_quotes),
    _per_thousand("first person", "is", "I, me, my, mine, myself", habits.first_person),
    _per_thousand("references", "are", "names, by their capitals inside a sentence", habits.references),
    Measure(
        "different references",
        "are",
        "different names, each counted once a text",
        "per 1,000 words",
        _distinct_names,
        habits.references,
    ),
    _of_sentences("questions", "sentences that end in a question mark", habits.questions),
    _per_thousand("dashes", "are", "dashes between words", habits.dashes),
    _per_thousand("contractions", "are", "don't, I'm, they've, it's", habits.contractions),
)
"""Humour is three of them, each a plain count: punchlines (the drop that deflates), hyperbole, ironic quotes."""


Status = Literal["there", "moved towards", "missing", "overdone", "not clear", "not measured"]

LEAST_WORDS = 30
"""A rate in fewer words is all or nothing; such answers, and those that are no prose, carry no traits."""
LEAST_TEXTS = 3
"""Texts on either side from which a habit can be told from an accident."""
STANDARD_ERRORS = 2.0
"""Two means differ from 2 standard errors of their difference: 1 comparison in 20 by chance."""
FAINT = 0.5
"""Under half of the author's mean a trait counts as missing, though single essays may have none of it."""
QUOTES_A_TRAIT = 2


class Trait(Frozen):
    """One trait; every figure is in `unit`."""

    name: str
    counts: str
    """What is counted, in words."""
    unit: Unit
    own_low: float
    own_mean: float
    own_high: float
    own_pieces: int
    base: float | None
    """None where the baseline has too few answers in prose."""
    tuned: float | None
    status: Status
    """How the tuned answers do: 'there' within the author's range, whatever the baseline did; 'not clear' outside of it
    by what so few texts may give by chance."""
    base_status: Status
    quotes: tuple[Quote, ...]
    """From tuned answers, one a prompt."""
    summary: str
    """One sentence for the writer; it quotes nothing."""

    @property
    def is_hers(self) -> bool:
        """Whether it is a habit of the author's: what she hardly ever does is no sign of her."""
        return self.own_high > 0

    @property
    def in_words(self) -> str:
        """How the tuned answers do; what fell is not overdone without saying that it fell."""
        if not self.is_hers:
            return "no habit of yours"
        if self.status == "there":
            return "there, as before" if self.base_status == "there" else "there"
        if self.base is None or self.tuned is None:
            return self.status
        if self.status == "overdone" and self.tuned < self.base:
            return "fell, still overdone"
        if self.status == "missing" and self.tuned > self.base:
            return "rose, still missing"
        return self.status


def measure_traits(
    essays: Sequence[Essay], base: Sequence[AnswerText], tuned: Sequence[AnswerText]
) -> tuple[Trait, ...]:
    """Every trait of the profile; `essays` are all that the author has, held out or not."""
    base, tuned = _prose(base), _prose(tuned)
    length = round(mean(len(words_of(answer.text)) for answer in tuned)) if tuned else LEAST_WORDS
    pieces = [piece for essay in essays for piece in pieces_of(essay.text, length)]
    return tuple(_trait(measure, pieces, base, tuned) for measure in MEASURES)


def _prose(answers: Sequence[AnswerText]) -> list[AnswerText]:
    return [a for a in answers if len(words_of(a.text)) >= LEAST_WORDS and form_of(a.text) == "prose"]


def _trait(measure: Measure, pieces: list[str], base: list[AnswerText], tuned: list[AnswerText]) -> Trait:
    own = [measure.value(piece) for piece in pieces]
    before, new = ([measure.value(answer.text) for answer in answers] for answers in (base, tuned))
    low, high = _range(own)
    status, base_status = _judge(own, new, before), _judge(own, before, [])
    trait = Trait(
        name=measure.name,
        counts=measure.counts,
        unit=measure.unit,
        own_low=low,
        own_mean=mean(own) if own else 0.0,
        own_high=high,
        own_pieces=len(own),
        base=mean(before) if before else None,
        tuned=mean(new) if new else None,
        status=status,
        base_status=base_status,
        quotes=_quotes(measure, tuned),
        summary="",
    )
    return trait.model_copy(update={"summary": _summary(trait, measure.verb)})


def _judge(own: list[float], answers: list[float], before: list[float]) -> Status:
    if len(own) < LEAST_TEXTS or len(answers) < LEAST_TEXTS:
        return "not measured"
    low, high = _range(own)
    reached, wanted = mean(answers), mean(own)
    is_in_range = low <= reached <= high and reached >= FAINT * wanted
    if is_in_range:
        return "there"
    if not _differ(answers, own):
        return "not clear" if high else "there"  # of what the author hardly ever does, one more proves nothing
    if before and abs(reached - wanted) < abs(mean(before) - wanted) and _differ(answers, before):
        return "moved towards"
    return "overdone" if reached > wanted else "missing"


def _differ(one: list[float], other: list[float]) -> bool:
    """Whether two means are more than 2 standard errors apart (Welch 1947: unequal variances)."""
    if min(len(one), len(other)) < LEAST_TEXTS:
        return False
    error = sqrt(variance(one) / len(one) + variance(other) / len(other))
    return abs(mean(one) - mean(other)) > STANDARD_ERRORS * error


def _range(values: list[float]) -> tuple[float, float]:
    if len(values) < 2:
        return (values[0], values[0]) if values else (0.0, 0.0)
    tenths = quantiles(values, n=10, method="inclusive")
    return tenths[0], tenths[-1]


def _quotes(measure: Measure, answers: list[AnswerText]) -> tuple[Quote, ...]:
    """The first passage of each answer, of one sample a prompt."""
    quotes: dict[str, Quote] = {}
    for answer in answers:
        passages = measure.passages(answer.text)
        if passages and answer.prompt_id not in quotes:
            quotes[answer.prompt_id] = quote_from(answer, passages[0])
    return tuple(quotes.values())[:QUOTES_A_TRAIT]


def _summary(trait: Trait, verb: str) -> str:
    name = trait.name.capitalize()
    if trait.tuned is None or trait.status == "not measured":
        return (
            f"{name} {verb} not measured: it takes {LEAST_TEXTS} answers in prose of {LEAST_WORDS} words or more, and "
            f"essays {LEAST_TEXTS} times as long as an answer."
        )
    if not trait.is_hers:
        also = (
            "and the tuned answers overdo it"
            if trait.status == "overdone"
            else "nor, as far as so few texts tell, of the tuned answers"
        )
        return f"{name} {verb} no habit of yours, {also}: {_figures(trait)}."
    return f"{name} {verb} {_says(trait, verb)}: {_figures(trait)}."


def _says(trait: Trait, verb: str) -> str:
    if trait.status == "there":
        before = "as they were before training" if verb == "are" else "as it was before training"
        return f"there, {before}" if trait.base_status == "there" else "there"
    if trait.status == "moved towards":
        return "nearer to yours than before training, and not there yet"
    if trait.status == "not clear":
        return "not clear from so few texts"
    if trait.unit == "words":
        return "below yours" if trait.status == "missing" else "above yours"
    return trait.in_words


def _figures(trait: Trait) -> str:
    unit = {"per 1,000 words": " in 1,000 words", "% of sentences": "% of sentences", "words": " words"}[trait.unit]
    before = "" if trait.base is None else f"the baseline has {trait.base:.1f} and "
    own = f"your essays have {trait.own_mean:.1f}"
    spread = f"({trait.own_low:.1f} to {trait.own_high:.1f} from piece to piece)"
    return f"{trait.tuned:.1f}{unit}, where {before}{own} {spread}"
