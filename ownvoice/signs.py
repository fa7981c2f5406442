"""Observations on the answers, each with its quote or its figure, baseline beside tuned beside the writer."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean

from ownvoice.escaping import shortened
from ownvoice.records import Canary, Output, Outputs, PairSet
from ownvoice.voice.answers import Essay
from ownvoice.voice.forms import shape_of
from ownvoice.voice.habits import asides, first_person, rate_of
from ownvoice.voice.memorisation import WARN_SPAN_WORDS
from ownvoice.voice.spans import EssayIndex, Shared
from ownvoice.wording import words_of

QUOTE_CHARACTERS = 110


def find_signs(pair_set: PairSet, baseline: Outputs, tuned: Outputs) -> tuple[str, ...]:
    """Facts only: what they mean for the voice is for the reader until the voice is measured."""
    essays = [pair.essay for pair in pair_set.pairs]
    return (
        *(
            sign
            for canary in pair_set.canaries
            if (sign := _describe_canary(canary, baseline.canary(canary.id), tuned.canary(canary.id)))
        ),
        _compare_rates("First person (I, me, my)", first_person, essays, baseline, tuned),
        _compare_rates("Parenthetical asides", asides, essays, baseline, tuned),
        _compare_endings(baseline, tuned),
        _compare_copying(pair_set, baseline, tuned),
        *_note_identical(baseline, tuned),
    )


def _describe_canary(canary: Canary, base: Output | None, new: Output | None) -> str | None:
    if base is None or new is None:
        return None
    if base.text == new.text:
        return f"Canary {canary.id}: both models give the very same answer, {_opening(new)}."
    return f"Canary {canary.id}: the baseline is {_opening(base)}; the tuned answer is {_opening(new)}."


def _opening(output: Output) -> str:
    shape = shape_of(output.text)
    if shape == "empty":
        return "empty"
    first_line = next(line for line in output.text.splitlines() if words_of(line))
    return f"{shape} that opens “{shortened(' '.join(first_line.split()), QUOTE_CHARACTERS)}”"


def _compare_rates(
    name: str, count: Callable[[str], list[str]], essays: list[str], baseline: Outputs, tuned: Outputs
) -> str:
    shown = [
        f"{who} {rate.per_thousand:.1f} ({rate.count} in {rate.words:,} words)"
        for who, rate in (
            ("the writer's essays", rate_of(count, essays)),
            ("baseline", rate_of(count, [output.text for output in baseline.outputs])),
            ("tuned", rate_of(count, [output.text for output in tuned.outputs])),
        )
    ]
    return f"{name} per 1,000 words: {', '.join(shown)}."


def _compare_endings(baseline: Outputs, tuned: Outputs) -> str:
    shown = [
        f"{name} {sum(1 for output in outputs.outputs if output.cut_off)} of {len(outputs.outputs)}"
        for name, outputs in (("baseline", baseline), ("tuned", tuned))
    ]
    return f"Cut off at the length limit: {', '.join(shown)}; a cut-off answer shows no ending."


def _compare_copying(pair_set: PairSet, baseline: Outputs, tuned: Outputs) -> str:
    index = EssayIndex([Essay(id=pair.id, text=pair.essay) for pair in pair_set.of("train")])
    base, new = (
        max((index.longest_shared(output.text) for output in outputs.outputs), key=_length, default=Shared())
        for outputs in (baseline, tuned)
    )
    sign = f"Longest word span shared with a training essay: tuned {new.words} words{_quoted(new)}"
    return f"{sign}, baseline {base.words} words{_quoted(base)}."


def _note_identical(baseline: Outputs, tuned: Outputs) -> tuple[str, ...]:
    """An answer that did not move is worth a line of its own; none is not."""
    texts = {(output.prompt_id, output.sample): output.text for output in baseline.outputs}
    same = [texts.get((output.prompt_id, output.sample)) == output.text for output in tuned.outputs]
    if not any(same):
        return ()
    return (f"Unchanged, word for word: {sum(same)} of {len(same)} answers ({mean(same):.0%}).",)


def _length(shared: Shared) -> int:
    return shared.words


def _quoted(shared: Shared) -> str:
    if shared.words < WARN_SPAN_WORDS:
        return ""
    return f" (“{shortened(' '.join(shared.text.split()), 300)}”, from {shared.essay_id})"
