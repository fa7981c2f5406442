"""Measures how far two models' answers stand apart on one axis, with the interval that a dozen prompts can carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from ownvoice.voice.intervals import difference_of_groups, mean_interval, quotient
from ownvoice.voice.results import FEWEST_PROMPTS, Distances, Interval

Answer = tuple[str, int]
"""Prompt id and sample number."""
Scores = Mapping[Answer, float]
"""One trained model's."""
Floats = npt.NDArray[np.float64]

# Two essays can't tell how her essays vary.
FEWEST_ESSAYS = 3


class Table:
    """Scores of several models on the answers that all of them have, as a row a training and a column a prompt."""

    def __init__(self, models: Sequence[Sequence[Scores]]) -> None:
        trainings = [scores for model in models for scores in model]
        self._answers = [answer for answer in trainings[0] if all(answer in scores for scores in trainings)]
        self.prompts = tuple(dict.fromkeys(prompt for prompt, _ in self._answers))
        self.answers = len(self._answers)

    @property
    def enough(self) -> bool:
        return len(self.prompts) >= FEWEST_PROMPTS

    def rows(self, model: Sequence[Scores]) -> Floats:
        """The mean of each prompt's answers: a prompt with many answers counts once."""
        return np.array(
            [
                [np.mean([scores[each] for each in self._answers if each[0] == prompt]) for prompt in self.prompts]
                for scores in model
            ]
        )


def apart(one: Floats, other: Floats) -> Interval:
    """The first less the second, with its interval."""
    return mean_interval(paired(one, other))


def paired(one: Floats, other: Floats) -> Floats:
    """The first less the second: training by training where both have as many, else less the second's mean."""
    return one - (other if one.shape == other.shape else other.mean(axis=0, keepdims=True))


def measure_distances(
    baseline: Scores, tuned: Sequence[Scores], placebo: Sequence[Scores] = (), held_out: Sequence[float] = ()
) -> Distances | None:
    """Means and differences over the answers that every model has a score for; None for fewer than 6 prompts.

    Args:
        tuned: One training seed each, and so `placebo`.
        held_out: Scores of her own essays, each against the others.
    """
    table = Table([[baseline], tuned, *([placebo] if placebo else [])])
    if not table.enough:
        return None
    base, own = table.rows([baseline]), table.rows(tuned)
    distances = Distances(
        prompts=len(table.prompts),
        answers=table.answers * len(tuned),
        trainings=len(tuned),
        baseline=mean_interval(base),
        tuned=mean_interval(own),
        tuned_minus_baseline=apart(own, base),
    )
    other = table.rows(placebo) if placebo else None
    return distances.model_copy(
        update={**_against_placebo(base, own, other), **_against_essays(base, own, np.array(held_out))}
    )


def _against_placebo(base: Floats, own: Floats, other: Floats | None) -> dict[str, Interval | None]:
    if other is None:
        return {}
    return {
        "placebo": mean_interval(other),
        "tuned_minus_placebo": apart(own, other),
        "placebo_minus_baseline": apart(other, base),
    }


def _against_essays(base: Floats, own: Floats, essays: Floats) -> dict[str, Interval | None]:
    if len(essays) < FEWEST_ESSAYS:
        return {}
    room = difference_of_groups(essays, base[0])
    index = quotient(own - base, base[0], essays) if room.above_zero else None
    return {"held_out": mean_interval(essays[None, :]), "held_out_minus_baseline": room, "index": index}
