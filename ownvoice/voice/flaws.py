"""What is wrong with answers as texts, whatever their voice: loops, lists, links, an assistant's phrases, no ending."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from ftfy.badness import badness

from ownvoice.config import Frozen
from ownvoice.text import sentences_of
from ownvoice.voice.answers import AnswerText, Essay, Quote, quote_from
from ownvoice.voice.forms import shape_of
from ownvoice.voice.furniture import call_to_action, chat_furniture
from ownvoice.voice.loops import loop_in
from ownvoice.voice.usual_words import is_other_language, usual_words

Flaw = Literal[
    "empty",
    "a few words",
    "no text",
    "garbled characters",
    "links only",
    "a list",
    "a loop",
    "another language",
    "an assistant's phrase",
    "a call to action",
    "cut off",
]
IN_WORDS: dict[Flaw, str] = {
    "empty": "empty",
    "a few words": "only a few words",
    "no text": "symbols, numbers or code",
    "garbled characters": "garbled characters",
    "links only": "links only",
    "a list": "a list",
    "a loop": "going round in a loop",
    "another language": "another language than the essays'",
    "an assistant's phrase": "an assistant's phrases, not an essay's",
    "a call to action": "a call to action",
    "cut off": "cut off at the length limit",
}
QUOTES_A_FLAW = 2
# ftfy counts sequences that only a wrong decoding makes, such as "â€™"; a cut inside a character leaves one.
LEAST_GARBLED = 3


class FlawCount(Frozen):
    """How many answers have a flaw, with the first tuned ones quoted."""

    flaw: Flaw
    base: int
    tuned: int
    quotes: tuple[Quote, ...]


class Degeneration(Frozen):
    base_answers: int
    tuned_answers: int
    base_sound: int
    """Answers without a flaw, the length limit aside: where it is short, every sound answer meets it."""
    tuned_sound: int
    flaws: tuple[FlawCount, ...]
    """Those that occur at all; an answer may have several."""
    summary: str
    """One sentence for the writer; it quotes nothing."""

    @property
    def tuned_sound_share(self) -> float:
        return self.tuned_sound / max(1, self.tuned_answers)


def measure_degeneration(
    essays: Sequence[Essay], base: Sequence[AnswerText], tuned: Sequence[AnswerText]
) -> Degeneration:
    """`essays` give the language alone."""
    usual = usual_words(essay.text for essay in essays)
    found = {
        "base": [flaws_of(answer, usual) for answer in base],
        "tuned": [flaws_of(answer, usual) for answer in tuned],
    }
    flaws = [
        FlawCount(
            flaw=flaw,
            base=sum(1 for flaws in found["base"] if flaw in flaws),
            tuned=sum(1 for flaws in found["tuned"] if flaw in flaws),
            quotes=tuple(flaws[flaw] for flaws in found["tuned"] if flaw in flaws)[:QUOTES_A_FLAW],
        )
        for flaw in IN_WORDS
    ]
    occurring = tuple(count for count in flaws if count.base or count.tuned)
    sound = {name: sum(1 for flaws in every if not flaws.keys() - {"cut off"}) for name, every in found.items()}
    return Degeneration(
        base_answers=len(base),
        tuned_answers=len(tuned),
        base_sound=sound["base"],
        tuned_sound=sound["tuned"],
        flaws=occurring,
        summary=_summary(sound["base"], len(base), sound["tuned"], len(tuned), occurring),
    )


def flaws_of(answer: AnswerText, usual: frozenset[str] = frozenset()) -> dict[Flaw, Quote]:
    """Each flaw with the passage that shows it; `usual` are the usual words of the author's language."""
    text = answer.text
    shape = shape_of(text)
    found: dict[Flaw, str] = {} if shape == "prose" else {shape: _shown(text, shape)}
    if shape != "no text" and badness(text) >= LEAST_GARBLED:
        found["garbled characters"] = text
    if shape == "prose" and is_other_language(text, usual):
        found["another language"] = text
    if (phrase := chat_furniture(text)) is not None:
        found["an assistant's phrase"] = _sentence_at(text, phrase.start())
    if (call := call_to_action(text)) is not None:
        found["a call to action"] = _sentence_at(text, call.start())
    if answer.cut_off:
        found["cut off"] = "\u2026" + text[-80:]
    return {flaw: quote_from(answer, passage) for flaw, passage in found.items()}


def _shown(text: str, shape: str) -> str:
    return loop_in(text) if shape == "a loop" else text


def _sentence_at(text: str, place: int) -> str:
    before = max(text.rfind(end, 0, place) for end in (". ", "! ", "? ", "\n"))
    return next(iter(sentences_of(text[before + 1 :])), "")


def _summary(base_sound: int, base: int, tuned_sound: int, tuned: int, flaws: Iterable[FlawCount]) -> str:
    if not tuned:
        return "There are no tuned answers to look at."
    found = [f"{IN_WORDS[count.flaw]} {count.tuned} (baseline {count.base})" for count in flaws]
    beside = f" (baseline {base_sound} of {base})" if base else ""
    return f"{tuned_sound} of {tuned} tuned answers are sound prose{beside}{'; ' if found else ''}{', '.join(found)}."
