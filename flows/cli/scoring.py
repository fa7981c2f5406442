"""`ownvoice score` and `ownvoice background`: the measure of the voice by itself, without a model and without a run."""

from __future__ import annotations

import sys
from pathlib import Path

from ownvoice.errors import VoiceError
from ownvoice.files import write_atomically
from ownvoice.report.score_table import render_scores
from ownvoice.voice.corpus import SUFFIXES, read_text_file, read_writings, text_files
from ownvoice.voice.library import make_library, open_library
from ownvoice.voice.library_file import library_bytes
from ownvoice.voice.score import NamedText, score_texts

STDIN = "-"


def score_text(author: Path, texts: tuple[str, ...], background: Path | None, as_json: bool) -> str:
    """The table, or the report as JSON.

    Raises:
        VoiceError: files that can't be read, all at once; or no essay that can be measured.
    """
    problems: list[str] = []
    essays = _read(str(author), problems)
    scored = [each for text in texts for each in _read(text, problems)]
    if problems:
        raise VoiceError("\n".join(problems), "files of text, folders of .md and .txt files, or - for stdin")
    report = score_texts(open_library(background), essays, scored)
    return report.model_dump_json(indent=2) if as_json else render_scores(report)


def background_text(folder: Path, out: Path) -> str:
    """Write the figures of other writers' texts and say what is in them.

    Raises:
        VoiceError: texts that can't be measured, all at once; or a file that is there already.
    """
    if out.suffix != ".npz" or out.exists():
        found = "is there already" if out.exists() else "does not end with .npz"
        raise VoiceError(f"{out}: {found}", "a new file, such as my-genre.npz")
    library = make_library(read_writings(folder))
    write_atomically(out, library_bytes(library))
    rows = [
        f"{name}: {len(background.texts)} texts by {len(background.authors)} authors"
        for name, background in library.backgrounds.items()
    ]
    return "\n".join([*rows, f"{out}: {out.stat().st_size / 1e3:,.0f} kB, figures and masked sentences, no text"])


def _read(place: str, problems: list[str]) -> list[NamedText]:
    if place == STDIN:
        return [NamedText(name="stdin", text=sys.stdin.buffer.read().decode("utf-8", "replace"))]
    path = Path(place).expanduser()
    files = text_files(path) if path.is_dir() else [path]
    if not files:
        problems.append(f"{path}: no {' or '.join(SUFFIXES)} file in it")
    found = []
    for file in files:
        try:
            found.append(NamedText(name=file.name, text=read_text_file(file)))
        except VoiceError as error:
            problems.append(error.found)
    return found
