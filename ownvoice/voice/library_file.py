"""A library in one .npz file without pickled objects: token numbers, lengths, shapes, scales, and JSON as bytes."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from ownvoice.errors import VoiceError
from ownvoice.voice.background import Background, BackgroundText
from ownvoice.voice.characters import CharacterScale
from ownvoice.voice.library import MIX, About, Library
from ownvoice.voice.scale import Scale

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
