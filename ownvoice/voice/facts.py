"""Finds the sentences of answers that contradict the facts which a prompt lays down.

What a writer has looked for is a plain phrase, or a regular expression between slashes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence

from ownvoice.frozen import Frozen
from ownvoice.text import runs_of, sentences_of, words_of
from ownvoice.voice.results import AnswerText, Quote, quote_from

LONGEST_PATTERN = 200
# 19 of 7,052 sentences of 23 authors have more than 600 characters; those are looked at in parts that overlap.
PART_CHARACTERS = 600
# Two open repeats over a part; `.*.*x` then takes 0.35 s at worst, and the expressions people write a millisecond.
MOST_WAYS = PART_CHARACTERS**2

_QUANTIFIER = re.compile(r"[*+?]|\{\d*,?\d*\}(?<!\{\})(?<!\{,\})")
_ITEM = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_NOT_PLAIN = re.compile(r"[\\|*+\[\]^${}]")


def finder(pattern: str) -> Callable[[str], bool]:
    """Whether a sentence holds the pattern; upper and lower case are one, and so are curly and straight quotes."""
    if not _is_expression(pattern):
        phrase = tuple(words_of(pattern))
        return lambda sentence: phrase in runs_of(words_of(sentence), len(phrase))
    expression = re.compile(pattern[1:-1], re.IGNORECASE)
    return lambda sentence: any(expression.search(part) for part in _parts(_straight(sentence)))


def problem_of(pattern: str) -> str:
    """What is wrong with a pattern; "" where nothing is."""
    if len(pattern) > LONGEST_PATTERN:
        return f"has {len(pattern)} characters, more than {LONGEST_PATTERN}: make two of it"
    if not _is_expression(pattern):
        if pattern.startswith("/"):
            return "begins with a slash and doesn't end with one: an expression stands between two"
        if found := _NOT_PLAIN.search(pattern):
            return f"holds {found[0]!r}: put it between slashes if it is a regular expression, else leave that out"
        return "" if words_of(pattern) else "holds no word"
    try:
        with warnings.catch_warnings(action="ignore"):  # of what a later Python will read otherwise
            fits_nothing = re.compile(pattern[1:-1]).search("") is not None
    except (re.error, OverflowError, RecursionError) as error:
        return f"is no regular expression: {error}"
    return "fits an empty text, so every sentence would be a hit" if fits_nothing else _danger_in(pattern[1:-1])


def _danger_in(expression: str) -> str:
    """Why an expression that compiles might not end in time; "" where it does."""
    ways, before, place = 1, "", 0
    bars = [0]  # of the open groups, outermost first: each group is one more choice to come back to
    while place < len(expression):
        quantifier = _QUANTIFIER.match(expression, place)
        if quantifier and before:
            if before == ")" and quantifier[0] != "?":
                return f"repeats a group with {quantifier[0]!r}: only single characters and [classes] may be repeated"
            if before != "quantifier":  # after one, ? and + only change its manner
                ways *= _ways_of(quantifier[0])
            before, place = "quantifier", quantifier.end()
            continue
        item = _ITEM.match(expression, place)
        assert item is not None
        if re.fullmatch(r"\\[1-9]", item[0]) or re.match(r"\(\?(?!:)", expression[place:]):
            return "uses a reference, a look-around or a flag: only plain groups ( ) and (?: ) are taken"
        bars[-1] += item[0] == "|"
        if item[0] == "(":
            bars.append(0)
        elif item[0] == ")":
            ways *= bars.pop() + 1
        before = "" if item[0] in "(|" else item[0]
        place = item.end() + (2 if expression.startswith("(?:", place) else 0)
    return (
        ""
        if ways * (bars[0] + 1) <= MOST_WAYS
        else "could be matched in too many ways: use at most two of * and +, or {0,40}"
    )


def _ways_of(quantifier: str) -> int:
    if quantifier in "*+":
        return PART_CHARACTERS
    if quantifier == "?":
        return 2
    least, _, most = quantifier[1:-1].partition(",")
    if "," not in quantifier:
        return 1
    return max(1, (int(most) if most else PART_CHARACTERS) - int(least or 0) + 1)


def _is_expression(pattern: str) -> bool:
    return len(pattern) > 2 and pattern.startswith("/") and pattern.endswith("/")


def _straight(sentence: str) -> str:
    return sentence.translate(str.maketrans("\u2018\u2019\u201c\u201d", "''\"\""))


def _parts(sentence: str) -> list[str]:
    step = PART_CHARACTERS // 2
    return [sentence[start : start + PART_CHARACTERS] for start in range(0, max(1, len(sentence) - step), step)]


class PromptFacts(Frozen):
    """What a prompt demands."""

    prompt_id: str
    facts: tuple[str, ...]
    """What must hold, in the writer's words."""
    contradictions: tuple[str, ...]
    """Patterns, see `patterns`; sound ones."""


class Contradiction(Frozen):
    pattern: str
    quote: Quote
    """The sentence that fits it."""


class FactCheck(Frozen):
    """One prompt's answers against its facts."""

    prompt_id: str
    facts: tuple[str, ...]
    base: tuple[Contradiction, ...]
    tuned: tuple[Contradiction, ...]
    summary: str
    """One sentence for the writer; it may quote a model: untrusted."""


def check_facts(
    prompts: Sequence[PromptFacts], base: Sequence[AnswerText], tuned: Sequence[AnswerText]
) -> tuple[FactCheck, ...]:
    """A check for each prompt that has contradictions and was answered by the tuned model."""
    answered = {answer.prompt_id for answer in tuned}
    return tuple(
        _check(prompt, base, tuned) for prompt in prompts if prompt.contradictions and prompt.prompt_id in answered
    )


def _check(prompt: PromptFacts, base: Sequence[AnswerText], tuned: Sequence[AnswerText]) -> FactCheck:
    before, new = (_contradictions(prompt, answers) for answers in (base, tuned))
    return FactCheck(
        prompt_id=prompt.prompt_id, facts=prompt.facts, base=before, tuned=new, summary=_summary(prompt, before, new)
    )


def _contradictions(prompt: PromptFacts, answers: Sequence[AnswerText]) -> tuple[Contradiction, ...]:
    """Each sentence once, with the first pattern that it fits."""
    finders = [(pattern, finder(pattern)) for pattern in prompt.contradictions]
    found = []
    for answer in answers:
        for sentence in sentences_of(answer.text) if answer.prompt_id == prompt.prompt_id else ():
            pattern = next((pattern for pattern, finds in finders if finds(sentence)), None)
            if pattern is not None:
                found.append(Contradiction(pattern=pattern, quote=quote_from(answer, sentence)))
    return tuple(found)


def _summary(prompt: PromptFacts, base: tuple[Contradiction, ...], tuned: tuple[Contradiction, ...]) -> str:
    demanded = f" although it must hold that {'; '.join(prompt.facts)}" if prompt.facts else ""
    before = f"the baseline says “{base[0].quote.text}”" if base else "the baseline contradicts nothing"
    if tuned:
        return f"In answer to {prompt.prompt_id} the tuned model says “{tuned[0].quote.text}”{demanded}; {before}."
    return f"In answer to {prompt.prompt_id} the tuned model contradicts none of the facts, by the patterns given; {before}."
