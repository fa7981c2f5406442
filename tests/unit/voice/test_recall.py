"""A continuation beside its essay: the run from the start, the longest anywhere, and when it is given up."""

from __future__ import annotations

from ownvoice.voice.recall import GIVE_UP_AFTER_TOKENS, IN_STEP_TOKENS, VerbatimRuns

END = 0
ESSAY = list(range(1, 101))
ELSEWHERE = list(range(500, 600))


def follow(tokens: list[int]) -> VerbatimRuns:
    runs = VerbatimRuns(ESSAY, {END})
    for token in tokens:
        runs.add(token)
    return runs


def test_a_continuation_that_is_the_essay_is_verbatim_from_the_start() -> None:
    runs = follow(ESSAY[:64])
    assert (runs.from_start, runs.longest, runs.finished) == (64, 64, False)


def test_a_run_later_in_the_essay_counts_wherever_it_stands() -> None:
    runs = follow([*ESSAY[:3], 700, *ESSAY[40:52], 700])
    assert (runs.from_start, runs.longest) == (3, 12)


def test_a_continuation_that_leaves_the_essay_is_given_up_and_later_tokens_count_nothing() -> None:
    runs = follow([*ELSEWHERE[:GIVE_UP_AFTER_TOKENS], *ESSAY[:20]])
    assert runs.finished
    assert (runs.longest, len(runs.tokens)) == (0, GIVE_UP_AFTER_TOKENS)


def test_a_run_of_four_keeps_it_going() -> None:
    stays = [*ELSEWHERE[: GIVE_UP_AFTER_TOKENS - IN_STEP_TOKENS], *ESSAY[7 : 7 + IN_STEP_TOKENS]]
    runs = follow([*stays, *ELSEWHERE[: GIVE_UP_AFTER_TOKENS - 1]])
    assert (runs.finished, runs.longest) == (False, IN_STEP_TOKENS)
    assert runs.add(501)


def test_the_end_of_the_text_ends_it() -> None:
    runs = follow([*ESSAY[:5], END, *ESSAY[5:20]])
    assert (runs.from_start, runs.longest, runs.tokens) == (5, 5, ESSAY[:5])


def test_a_repeated_word_is_no_longer_a_run_than_it_is() -> None:
    runs = VerbatimRuns([1, 1, 1, 2, 3])
    for token in (1, 1, 2, 3):
        runs.add(token)
    assert (runs.from_start, runs.longest) == (2, 4)


def test_a_continuation_longer_than_the_essay_stops_counting_at_its_end() -> None:
    runs = VerbatimRuns([1, 2])
    for token in (1, 2, 3, 1):
        runs.add(token)
    assert (runs.from_start, runs.longest) == (2, 2)
