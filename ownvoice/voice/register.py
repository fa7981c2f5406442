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
# With 3 and 13 essays: authors of another register lie at .96 to 1.60 (23 of 23 at or beyond the limit); those of
# the background's own, left out of it, at .48 to .85, but for 2 of 23 at 1.0 to 1.3. tests/bench/registers.py
FURTHEST = 0.95


def distance_to(background: Background, essays: Sequence[str]) -> float:
    """How far the essays' mean shape lies from the nearest of the background's authors."""
    scale = background.shape_scale(LONGEST)
    author = scale.z(np.array([measure_shape(first_words(essay, LONGEST)).row() for essay in essays])).mean(axis=0)
    rows = scale.z(background.shape_rows(LONGEST))
    names = np.array([text.author for text in background.texts])
    means = np.array([rows[names == name].mean(axis=0) for name in background.authors])
    distances = np.sort(np.sqrt(((means - author) ** 2).mean(axis=1)))
    return float(distances[:NEAREST_AUTHORS].mean())


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
