"""Chooses the placebo where the config leaves it open: of the other writers at hand the one who is most like her.

The nearer the placebo's writer, the more of what sets her apart from him is her voice and not that of her kind.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ownvoice.config import NEAREST, ExperimentConfig
from ownvoice.errors import PairsError
from ownvoice.essays.place import essays_place
from ownvoice.records.essays import Pair

if TYPE_CHECKING:
    from ownvoice.essays.writers import Writer

Pairs = tuple[Pair, ...]


def with_placebo_chosen(config: ExperimentConfig) -> ExperimentConfig:
    """The config with a placebo's place where it says `nearest` and one is trained.

    Essays that can't be read leave the first writer: the check tells what is wrong with them.

    Raises:
        PairsError: there is no other writer.
    """
    if config.data.placebo != NEAREST or not config.trains_placebo or config.data.placebos:
        return config
    placebo = _place_of(_nearest(config), config)
    return config.model_copy(update={"data": config.data.model_copy(update={"placebo": placebo})})


def _place_of(writer: Writer, config: ExperimentConfig) -> str:
    """As a person would have written it in the config."""
    from ownvoice.essays.writers import PAIRS  # noqa: PLC0415 - as below

    parts = (writer.place.parent.name, PAIRS) if writer.place.name == PAIRS else (writer.place.name,)
    return str(Path(config.data.third_authors, *parts))


def _nearest(config: ExperimentConfig) -> Writer:
    from ownvoice.essays.check import read_pairs  # noqa: PLC0415 - NumPy, which a run that is done need not load
    from ownvoice.essays.others import third_authors  # noqa: PLC0415
    from ownvoice.voice.library import nearest_of, open_library  # noqa: PLC0415

    here = essays_place(config.data.pairs)
    writers = {writer.name: writer for writer in third_authors(config.data) if writer.place != here}
    if not writers:
        raise PairsError(
            f"data.placebo={NEAREST}: no other writer in data.third_authors={config.data.third_authors}",
            "a folder with a folder of essays for each of some other writers",
            "set data.third_authors, name a writer with data.placebo, or leave the control out",
        )
    try:
        own = read_pairs(here, config.data.columns)
        theirs = {name: read_pairs(writer.place) for name, writer in writers.items()}
    except PairsError:
        return next(iter(writers.values()))
    essays = {name: [pair.essay for pair in pairs] for name, pairs in _who_can_serve(own, theirs, config).items()}
    return writers[nearest_of(open_library(), [pair.essay for pair in own], essays)]


def _who_can_serve(own: Pairs, theirs: dict[str, Pairs], config: ExperimentConfig) -> dict[str, Pairs]:
    """Writers who aren't the author, with essays enough for a training of her size; all where none is."""
    from ownvoice.essays.choose import choose  # noqa: PLC0415 - as above

    hers = {" ".join(pair.essay.split()) for pair in own}
    others = {
        name: pairs for name, pairs in theirs.items() if not any(" ".join(p.essay.split()) in hers for p in pairs)
    }
    data = config.data
    needed = sum(pair.split == "train" for pair in choose(own, data.tiers, data.train_pairs, data.order).kept)
    enough = {
        name: pairs
        for name, pairs in others.items()
        if sum(pair.split == "train" for pair in pairs) >= needed and any(pair.split == "validation" for pair in pairs)
    }
    return enough or others or theirs
