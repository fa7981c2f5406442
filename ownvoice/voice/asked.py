"""Makes a model's answers ready to be scored: without what was copied, prose told from what is none, one length for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from ownvoice.voice.copied import Copied
from ownvoice.voice.distances import Answer
from ownvoice.voice.prose import why_no_prose
from ownvoice.voice.results import AnswerText, NoProse
from ownvoice.voice.text import FEWEST_WORDS, count_words

BASELINE = "baseline"
SHORTER_QUARTER = 0.25
REASONS_SHOWN = 3


class Asked(NamedTuple):
    """One trained model's answers to the probes, ready to be scored."""

    model: str
    training: int
    answers: tuple[AnswerText, ...]
    texts: tuple[str, ...]
    """Without what was copied."""
    why_not: tuple[str | None, ...]
    untuned: str = BASELINE
    """The model that it was before it was trained, or shown anything."""

    @property
    def sound(self) -> list[str]:
        return [text for text, reason in zip(self.texts, self.why_not, strict=True) if reason is None]

    def filled(self, scores: Sequence[float | None], untuned: float | None = None) -> list[float | None]:
        """The sound texts' scores with the others' in between.

        What is no prose is as bad as the model's worst answer, and no better than the `untuned` model's average.
        """
        found = iter(scores)
        known = [score for score in (*scores, untuned) if score is not None]
        return [next(found) if reason is None else min(known, default=None) for reason in self.why_not]

    def by_answer(self, values: Sequence[float | None]) -> dict[Answer, float]:
        return {
            (answer.prompt_id, answer.sample): value
            for answer, value in zip(self.answers, values, strict=True)
            if value is not None
        }


def asked_of(
    model: str, training: int, answers: tuple[AnswerText, ...], copied: Copied, untuned: str = BASELINE
) -> Asked:
    texts = tuple(copied.taken_out(answer.text) for answer in answers)
    reasons = tuple(_why_not(answer.text, text) for answer, text in zip(answers, texts, strict=True))
    return Asked(model, training, answers, texts, reasons, untuned)


def _why_not(whole: str, without_copied: str) -> str | None:
    if reason := why_no_prose(whole):
        return reason
    return "too much of it stands in the training essays" if why_no_prose(without_copied) else None


def common_length(asked: Iterable[Asked]) -> int:
    """Words that three quarters of the sound answers have in the model that writes the least."""
    counts = [[count_words(text) for text in each.sound] for each in asked]
    shortest = [float(np.quantile(each, SHORTER_QUARTER)) for each in counts if each]
    return int(min(shortest, default=FEWEST_WORDS))


def untuned_averages(asked: Sequence[Asked], scores: Sequence[Sequence[float | None]]) -> dict[str, float]:
    """By the untuned models' names, of those that have a score."""
    own: dict[str, list[float]] = {each.untuned: [] for each in asked}
    for each, row in zip(asked, scores, strict=True):
        if each.model in own:
            own[each.model] += [score for score in row if score is not None]
    return {name: float(np.mean(values)) for name, values in own.items() if values}


def no_prose_in(asked: Iterable[Asked]) -> tuple[NoProse, ...]:
    """Of every model, all its trainings together."""
    by_model: dict[str, list[str | None]] = {}
    for each in asked:
        by_model.setdefault(each.model, []).extend(each.why_not)
    found = []
    for model, why_not in by_model.items():
        reasons = [reason for reason in why_not if reason is not None]
        if reasons:
            first = tuple(dict.fromkeys(reasons))[:REASONS_SHOWN]
            found.append(NoProse(model=model, answers=len(reasons), of=len(why_not), reasons=first))
    return tuple(found)


def copied_share(asked: Iterable[Asked], tuned: str) -> float:
    own = [each for each in asked if each.model == tuned]
    words = sum(count_words(answer.text) for each in own for answer in each.answers)
    return 1 - sum(count_words(text) for each in own for text in each.texts) / words if words else 0.0
