"""Whether a background is of the author's register, told by the shape of the essays.

VOICE is worth little against the wrong background (AUC .98 falls to .86), so the nearest register is taken and a
mismatch is said.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ownvoice.voice.background import LONGEST, Background
from ownvoice.voice.library import MIX, Library
from ownvoice.voice.scores import RegisterFit
from ownvoice.voice.shape import measure_shape
from ownvoice.voice.typography import first_words

NEAREST_AUTHORS = 3
# Between the two groups, on the 23 authors of the shipped background (tests/bench/registers.py): with 3 and 13 essays
# 21 lie at .25 to .65 from their own register without them and 2 at .99 to 1.20; from the other register all lie at
# .87 to 1.52. With one essay 19 of 23 and 21 of 23 lie on the right side. The nearest register is always their own.
FURTHEST = 0.75


def distance_to(background: Background, essays: Sequence[str]) -> float:
    """How far the author's shape lies from the nearest of the background's authors.

    Few essays lie further off by chance: their mean's expected square error, from the spread within the background's
    authors, is taken off the squared distances.
    """
    scale = background.shape_scale(LONGEST)
    own = scale.z(np.array([measure_shape(first_words(essay, LONGEST)).row() for essay in essays]))
    rows = scale.z(background.shape_rows(LONGEST))
    names = np.array([text.author for text in background.texts])
    by_author = [rows[names == name] for name in background.authors]
    means = np.array([each.mean(axis=0) for each in by_author])
    within = (
        sum(((each - each.mean(axis=0)) ** 2).sum() for each in by_author)
        / max(1, len(rows) - len(means))
        / rows.shape[1]
    )
    squares = np.sort(((means - own.mean(axis=0)) ** 2).mean(axis=1)) - within / len(own)
    return float(np.sqrt(np.maximum(0, squares[:NEAREST_AUTHORS])).mean())


def fit_register(library: Library, essays: Sequence[str]) -> RegisterFit:
    """The nearest register of the library; where none is near, their mix."""
    distances = {name: distance_to(library.backgrounds[name], essays) for name in library.registers}
    nearest = min(distances, key=distances.__getitem__)
    distance = distances[nearest]
    if distance <= FURTHEST:
        sentence = f"Compared with other writers of the register “{nearest}”, which the essays resemble in shape."
        return RegisterFit(background=nearest, distance=distance, matches=True, sentence=sentence)
    taken = MIX if MIX in library.backgrounds else nearest
    sentence = (
        f"No background matches: the essays lie outside what its writers look like ({distance:.2f} from the nearest, "
        f"“{nearest}”; writers of one register lie within {FURTHEST}). Compared with “{taken}”, VOICE measures genre "
        "and era as well as voice; give other writers of the genre with --background."
    )
    return RegisterFit(background=taken, distance=distance, matches=False, sentence=sentence)
