"""Canaries and probes in her subjects, none of which a pair gives away."""

from __future__ import annotations

import tomllib

from ownvoice.essays.prompts import read_prompts
from ownvoice.essays.topics import same_topic
from ownvoice.intake.prompts import CANARIES, PROBES, propose_prompts, subjects_of
from ownvoice.intake.write import as_prompts_file, write_prompts
from tests.unit.intake.documents_for_tests import essays


def hers() -> tuple[list[str], list[str]]:
    documents = essays(11)
    return [each.title for each in documents], ["\n\n".join(b.text for b in each.blocks) for each in documents]


def test_three_canaries_and_twelve_probes_are_in_her_subjects() -> None:
    topics, texts = hers()
    found = propose_prompts(topics, texts)
    assert (len(found.canaries), len(found.probes)) == (CANARIES, PROBES)
    subjects = set(subjects_of(topics, texts))
    assert not any("the the" in prompt.lower() for prompt in (*found.canaries, *found.probes))
    assert all(any(subject.split()[-1] in prompt.lower() for subject in subjects) for prompt in found.canaries)


def test_none_overlaps_a_pair_or_another() -> None:
    topics, texts = hers()
    found = propose_prompts(topics, texts)
    prompts = [*found.canaries, *found.probes]
    assert not any(same_topic(prompt, topic) for prompt in prompts for topic in topics)
    assert not any(same_topic(a, b) for i, a in enumerate(prompts) for b in prompts[:i])


def test_a_prompt_that_an_essay_is_about_is_not_asked() -> None:
    topics, texts = hers()
    first = propose_prompts(topics, texts).canaries[0]
    assert first not in propose_prompts([*topics, first], texts).canaries
    assert first not in propose_prompts(topics, [*texts, f"Well, {first.lower()}, they said."]).canaries


def test_the_file_is_one_that_the_check_reads(tmp_path) -> None:  # type: ignore[no-untyped-def]
    topics, texts = hers()
    file = write_prompts(tmp_path, propose_prompts(topics, texts))
    assert file is not None
    prompts = read_prompts(file)
    assert (len(prompts.canaries), len(prompts.probes)) == (CANARIES, PROBES)
    assert tomllib.loads(as_prompts_file(propose_prompts(topics, texts)))["canary"][0]["id"] == "A"
    file.write_text("# hers\n")
    assert write_prompts(tmp_path, propose_prompts(topics, texts)) is None
    assert file.read_text() == "# hers\n"
