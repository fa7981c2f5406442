"""Makes, writes and opens a library of other writers, and finds in it those who write most like the author.

Its file is one .npz without pickled objects: token numbers, lengths, shapes, a scale, and JSON as bytes. The background that
an author's texts are compared with are the writers nearest to her in shape, whatever register they are of: the
closer they are, the more what sets her apart from them is voice."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from ownvoice.errors import VoiceError
from ownvoice.frozen import Frozen
from ownvoice.paths import SHIPPED_BACKGROUND
from ownvoice.voice.background import LONGEST, Background, BackgroundText, measure_text
from ownvoice.voice.characters import CharacterScale, Scale, character_scale, masked_codes
from ownvoice.voice.corpus import Writings, read_writings
from ownvoice.voice.results import RegisterFit
from ownvoice.voice.shape import measure_shape
from ownvoice.voice.text import first_words

# Two a half, as models of one half score the texts of the other. With four AUC was .961 +- .011, with all 6 to 9 authors
# .953 +- .021 (tests/bench/authorship.py, 3 references, 6 texts).
FEWEST_AUTHORS = 4
FEWEST_TEXTS = 10  # sigma from fewer is off by a quarter or more (standard error of a deviation: 1 / sqrt(2n - 2))
NEAREST_WRITERS = 24
FORMAT = 2


class About(Frozen):
    """Where a library comes from."""

    format: int = FORMAT
    made_by: str
    """ownvoice and its version."""
    corpus_sha256: str
    sources: tuple[str, ...]
    """`source (licence)` of the texts, none of which are here."""


class Nearest(NamedTuple):
    """The writers that an author is compared with, and how well they match."""

    background: Background
    fit: RegisterFit
    writers: tuple[str, ...]
    """All of the library's, nearest first."""


@dataclass(frozen=True, eq=False)
class Library:
    about: About
    texts: tuple[BackgroundText, ...]
    registers: Mapping[str, str]
    """Of each author."""
    topic: CharacterScale

    @property
    def authors(self) -> tuple[str, ...]:
        return tuple(sorted(self.registers))

    def background(self, authors: Sequence[str], name: str = "these writers") -> Background:
        """Of these authors alone."""
        chosen = frozenset(authors)
        texts = tuple(text for text in self.texts if text.author in chosen)
        characters = character_scale([masked_codes(text.sentences) for text in texts])
        return Background(name, texts, characters, self.topic)


def make_library(writings: Writings) -> Library:
    """Raises VoiceError: too few authors or texts."""
    authors = {writing.author for writing in writings.texts}
    if len(authors) < FEWEST_AUTHORS or len(writings.texts) < FEWEST_TEXTS:
        raise VoiceError(
            f"{len(authors)} authors with {len(writings.texts)} texts",
            f"{FEWEST_AUTHORS} authors or more with {FEWEST_TEXTS} texts of about 400 words or more",
            "add other writers of the genre",
        )
    measured = [measure_text(w.author, w.text, seed) for seed, w in enumerate(writings.texts)]
    return Library(
        _about(writings),
        tuple(text.kept for text in measured),
        {writing.author: writing.register_name for writing in writings.texts},
        character_scale([text.raw for text in measured]),
    )


def open_library(path: Path | None = None) -> Library:
    """The shipped library, a file made by `ownvoice background`, or a folder or .jsonl of texts measured now.

    Raises:
        VoiceError: it can't be read.
    """
    path = path or SHIPPED_BACKGROUND
    return load_library(path) if path.suffix == ".npz" else make_library(read_writings(path))


def _about(writings: Writings) -> About:
    sources = sorted({f"{w.source} ({w.licence or 'licence not given'})" for w in writings.texts if w.source})
    return About(made_by=_version(), corpus_sha256=writings.sha256, sources=tuple(sources))


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - 20 ms that scoring need not pay

    try:
        return f"ownvoice {version('ownvoice')}"
    except PackageNotFoundError:
        return "ownvoice"


Arrays = dict[str, npt.NDArray[Any]]


def library_bytes(library: Library) -> bytes:
    """The file's content; the same library always gives the same bytes."""
    texts = library.texts
    sentences = [sentence for text in texts for sentence in text.sentences]
    vocabulary = sorted({token for sentence in sentences for token in sentence})
    authors = library.authors
    numbers = {token: number for number, token in enumerate(vocabulary)}
    arrays: Arrays = {
        "tokens": np.array([numbers[token] for sentence in sentences for token in sentence], np.uint16),
        "tokens_in_sentence": np.array([len(sentence) for sentence in sentences], np.uint16),
        "sentences_in_text": np.array([len(text.sentences) for text in texts], np.uint16),
        "author_of_text": np.array([authors.index(text.author) for text in texts], np.uint16),
        "shapes": np.array([text.shapes for text in texts], np.float16),
        "topic/codes": library.topic.codes,
        "topic/mean": library.topic.scale.mean.astype(np.float32),
        "topic/deviation": library.topic.scale.deviation.astype(np.float32),
    }
    head = {
        "about": library.about.model_dump(),
        "vocabulary": vocabulary,
        "authors": {author: library.registers[author] for author in authors},
    }
    arrays["head"] = np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), np.uint8)
    return _packed(arrays)


def load_library(path: Path) -> Library:
    """What `library_bytes` wrote.

    Raises:
        VoiceError: no such file, or another content.
    """
    try:
        stamp = path.stat()
        return _loaded(path.absolute(), stamp.st_size, stamp.st_mtime_ns)
    except FileNotFoundError:
        found = "nothing there"
    except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile, ValidationError):
        found = "no background that this version of ownvoice reads"
    raise VoiceError(f"{path}: {found}", "a file made by `ownvoice background FOLDER OUT`", "make it again")


@lru_cache(maxsize=1)
def _loaded(path: Path, _size: int, _written: int) -> Library:
    """Each run of a series is compared with the same; a file that was written anew is read anew."""
    with np.load(path, allow_pickle=False) as file:
        return _library({name: file[name] for name in file.files})


def _library(arrays: Mapping[str, npt.NDArray[Any]]) -> Library:
    head = json.loads(arrays["head"].tobytes())
    about, registers = About.model_validate(head["about"]), head["authors"]
    if about.format != FORMAT:
        raise ValueError(about.format)
    mean, deviation = (arrays[f"topic/{part}"].astype(np.float64) for part in ("mean", "deviation"))
    topic = CharacterScale(arrays["topic/codes"].astype(np.int64), Scale(mean, deviation))
    return Library(about, tuple(_texts(arrays, head["vocabulary"], list(registers))), registers, topic)


def _texts(arrays: Mapping[str, npt.NDArray[Any]], vocabulary: list[str], authors: list[str]) -> list[BackgroundText]:
    tokens = [vocabulary[number] for number in arrays["tokens"].tolist()]
    ends = np.cumsum(arrays["tokens_in_sentence"], dtype=np.int64).tolist()
    sentences = [tuple(tokens[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
    ends = np.cumsum(arrays["sentences_in_text"], dtype=np.int64).tolist()
    shapes = arrays["shapes"].astype(np.float64)
    return [
        BackgroundText(authors[author], tuple(sentences[start:end]), shape)
        for author, start, end, shape in zip(arrays["author_of_text"].tolist(), [0, *ends], ends, shapes, strict=False)
    ]


def _packed(arrays: Arrays) -> bytes:
    """As `np.savez_compressed`, with a fixed time in the archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, array, allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), content.getvalue(), zipfile.ZIP_DEFLATED
            )
    return packed.getvalue()


NEAREST_AUTHORS = 3
# Of 87 of the writers of the shipped background, each left out of it, all lie within .97 of the nearest three others, 95%
# within .67. With the register alone that is furthest from them, 20 of 87 lie beyond (tests/bench/registers.py).
FURTHEST = 1.0


def distances_to(texts: Sequence[BackgroundText], essays: Sequence[str]) -> dict[str, float]:
    """How far the author's shape lies from each writer's: root mean square over the features, in their deviations.

    Few essays lie further off by chance: their mean's expected square error, from the spread within the writers, is
    taken off the squared distances.
    """
    rows = np.array([text.shapes[-1] for text in texts])
    scale = Scale.of(rows)
    own = scale.z(np.array([measure_shape(first_words(essay, LONGEST)).row() for essay in essays]))
    rows, names = scale.z(rows), np.array([text.author for text in texts])
    by_author = {name: rows[names == name] for name in sorted(set(names.tolist()))}
    means = np.array([each.mean(axis=0) for each in by_author.values()])
    spread = sum(((each - each.mean(axis=0)) ** 2).sum() for each in by_author.values())
    within = spread / max(1, len(rows) - len(means)) / rows.shape[1]
    squares = ((means - own.mean(axis=0)) ** 2).mean(axis=1) - within / len(own)
    return dict(zip(by_author, np.sqrt(np.maximum(0, squares)).tolist(), strict=True))


def nearest_of(library: Library, essays: Sequence[str], others: Mapping[str, Sequence[str]]) -> str:
    """Which of these other writers is the nearest, in the deviations of the library's."""
    shapes = [
        BackgroundText(f"\0{name}", (), measure_text(name, first_words(text, LONGEST), 0).kept.shapes)
        for name, texts in others.items()
        for text in texts
    ]
    distances = distances_to([*library.texts, *shapes], essays)
    return min((name for name, texts in others.items() if texts), key=lambda name: (distances[f"\0{name}"], name))


def nearest(library: Library, essays: Sequence[str]) -> Nearest:
    """The background for an author."""
    return _nearest(library, tuple(essays))


@lru_cache(maxsize=2)  # the runs of a series are of one author
def _nearest(library: Library, essays: tuple[str, ...]) -> Nearest:
    distances = distances_to(library.texts, essays)
    order = sorted(distances, key=lambda name: (distances[name], name))
    chosen = order[:NEAREST_WRITERS]
    counts = Counter(library.registers[name] for name in chosen)
    registers = ", ".join(f"{number} of the register “{name}”" for name, number in counts.most_common())
    distance = float(np.mean([distances[name] for name in order[:NEAREST_AUTHORS]]))
    name = f"the {len(chosen)} nearest of {len(order)} writers"
    sentence = f"Compared with {name}, those whose texts are shaped most like yours: {registers}."
    if distance > FURTHEST:
        sentence = (
            f"No background matches: your essays lie outside what the writers at hand look like ({distance:.2f} from the "
            f"nearest; they lie within {FURTHEST} of each other). {sentence} VOICE then measures genre and era as well as "
            "voice; give other writers of the genre with --background."
        )
    fit = RegisterFit(
        background=name,
        distance=distance,
        matches=distance <= FURTHEST,
        sentence=sentence,
        nearest=counts.most_common(1)[0][0],
    )
    return Nearest(background=library.background(chosen, name), fit=fit, writers=tuple(order))
