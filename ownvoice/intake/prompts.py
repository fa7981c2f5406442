"""Proposes canaries and probes in a writer's subjects, from the words of her essays and by template, never by a hub.

None has the topic of a pair or stands in an essay: the model would have seen it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ownvoice.essays.topics import same_topic
from ownvoice.essays.words import words_of
from ownvoice.frozen import Frozen
from ownvoice.voice.text import FUNCTION_WORDS

CANARIES, PROBES = 3, 12
SHORTEST_WORD = 4
# Each stands with any noun, singular or plural, with its article.
TEMPLATES = (
    "What nobody tells you about {}",
    "A small argument against {}",
    "The first time that {} mattered",
    "A letter to a friend who doesn't care about {}",
    "How I changed my mind about {}",
    "In praise of {}",
    "A conversation overheard, about {}",
    "{}, ten years from now",
    "What my family would say about {}",
    "The trouble with {}",
    "An afternoon with {}",
    "How to explain {} to a stranger",
    "What I would miss about {}",
    "{} and other disappointments",
    "The worst advice I was given about {}",
)
# Nouns that any essay has, and that no essay is about.
NO_SUBJECT = frozenset(
    """
    advantage afternoon answer back beginning bottom case chance couple course day days difference distance edge
    evening fact feeling first front half hand hands hour hours idea kind last least less line lines list matter
    middle minute minutes mistake moment month months more morning most name names night number order other others
    pair part people person piece place point problem question reason rest right same second sense side sides size
    sort start system thing things third thought time times top truth turn type use version view week weeks while
    whole word words work world wrong year years
    """.split()  # noqa: SIM905 - ten lines, not a hundred
)


class ProposedPrompts(Frozen):
    canaries: tuple[str, ...]
    probes: tuple[str, ...]


def propose_prompts(topics: Sequence[str], essays: Sequence[str]) -> ProposedPrompts:
    """Three canaries and twelve probes; fewer where her essays have too few subjects."""
    taken = list(topics)
    found: list[str] = []
    runs = [f" {' '.join(words_of(essay))} " for essay in essays]
    for prompt in _candidates(subjects_of(topics, essays)):
        words = f" {' '.join(words_of(prompt))} "
        if not any(same_topic(prompt, other) for other in taken) and not any(words in run for run in runs):
            found.append(prompt)
            taken.append(prompt)
        if len(found) == CANARIES + PROBES:
            break
    return ProposedPrompts(canaries=tuple(found[:CANARIES]), probes=tuple(found[CANARIES:]))


def subjects_of(topics: Sequence[str], essays: Sequence[str]) -> list[str]:
    """Nouns of her essays, as far as it shows: those that her topics name first, then those of the most essays."""
    named = set(words_of(" ".join(topics)))
    essays_with = Counter(noun for essay in essays for noun in {noun for _, noun in _nouns(essay)})
    hers = Counter(noun for essay in essays for article, noun in _nouns(essay) if article in ("my", "our"))
    all_of = Counter(noun for essay in essays for _, noun in _nouns(essay))
    ranked = sorted(essays_with, key=lambda noun: (noun not in named, -essays_with[noun], noun))
    return [f"{'my' if 2 * hers[noun] > all_of[noun] else 'the'} {noun}" for noun in ranked]


def _nouns(essay: str) -> Iterator[tuple[str, str]]:
    """Articles with their nouns, 'the drawer', 'my mother', where what follows shows that it is no adjective."""
    after = r"(?=[.,;:!?]|\s+(?:and|or|of|in|on|at|that|which|who|was|is|were|are|had|has|with|for|to|from)\b)"
    for match in re.finditer(
        rf"\b(the|a|an|my|your|her|his|our|their|this)\s+([a-z]{{{SHORTEST_WORD},}}){after}", essay
    ):
        word = match[2]
        if word not in FUNCTION_WORDS and word not in NO_SUBJECT and not word.endswith(("ly", "ing", "est", "self")):
            yield match[1], word


def _candidates(subjects: Iterable[str]) -> Iterator[str]:
    """A template to a subject in turn, so that no two prompts share either for long."""
    subjects = list(subjects)
    for shift in range(len(TEMPLATES)):
        for place, subject in enumerate(subjects[: CANARIES + PROBES]):
            template = TEMPLATES[(place + shift) % len(TEMPLATES)]
            prompt = template.format(subject)
            yield prompt[0].upper() + prompt[1:]
