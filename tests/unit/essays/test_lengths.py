"""Essays that are longer than the context, each of the choices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from ownvoice.errors import PairsError
from ownvoice.essays.check import check_pairs, read_pairs
from ownvoice.essays.lengths import token_counts
from ownvoice.models.prompt_format import Reading, TokenCounter
from ownvoice.records.essays import CheckedPairs
from tests.unit.essays.folders import BASE, counter, essay, experiment, write_essay, write_sound_set

CONTEXT = 47  # 4 tokens of prompt, 1 of end-of-text, 42 for the essay: three paragraphs of 12 and a sentence of 6


def checked_with(tmp_path: Path, over_length: str, text: str) -> CheckedPairs:
    folder = write_sound_set(tmp_path / "essays")
    write_essay(folder, "long", "Length", text)
    return check_pairs(experiment(folder, over_length=over_length), Reading(BASE, counter(), CONTEXT))


def essays_of(checked: CheckedPairs) -> dict[str, str]:
    return {pair.id: pair.essay for pair in checked.pair_set.pairs}


def test_truncating_stops_at_the_last_sentence_end_that_fits(tmp_path: Path) -> None:
    whole = essay("long", paragraphs=5)
    checked = checked_with(tmp_path, "truncate", whole)
    kept = essays_of(checked)["long"]
    assert whole.startswith(kept)
    assert kept.endswith("longe3.")
    assert "Truncated 'long' at the end of a sentence, 35 of 50 words kept: 65 tokens" in checked.notes[0]
    assert max(figure.tokens for figure in checked.figures) <= CONTEXT


def test_splitting_cuts_at_paragraph_ends_and_keeps_topic_tier_and_split(tmp_path: Path) -> None:
    checked = checked_with(tmp_path, "split", essay("long", paragraphs=5))
    parts = [pair for pair in checked.pair_set.pairs if pair.topic == "Length"]
    assert [part.id for part in parts] == ["long-1", "long-2"]
    assert "\n\n".join(part.essay for part in parts) == essay("long", paragraphs=5)
    assert {(part.tier, part.split) for part in parts} == {(1, "train")}
    assert "Split 'long' in 2 parts: 65 tokens with its prompt, 18 more than the model's 47." in checked.notes


def test_splitting_a_paragraph_that_is_too_long_cuts_it_at_a_sentence_end(tmp_path: Path) -> None:
    one_paragraph = essay("long", paragraphs=5).replace("\n\n", " ")
    essays = essays_of(checked_with(tmp_path, "split", one_paragraph))
    assert " ".join([essays["long-1"], essays["long-2"]]) == one_paragraph
    assert essays["long-1"].endswith(".")


def test_dropping_leaves_the_essay_out_with_a_note(tmp_path: Path) -> None:
    checked = checked_with(tmp_path, "drop", essay("long", paragraphs=5))
    assert "long" not in essays_of(checked)
    assert checked.notes[0] == "Dropped 'long': 65 tokens with its prompt, 18 more than the model's 47."


def test_an_essay_without_a_sentence_that_fits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PairsError, match=r"long\.md:1: essay 'long' has 105 tokens .*; no sentence fits"):
        checked_with(tmp_path, "truncate", "word " * 99 + "end")


def test_dropping_every_validation_essay_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "essays"
    write_essay(folder, "a", "Apples", essay("red"))
    write_essay(folder, "b", "Boats", essay("blue", paragraphs=9), split="validation")
    with pytest.raises(PairsError, match="no validation pair is left once the essays that are too long are dropped"):
        check_pairs(experiment(folder, over_length="drop"), Reading(BASE, counter(), CONTEXT))


def test_a_part_may_not_take_the_name_of_another_essay(tmp_path: Path) -> None:
    folder = write_sound_set(tmp_path / "essays")
    write_essay(folder, "long", "Length", essay("long", paragraphs=5))
    write_essay(folder, "long-2", "Another", essay("other"))
    with pytest.raises(PairsError, match=r"long-2\.md:1: the id 'long-2' is needed for a part of the essay at"):
        check_pairs(experiment(folder, over_length="split"), Reading(BASE, counter(), CONTEXT))


def test_each_pair_is_counted_once_however_often_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    count_all = TokenCounter.count_all

    def noted(self: TokenCounter, texts: Iterable[str]) -> Iterator[int]:
        given = list(texts)
        counted.extend(given)
        return count_all(self, given)

    monkeypatch.setattr(TokenCounter, "count_all", noted)
    pairs = read_pairs(write_sound_set(tmp_path))
    tokens_of = token_counts(Reading(BASE, counter(), CONTEXT), "Write.")
    assert tokens_of((*pairs, pairs[0])) == [*tokens_of(pairs), *tokens_of(pairs[:1])]
    assert len(counted) == 2 * len(pairs)  # a prompt and an essay each
