"""Facts that a prompt lays down, and sentences of the answers that contradict them.

"My parents are white", says an answer to a prompt on immigrant parents: no measure of style sees that. The writer
says what must hold and what would contradict it; a hit is a sign to read, not a judgement, for "nobody believed that
my parents were born here" is a hit as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from ownvoice.config import Frozen
from ownvoice.text import sentences_of
from ownvoice.voice.answers import AnswerText, Quote, quote_from
from ownvoice.voice.patterns import finder


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
