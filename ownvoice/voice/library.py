"""A library of backgrounds: the registers that one file or folder holds, and their mix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ownvoice.config import Frozen
from ownvoice.errors import VoiceError
from ownvoice.paths import SHIPPED_BACKGROUND
from ownvoice.voice.background import Background, MeasuredText, combine, measure_text
from ownvoice.voice.corpus import Writing, Writings, read_writings

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
    from ownvoice.voice.library_file import load_library  # noqa: PLC0415 - the file's format knows the library

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
