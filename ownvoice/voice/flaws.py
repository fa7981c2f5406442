"""Counts what is wrong with answers as texts, whatever their voice: loops, lists, links, an assistant's phrases, no ending."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

from ownvoice.frozen import Frozen
from ownvoice.text import runs_of, sentences_of, word_places, words_of
from ownvoice.voice.results import AnswerText, Essay, Quote, quote_from

SAME_WORD_TIMES = 5
REPEATED_WORDS = 8
LONGEST_PHRASE_WORDS = 60  # a longer passage said twice shows in the share of repeats
WINDOW_RUNS, WINDOW_REPEATS = 60, 0.6
# Half of all 3-word runs occurring before is far above the sample essays (under 3%) and below a true loop.
SHARE_OF_REPEATS = 0.5
_SYLLABLES = re.compile(r"([^\W\d_]{1,8}?)\1{7,}")  # "hahahahahahahaha", and phrases of scripts without spaces


def loop_in(text: str) -> str:
    """The passage in which the text goes round, as it stands; "" where it doesn't."""
    if syllables := _SYLLABLES.search(text):
        return syllables[0]
    places, words = word_places(text), words_of(text)
    found = _said_again_at_once(words) or _window_of_repeats(words)
    return text[places[found[0]].start() : places[found[1] - 1].end()] if found else ""


def _said_again_at_once(words: Sequence[str]) -> tuple[int, int] | None:
    """Start and end, in words, of the first passage that repeats the phrase right before it."""
    for period in range(1, min(LONGEST_PHRASE_WORDS, len(words) // 2) + 1):
        enough = SAME_WORD_TIMES - 1 if period == 1 else max(period, REPEATED_WORDS)
        repeated = 0
        for place in range(period, len(words)):
            repeated = repeated + 1 if words[place] == words[place - period] else 0
            if repeated == enough:
                return place + 1 - enough - period, place + 1
    return None


def _window_of_repeats(words: Sequence[str]) -> tuple[int, int] | None:
    """The first 60 runs of 3 words (or all of them, where there are fewer) of which most stood before."""
    runs, seen = runs_of(words, 3), set()
    stood_before = []
    for run in runs:
        stood_before.append(run in seen)
        seen.add(run)
    size = min(WINDOW_RUNS, len(runs))
    limit = WINDOW_REPEATS if len(runs) > WINDOW_RUNS else SHARE_OF_REPEATS
    for start in range(len(runs) - size + 1):
        if size and sum(stood_before[start : start + size]) >= limit * size:
            return start, start + size + 2
    if runs and sum(stood_before) >= SHARE_OF_REPEATS * len(runs):
        return 0, len(words)
    return None


_SUBSCRIBE = (
    r"\b(?:please|don'?t forget to|make sure (?:to|you)) subscribe\b|\bsubscribe (?:now|today|below|here)\b"
    r"|\bsubscribe to (?:my|our|the|this) (?:\w+ )?(?:channel|newsletter|blog|list|podcast|page|magazine|site)\b"
)
_CLICK = r"\b(?:click|tap) (?:here|below|(?:on )?(?:the|this) (?:link|button|image|banner))\b"
_FOLLOW = r"\bfollow (?:me|us) on\b|\b(?:like|share|follow),? (?:and|&) (?:subscribe|share|follow)\b"
_COMMENT = r"\b(?:in the comments|leave (?:a|your) comments?|comments? (?:section )?below|let (?:me|us) know in)\b"
_BUY = r"\b(?:(?:buy|order|book|register|shop|donate|download|enrol?l) (?:it |yours |your copy )?(?:now|today|here)\b|free trial)"
_VISIT = r"\b(?:visit|check out) (?:my|our) (?:\w+ )?(?:website|web site|blog|page|channel|shop|store|site)\b"
_SIGN_UP = r"\b(?:sign up (?:for (?:my|our|the|a free)|now|today|here)|join (?:my|our) (?:newsletter|mailing list|community))\b"
_CALL = re.compile("|".join((_SUBSCRIBE, _CLICK, _FOLLOW, _COMMENT, _BUY, _VISIT, _SIGN_UP)), re.IGNORECASE)

_OPENER = (
    r"\A\W*(?:sure|certainly|absolutely|of course|great question)\b(?: thing)?[!,.:]*\s+"
    r"(?:here(?:'s| is| are)|i can|i'?d be|i'?m happy|i am happy|let me)\b"
)
_HERE_IS = r"\bhere(?:'s| is| are)\b[^.\n]{0,40}\b(?:essay|draft|sample|paragraph|version|rewrite)\b"
_MACHINE = r"\bas an? (?:ai|artificial intelligence|(?:large )?language model|virtual assistant)\b|\bi(?:'m| am) (?:just )?an? (?:ai|language model|chatbot)\b"
_OFFER = (
    r"\b(?:i hope (?:this|that) helps|let me know if you|feel free to (?:ask|reach out)|how can i (?:help|assist))\b"
)
_BLANK = r"\[(?:your|insert|name|date|city|company|topic|author|recipient)\b[^\]\n]{0,40}\]"
_TASK = r"\b(?:write|writing|written|compose|craft) (?:a|an|the|this|my|your) (?:short |personal |\d+-word )?essay\b|\bthis is a personal essay\b"
_IN_ESSAY = r"\A[^.!?\n]{0,200}\b(?:this|the|my|an?)(?: \w+){0,3} essay (?:will|on the topic|about this topic)\b"
_FURNITURE = re.compile("|".join((_OPENER, _HERE_IS, _MACHINE, _OFFER, _BLANK, _TASK, _IN_ESSAY)), re.IGNORECASE)


def call_to_action(text: str) -> re.Match[str] | None:
    """ "Subscribe to", "click here", "follow me on": the reader is asked for something other than to read."""
    return _CALL.search(text.replace("\u2019", "'"))


def chat_furniture(text: str) -> re.Match[str] | None:
    """An assistant speaks: "Sure, here is an essay", "As an AI", "[Your Name]", or of the task itself."""
    return _FURNITURE.search(text.replace("\u2019", "'"))


USUAL_WORDS = 50
# Measured with the usual words of 1 and of 13 essays: of 457 English texts cut to 150 words at least 20% are usual
# (median 35 to 41%), of French, German and Spanish ones 3 to 9%. Dutch shares too many words with English: 19%.
LEAST_SHARE = 0.15
# At 35% usual words, 15% or fewer of 40 words come by chance once in 200 texts; of 15 words, once in 16.
LEAST_WORDS = 40


def usual_words(essays: Iterable[str]) -> frozenset[str]:
    """The essays' most frequent words; empty where there are too few to tell (about one paragraph is needed)."""
    counts = Counter(word for essay in essays for word in words_of(essay))
    return frozenset(word for word, _ in counts.most_common(USUAL_WORDS)) if counts.total() >= 100 else frozenset()


def is_other_language(text: str, usual: frozenset[str]) -> bool:
    """False where the text or the essays are too short to tell."""
    words = words_of(text)
    if not usual or len(words) < LEAST_WORDS:
        return False
    return sum(1 for word in words if word in usual) < LEAST_SHARE * len(words)


Form = Literal["empty", "no text", "links only", "a list", "a few words", "a loop", "prose"]

# A topic echoed as a title is under 15 words; the shortest opening of an essay that reads as prose is above.
MIN_PROSE_WORDS = 15
# Letters among the visible characters: 92% at least in 457 essays; digits, symbols and tables are far below.
MIN_LETTERS = 0.6
MIN_VISIBLE = 10
"""Fewer visible characters without a word, such as "---", are an empty answer and not one of symbols."""

_LINK = re.compile(r"(?:https?://|www\.)\S+")
_LIST_LINE = re.compile(r"\s*(?:[-*+\u2022\u2013#]+(?:\s|$)|\(?\d{1,3}[.)](?:\s|$))")
_CODE_LINE = re.compile(
    r"\s*(?:</?\w+[^<>]*>|(?:def|class|import|from|return|function|const|var|let|#include)\b)|.*[{};]\s*$"
)


@lru_cache(maxsize=1024)
def form_of(text: str) -> Form:
    """Asked of each answer by the flaws, the traits and the prose."""
    words = words_of(text)
    lines = [line for line in text.splitlines() if line.strip()]
    if not words and len("".join(text.split())) < MIN_VISIBLE:
        return "empty"
    if _LINK.search(text) and len(words_of(_LINK.sub(" ", text))) < 5:
        return "links only"
    if _is_no_text(text, lines):
        return "no text"
    if len(lines) >= 2 and 2 * sum(len(words_of(line)) for line in lines if _LIST_LINE.match(line)) > len(words):
        return "a list"
    if loop_in(text):
        return "a loop"
    return "a few words" if len(words) < MIN_PROSE_WORDS else "prose"


def _is_no_text(text: str, lines: list[str]) -> bool:
    """Symbols, numbers, markup or code."""
    visible = "".join(_LINK.sub(" ", text).split())
    if sum(1 for character in visible if _is_letter(character)) < MIN_LETTERS * len(visible):
        return True
    return len(lines) >= 2 and 2 * sum(1 for line in lines if _CODE_LINE.match(line)) > len(lines)


def _is_letter(character: str) -> bool:
    """Vowel signs of Indic scripts are marks and part of the word."""
    return character.isalpha() or unicodedata.category(character).startswith("M")


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

    @property
    def sound_prose_fell(self) -> bool:
        """With the training, as a share of the answers."""
        return bool(self.base_answers) and self.tuned_sound_share < self.base_sound / self.base_answers


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
    from ftfy.badness import badness  # noqa: PLC0415 - the records import this module, and most readers measure nothing

    text = answer.text
    form = form_of(text)
    found: dict[Flaw, str] = {} if form == "prose" else {form: _shown(text, form)}
    if form != "no text" and badness(text) >= LEAST_GARBLED:
        found["garbled characters"] = text
    if form == "prose" and is_other_language(text, usual):
        found["another language"] = text
    if (phrase := chat_furniture(text)) is not None:
        found["an assistant's phrase"] = _sentence_at(text, phrase.start())
    if (call := call_to_action(text)) is not None:
        found["a call to action"] = _sentence_at(text, call.start())
    if answer.cut_off:
        found["cut off"] = "\u2026" + text[-80:]
    return {flaw: quote_from(answer, passage) for flaw, passage in found.items()}


def _shown(text: str, form: str) -> str:
    return loop_in(text) if form == "a loop" else text


def _sentence_at(text: str, place: int) -> str:
    before = max(text.rfind(end, 0, place) for end in (". ", "! ", "? ", "\n"))
    return next(iter(sentences_of(text[before + 1 :])), "")


def _summary(base_sound: int, base: int, tuned_sound: int, tuned: int, flaws: Iterable[FlawCount]) -> str:
    if not tuned:
        return "There are no tuned answers to look at."
    found = [f"{IN_WORDS[count.flaw]} {count.tuned} (baseline {count.base})" for count in flaws]
    beside = f" (baseline {base_sound} of {base})" if base else ""
    return f"{tuned_sound} of {tuned} tuned answers are sound prose{beside}{'; ' if found else ''}{', '.join(found)}."
