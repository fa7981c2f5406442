"""Makes, writes and opens a library of other writers: a background for each register of their texts, and their mix.

Its file is one .npz without pickled objects: token numbers, lengths, shapes, scales, and JSON as bytes. Whether a background
is of the author's register is told by the shape of her essays."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from ownvoice.errors import VoiceError
from ownvoice.frozen import Frozen
from ownvoice.paths import SHIPPED_BACKGROUND
from ownvoice.voice.background import LONGEST, Background, BackgroundText, MeasuredText, combine, measure_text
from ownvoice.voice.characters import CharacterScale, Scale
from ownvoice.voice.corpus import Writing, Writings, read_writings
from ownvoice.voice.results import RegisterFit
from ownvoice.voice.shape import measure_shape
from ownvoice.voice.text import first_words

MIX = "mix of registers"
# Two a half, as models of one half score the texts of the other. With four AUC was .961 +- .011, with all 6 to 9 authors
# .953 +- .021 (tests/bench/authorship.py, 3 references, 6 texts).
FEWEST_AUTHORS = 4
FEWEST_TEXTS = 10  # sigma from fewer is off by a quarter or more (standard error of a deviation: 1 / sqrt(2n - 2))


class About(Frozen):
    """Where a library comes from."""

    format: int = 1
    made_by: str
    """ownvoice and its version."""
    corpus_sha256: str
    sources: tuple[str, ...]
    """`source (licence)` of the texts, none of which are here."""


@dataclass(frozen=True)
class Library:
    about: About
    backgrounds: Mapping[str, Background]

    @property
    def registers(self) -> tuple[str, ...]:
        return tuple(name for name in self.backgrounds if name != MIX)


def make_library(writings: Writings) -> Library:
    """Backgrounds of every register of the texts and, where there is more than one, of all together.

    Raises:
        VoiceError: a register has too few authors or texts, each named.
    """
    _check(writings.texts)
    measured = [measure_text(w.author, w.text, seed) for seed, w in enumerate(writings.texts)]
    backgrounds = {}
    registers = sorted({writing.register_name for writing in writings.texts})
    for register in registers:
        backgrounds[register] = combine(register, _of(register, writings.texts, measured))
    if len(registers) > 1:
        backgrounds[MIX] = combine(MIX, [text for r in registers for text in _of(r, writings.texts, measured)])
    return Library(_about(writings), backgrounds)


def open_library(path: Path | None = None) -> Library:
    """The shipped library, a file made by `ownvoice background`, or a folder or .jsonl of texts measured now.

    Raises:
        VoiceError: it can't be read.
    """
    path = path or SHIPPED_BACKGROUND
    return load_library(path) if path.suffix == ".npz" else make_library(read_writings(path))


def _of(register: str, writings: Sequence[Writing], measured: Sequence[MeasuredText]) -> list[MeasuredText]:
    return [text for writing, text in zip(writings, measured, strict=True) if writing.register_name == register]


def _check(writings: Sequence[Writing]) -> None:
    problems = []
    for register in sorted({writing.register_name for writing in writings}):
        texts = [writing for writing in writings if writing.register_name == register]
        authors = len({writing.author for writing in texts})
        if authors < FEWEST_AUTHORS or len(texts) < FEWEST_TEXTS:
            problems.append(f"{register}: {authors} authors with {len(texts)} texts")
    if problems:
        raise VoiceError(
            "\n".join(problems),
            f"{FEWEST_AUTHORS} authors or more with {FEWEST_TEXTS} texts of about 400 words or more in every register",
            "add other writers of the genre",
        )


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
    texts = [text for name in library.registers for text in library.backgrounds[name].texts]
    sentences = [sentence for text in texts for sentence in text.sentences]
    vocabulary = sorted({token for sentence in sentences for token in sentence})
    authors = sorted({text.author for text in texts})
    numbers = {token: number for number, token in enumerate(vocabulary)}
    arrays: Arrays = {
        "tokens": np.array([numbers[token] for sentence in sentences for token in sentence], np.uint16),
        "tokens_in_sentence": np.array([len(sentence) for sentence in sentences], np.uint16),
        "sentences_in_text": np.array([len(text.sentences) for text in texts], np.uint16),
        "author_of_text": np.array([authors.index(text.author) for text in texts], np.uint16),
        "shapes": np.array([text.shapes for text in texts], np.float16),
    }
    for name, background in library.backgrounds.items():
        arrays |= _scale_arrays(f"{name}/characters", background.characters)
        arrays |= _scale_arrays(f"{name}/topic", background.topic)
    head = {
        "about": library.about.model_dump(),
        "vocabulary": vocabulary,
        "authors": authors,
        "registers": {name: len(library.backgrounds[name].texts) for name in library.registers},
    }
    arrays["head"] = np.frombuffer(json.dumps(head, ensure_ascii=False).encode(), np.uint8)
    return _packed(arrays)


def load_library(path: Path) -> Library:
    """What `library_bytes` wrote.

    Raises:
        VoiceError: no such file, or another content.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return _library({name: file[name] for name in file.files})
    except FileNotFoundError:
        found = "nothing there"
    except (OSError, EOFError, ValueError, KeyError, IndexError, zipfile.BadZipFile, ValidationError):
        found = "no background that this version of ownvoice reads"
    raise VoiceError(f"{path}: {found}", "a file made by `ownvoice background FOLDER OUT`", "make it again")


def _library(arrays: Mapping[str, npt.NDArray[Any]]) -> Library:
    head = json.loads(arrays["head"].tobytes())
    texts = _texts(arrays, head["vocabulary"], head["authors"])
    backgrounds, start = {}, 0
    for name, count in head["registers"].items():
        backgrounds[name] = _background(name, texts[start : start + count], arrays)
        start += count
    if len(backgrounds) > 1:
        backgrounds[MIX] = _background(MIX, texts, arrays)
    return Library(About.model_validate(head["about"]), backgrounds)


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


def _background(name: str, texts: list[BackgroundText], arrays: Mapping[str, npt.NDArray[Any]]) -> Background:
    return Background(name, tuple(texts), _scale(f"{name}/characters", arrays), _scale(f"{name}/topic", arrays))


def _scale_arrays(name: str, figures: CharacterScale) -> Arrays:
    return {
        f"{name}/codes": figures.codes,
        f"{name}/mean": figures.scale.mean.astype(np.float32),
        f"{name}/deviation": figures.scale.deviation.astype(np.float32),
    }


def _scale(name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> CharacterScale:
    mean, deviation = (arrays[f"{name}/{part}"].astype(np.float64) for part in ("mean", "deviation"))
    return CharacterScale(arrays[f"{name}/codes"].astype(np.int64), Scale(mean, deviation))


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
