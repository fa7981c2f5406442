"""Reads models' answers from JSON lines, whoever made them: a row an answer, every problem at once with its line.

{"prompt": "A wedding in the rain", "sample": 0, "text": "It began to rain when ..."}
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from ownvoice.errors import VoiceError, shown_names
from ownvoice.frozen import Frozen
from ownvoice.markdown import shortened, show_invisible
from ownvoice.parsing import json_of
from ownvoice.voice.material import ModelTexts
from ownvoice.voice.results import AnswerRow, AnswerText

FORM = '{"prompt": "the topic that was asked", "text": "the answer"} on each line, with sample and seed if there are'
REMEDY = "mend the lines named, all of them; docs/voice.md shows the form"
PROMPT_CHARACTERS = 80  # as much of a prompt as a message quotes


class AnswerFiles(NamedTuple):
    baseline: Path
    tuned: Path
    placebos: tuple[Path, ...] = ()
    """A file for each writer."""


class Answers(Frozen):
    """What the files hold, in the order of the baseline's; of each training its own, by their seeds."""

    baseline: ModelTexts
    tuned: tuple[ModelTexts, ...]
    placebos: tuple[tuple[ModelTexts, ...], ...] = ()
    notes: tuple[str, ...] = ()


def read_answers(files: AnswerFiles) -> Answers:
    """The answers of all models to the same prompts.

    Raises:
        VoiceError: with every problem of all files.
    """
    problems: list[str] = []
    lines = {path: _read_lines(path, problems) for path in (files.baseline, files.tuned, *files.placebos)}
    prompts = _prompts_of((line for each in lines.values() for line in each), problems)
    models = {path: _by_training(path, each, problems) for path, each in lines.items()}
    problems += [f"{line.at}: the baseline has no training" for line in lines[files.baseline] if line.is_of_training]
    numbered = {model: _numbered(each, problems) for of_file in models.values() for model, each in of_file.items()}
    untrained = _Model(files.baseline)
    if not problems:  # a prompt that seems to be missing may stand in a line that can't be read
        problems += _lonely_prompts(untrained, numbered)
    if problems:
        raise VoiceError(show_invisible("\n".join(problems)), FORM, REMEDY)
    order = {answer: place for place, answer in enumerate(numbered[untrained])}
    texts = {
        model: _texts(sorted(found.items(), key=lambda item: order.get(item[0], len(order))), prompts)
        for model, found in numbered.items()
    }
    return Answers(
        baseline=texts[untrained],
        tuned=tuple(texts[model] for model in models[files.tuned]),
        placebos=tuple(tuple(texts[model] for model in models[path]) for path in files.placebos),
        notes=tuple(_unpaired(texts)),
    )


class _Line(NamedTuple):
    at: str
    """file:line."""
    row: AnswerRow

    @property
    def prompt(self) -> str:
        return " ".join(self.row.prompt.split())

    @property
    def is_of_training(self) -> bool:
        return self.row.training is not None


class _Model(NamedTuple):
    """What answered: a file's one model, or that of one training."""

    path: Path
    training: int | None = None

    def __str__(self) -> str:
        return str(self.path) if self.training is None else f"{self.path}, training {self.training}"


class _Prompt(NamedTuple):
    id: str
    canary: bool
    at: str


_Numbered = dict[tuple[str, int], _Line]
"""By prompt and sample."""


def _read_lines(path: Path, problems: list[str]) -> list[_Line]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        problems.append(f"{path}: {error.strerror}")
        return []
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.append(f"{path}:{line}: not UTF-8 (byte {error.start}): save it again as UTF-8")
        return []
    rows = [(f"{path}:{number}", row) for number, row in enumerate(text.split("\n"), 1) if row.strip()]
    if not rows:
        problems.append(f"{path}: no answer in it")
    found = [(at, _row_of(at, row, problems)) for at, row in rows]
    return [_Line(at, row) for at, row in found if row is not None]


def _row_of(at: str, line: str, problems: list[str]) -> AnswerRow | None:
    """None where something is wrong with it."""
    try:
        values = json_of(line)
    except json.JSONDecodeError as error:
        problems.append(f"{at}: not JSON: {error.msg} at column {error.colno}")
        return None
    except ValueError:  # a number of 5,000 digits, 10,000 brackets
        problems.append(f"{at}: not JSON that can be read")
        return None
    if not isinstance(values, dict):
        problems.append(f"{at}: not an object")
        return None
    wrong = list(_wrong_values(values))
    problems += [f"{at}: {each}" for each in wrong]
    return None if wrong else AnswerRow.model_validate(values)


def _wrong_values(values: dict[str, Any]) -> Iterator[str]:
    try:
        row = AnswerRow.model_validate(values, strict=True)
    except ValidationError as error:
        yield from (_in_words(each["type"], str(each["loc"][0]), each["msg"]) for each in error.errors())
        return
    if not row.prompt.strip():
        yield "the prompt is empty"
    for name in ("id", "prompt", "text"):
        if any("\ud800" <= character <= "\udfff" for character in values.get(name, "")):
            yield f"the {name} holds half a character (a lone surrogate)"


def _in_words(kind: str, name: str, message: str) -> str:
    if kind == "missing":
        return f"{name} is missing"
    if kind == "extra_forbidden":
        near = get_close_matches(name, AnswerRow.model_fields, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(AnswerRow.model_fields)}"
        return f"no such field '{shortened(name, PROMPT_CHARACTERS)}'; {hint}"
    return f"{name}: {message[0].lower()}{message[1:]}"


def _prompts_of(lines: Iterable[_Line], problems: list[str]) -> dict[str, _Prompt]:
    """Each prompt by its text. In all files it has one id, and is a canary or is not."""
    prompts: dict[str, _Prompt] = {}
    named: dict[str, tuple[str, str]] = {}
    for line in lines:
        row, prompt = line.row, line.prompt
        known = prompts.setdefault(prompt, _Prompt(row.id or prompt, row.canary, line.at))
        if row.id and known.id == prompt:
            known = prompts[prompt] = known._replace(id=row.id)
        if row.id and row.id != known.id:
            problems.append(f"{line.at}: the prompt has the id {row.id!r}, and {known.id!r} before ({known.at})")
        if row.canary != known.canary:
            kinds = ("a canary", "a probe") if row.canary else ("a probe", "a canary")
            problems.append(f"{line.at}: the prompt is {kinds[0]} here, and {kinds[1]} before ({known.at})")
        first, at = named.setdefault(row.id or prompt, (prompt, line.at))
        if first != prompt:
            problems.append(f"{line.at}: the id {row.id or prompt!r} names another prompt before ({at})")
    return prompts


def _by_training(path: Path, lines: list[_Line], problems: list[str]) -> dict[_Model, list[_Line]]:
    """By the trainings' seeds; of a file that names none, all together."""
    trainings = sorted({line.row.training for line in lines if line.row.training is not None})
    if not trainings:
        return {_Model(path): lines}
    problems += [
        f"{line.at}: no training, and other rows of the file have one" for line in lines if not line.is_of_training
    ]
    return {_Model(path, training): [line for line in lines if line.row.training == training] for training in trainings}


def _numbered(lines: list[_Line], problems: list[str]) -> _Numbered:
    found: _Numbered = {}
    counts: Counter[str] = Counter()
    for line in lines:
        sample = counts[line.prompt] if line.row.sample is None else line.row.sample
        counts[line.prompt] += 1
        first = found.setdefault((line.prompt, sample), line)
        if first is not line:
            problems.append(f"{line.at}: sample {sample} of {_quoted(line.prompt)} stands here again ({first.at})")
    return found


def _lonely_prompts(baseline: _Model, numbered: Mapping[_Model, _Numbered]) -> list[str]:
    """All must be asked the same: a line for each model that lacks prompts of the baseline's, or has more."""
    asked = {model: dict.fromkeys(prompt for prompt, _ in found) for model, found in numbered.items()}
    problems = []
    for model in asked.keys() - {baseline}:
        for one, other in ((baseline, model), (model, baseline)):
            alone = [_quoted(prompt) for prompt in asked[one] if prompt not in asked[other]]
            if alone:
                problems.append(f"{other}: no answer to {len(alone)} of {one}'s prompts: {shown_names(alone)}")
    return sorted(problems)


def _quoted(prompt: str) -> str:
    return f"“{shortened(prompt, PROMPT_CHARACTERS)}”"


def _texts(numbered: Iterable[tuple[tuple[str, int], _Line]], prompts: Mapping[str, _Prompt]) -> ModelTexts:
    answers = [
        AnswerText(
            prompt_id=prompts[prompt].id, sample=sample, topic=prompt, text=line.row.text, cut_off=line.row.cut_off
        )
        for (prompt, sample), line in numbered
    ]
    canaries = {known.id for known in prompts.values() if known.canary}
    return ModelTexts(
        canaries=tuple(answer for answer in answers if answer.prompt_id in canaries),
        probes=tuple(answer for answer in answers if answer.prompt_id not in canaries),
    )


def _unpaired(texts: Mapping[_Model, ModelTexts]) -> Iterator[str]:
    answered = {model: {(each.prompt_id, each.sample) for each in found.probes} for model, found in texts.items()}
    shared = set.intersection(*answered.values())
    for model, found in answered.items():
        if more := len(found - shared):
            yield f"{model}: {more} answers have no sample of the same number in the other files and aren't compared."
