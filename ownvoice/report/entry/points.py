"""Says in sentences what the model learned and what it did not, three points each, with its words and hers as quotes.

A habit that is not hers is no sign either way, and a figure that fell is not called overdone without saying that it fell.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ownvoice.markdown import shortened
from ownvoice.records.analysis import Analysis
from ownvoice.records.run import RunRecord
from ownvoice.report.entry.model_kind import SOUND_PROSE
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.recall import EXTRACTED_TOKENS, longest_match
from ownvoice.voice.results import Quote
from ownvoice.voice.traits import Status, Trait, Unit

POINTS = 3
QUOTE_CHARACTERS = 110
FEWEST_ROSE = 0.1
"""A tenth of the answers more in sound prose is worth a line of its own."""
TWINS = {"different references": "references"}
"""Two counts of one habit: one is told."""
PLAIN = {
    "asides": "asides in brackets",
    "punchlines": "punchlines (a short sentence right after a long one)",
    "sentence length": "words in a sentence",
    "variety of sentence length": "variety in the length of sentences (the spread about their mean)",
    "hyperbole": "words of the extreme (never, nobody, enormous)",
    "ironic quotes": "words in ironic quotation marks",
    "first person": "uses of I, me and my",
    "references": "names of people, places and things",
    "different references": "different names of people, places and things",
    "questions": "questions",
    "dashes": "dashes",
    "contractions": "contractions (don't, it's)",
}
OFF: dict[tuple[str, Status], str] = {
    ("sentence length", "missing"): "Sentences shorter than yours",
    ("sentence length", "overdone"): "Sentences longer than yours",
    ("variety of sentence length", "missing"): "Sentences too much of one length (the spread about their mean)",
    ("variety of sentence length", "overdone"): "Sentences too uneven in length (the spread about their mean)",
}
"""How a length is off, which is neither few nor many."""
UNITS: dict[Unit, str] = {"per 1,000 words": " in 1,000 words", "% of sentences": "% of sentences", "words": " words"}


def learned(record: RunRecord) -> list[str]:
    """At most three sentences; quotes in them are a model's or the writer's: untrusted."""
    findings = record.analysis.findings if record.analysis else None
    return list(islice(_learned(record.analysis, findings), POINTS)) if record.analysis and findings else []


def not_learned(record: RunRecord) -> list[str]:
    """As `learned`; facts that are contradicted first, then her habits, those that are missing altogether first."""
    findings = record.analysis.findings if record.analysis else None
    return list(islice(_not_learned(record.analysis, findings), POINTS)) if record.analysis and findings else []


def _learned(analysis: Analysis, findings: VoiceFindings) -> Iterator[str]:
    yield from _by_heart(findings)
    if findings.memorisation.level == "fail":
        return  # what else looks like hers may have come along with the words
    traits = [trait for trait in findings.traits if trait.is_hers and _came_nearer(trait)]
    for trait in _told_once(sorted(traits, key=lambda trait: (trait.status != "there", not trait.quotes))):
        how = "as you have them" if trait.status == "there" else "nearer to yours, not there yet"
        yield f"{_capital(trait)}: {_figures(trait)}: {how}.{_its(trait.quotes)}"
    sound = findings.degeneration
    if sound.base_answers and sound.tuned_sound_share >= sound.base_sound / sound.base_answers + FEWEST_ROSE:
        before = f"before training {sound.base_sound} of {sound.base_answers}"
        yield f"The form of an essay: {sound.tuned_sound} of {sound.tuned_answers} answers are {SOUND_PROSE}, {before}."
    won = analysis.likelier.tuned
    if won is not None and won.low is not None and won.low > 0:
        yield "To expect your way of writing: essays of yours that it never saw became likelier to it, beyond other people's."
    elif won is not None and won.own_gain > 0:
        whose = "most of that" if (won.generic_share or 0) >= 0.5 else "how much of that is yours"
        anybody = "is anybody's, since other people's essays gained as well" if whose == "most of that" else "is open"
        yield f"To expect an essay: those of yours that it never saw surprise it less than before; {whose} {anybody}."


def _by_heart(findings: VoiceFindings) -> Iterator[str]:
    """What the verdict calls memorised, and what comes near to it."""
    memorisation = findings.memorisation
    if memorisation.level == "none":
        return
    if spans := memorisation.spans:
        span = spans[0]
        yield f"Words by heart: {span.words} in a row of your “{span.essay_id}” stand in an answer.{_its((span.quote,))}"
    recited = longest_match(memorisation.prefixes, ())
    if recited and recited.verbatim_tokens >= EXTRACTED_TOKENS:
        its = f" It: “{shortened(' '.join(recited.text.split()), QUOTE_CHARACTERS)}”"
        yield f"An essay by heart: shown how your “{recited.id}” begins, it goes on word for word.{its}"


def _came_nearer(trait: Trait) -> bool:
    return trait.status == "moved towards" or (trait.status == "there" and trait.base_status in ("missing", "overdone"))


def _not_learned(analysis: Analysis, findings: VoiceFindings) -> Iterator[str]:
    for check in findings.facts:
        if check.tuned:
            held = f", although it must hold that {'; '.join(check.facts)}" if check.facts else ""
            yield f"It contradicts a fact: “{check.tuned[0].quote.text}” ({check.prompt_id}){held}."
    traits = [trait for trait in findings.traits if trait.is_hers and trait.status in ("missing", "overdone")]
    for trait in _told_once(sorted(traits, key=lambda trait: (trait.status, _share_of_hers(trait)))):
        hers = analysis.own_words.traits.get(trait.name)
        quoted = f" You: “{shortened(hers.text, QUOTE_CHARACTERS)}”" if hers else ""
        its = _its(trait.quotes) if trait.status == "overdone" else ""
        yield f"{_says(trait)}: {_figures(trait)}.{quoted}{its}"
    for flaw in findings.degeneration.flaws:
        if flaw.flaw != "cut off" and flaw.tuned > flaw.base:
            yield f"More answers than before are flawed ({flaw.flaw}): {flaw.tuned}, before training {flaw.base}.{_its(flaw.quotes)}"


def _told_once(traits: list[Trait]) -> Iterator[Trait]:
    names = {trait.name for trait in traits}
    return (trait for trait in traits if TWINS.get(trait.name) not in names)


def _share_of_hers(trait: Trait) -> float:
    """The less of her habit is there, the earlier it is told; of what is overdone, the more, the earlier."""
    share = (trait.tuned or 0.0) / trait.own_mean if trait.own_mean else 1.0
    return share if trait.status == "missing" else -share


def _says(trait: Trait) -> str:
    name = PLAIN.get(trait.name, trait.name)
    fell = trait.base is not None and trait.tuned is not None and trait.tuned < trait.base
    though = ", though that fell" if trait.status == "overdone" and fell else ""
    if off := OFF.get((trait.name, trait.status)):
        return f"{off}{though}"
    if trait.status == "overdone":
        return f"Too many {name}{though}"
    return f"No {name}" if f"{trait.tuned:.1f}" == "0.0" else f"Too few {name}"


def _capital(trait: Trait) -> str:
    name = PLAIN.get(trait.name, trait.name)
    return name[:1].upper() + name[1:]


def _figures(trait: Trait) -> str:
    """'0.0 in 1,000 words, before training 0.0, yours 6.9'"""
    before = "" if trait.base is None else f", before training {trait.base:.1f}"
    return f"{trait.tuned or 0.0:.1f}{UNITS[trait.unit]}{before}, yours {trait.own_mean:.1f}"


def _its(quotes: tuple[Quote, ...]) -> str:
    return f" It: “{shortened(quotes[0].text, QUOTE_CHARACTERS)}”" if quotes else ""
