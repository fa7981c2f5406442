"""Finds and reads the file of canaries and probes; every problem in it is told at once."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from ownvoice.errors import PairsError
from ownvoice.essays.entries import read_text, shown
from ownvoice.essays.place import essays_place
from ownvoice.frozen import Frozen
from ownvoice.parsing import toml_of
from ownvoice.paths import NEUTRAL_PROMPTS, PROMPTS_NAME, resolve
from ownvoice.records.essays import Canary, Probe
from ownvoice.voice.facts import problem_of

REMEDY = "mend the lines named; docs/data-format.md shows the form"
USUAL_PROBES = 8


class Asked(Frozen):
    """A canary or probe, for messages and comparisons."""

    id: str
    topic: str
    label: str


class Prompts(Frozen):
    canaries: tuple[Canary, ...] = ()
    probes: tuple[Probe, ...] = ()
    sources: dict[str, str] = Field(default_factory=dict)
    """file:line by id."""
    problems: tuple[str, ...] = ()

    def asked(self) -> tuple[Asked, ...]:
        canaries = [Asked(id=c.id, topic=c.topic, label=f"canary '{c.id}'") for c in self.canaries]
        probes = [Asked(id=p.id, topic=p.topic, label=f"probe '{p.id}'") for p in self.probes]
        return (*canaries, *probes)

    def only(self, ids: Collection[str]) -> Prompts:
        """The prompts with these ids."""
        canaries = tuple(canary for canary in self.canaries if canary.id in ids)
        probes = tuple(probe for probe in self.probes if probe.id in ids)
        return self.model_copy(update={"canaries": canaries, "probes": probes})

    def source_of(self, prompt_id: str) -> str:
        return self.sources[prompt_id]


class FoundPrompts(Frozen):
    """What the model will be asked, and where it comes from."""

    file: Path
    prompts: Prompts
    neutral: bool
    """They are nobody's: the writer has none of her own."""
    notes: tuple[str, ...] = ()


def prompts_file(prompts: str, pairs: str) -> Path:
    """The file that is named; else `prompts.toml` in the essays' folder or beside it; else the neutral ones."""
    if prompts:
        return resolve(prompts)
    essays = essays_place(pairs)
    near = (essays / PROMPTS_NAME, essays.parent / PROMPTS_NAME)
    return next((file for file in near if file.is_file()), NEUTRAL_PROMPTS)


def find_prompts(prompts: str, pairs: str) -> FoundPrompts:
    """The canaries and probes, with their problems."""
    file = prompts_file(prompts, pairs)
    if file != NEUTRAL_PROMPTS:
        return FoundPrompts(file=file, prompts=parse_prompts(file), neutral=False)
    own = essays_place(pairs) / PROMPTS_NAME
    note = f"Neutral canaries and probes were asked: there is no {shown(own)}. In your own subjects they tell more."
    return FoundPrompts(file=file, prompts=parse_prompts(file), neutral=True, notes=(note,))


def read_prompts(path: Path) -> Prompts:
    """Canaries and probes of a file.

    Raises:
        PairsError: with every problem of the file.
    """
    prompts = parse_prompts(path)
    if prompts.problems:
        raise PairsError("\n".join(prompts.problems), "[[canary]] and [[probe]] tables with id and topic", REMEDY)
    return prompts


def parse_prompts(path: Path) -> Prompts:
    """Canaries and probes with the problems beside them; entries that are sound are there all the same."""
    file = shown(path)
    if not path.is_file():
        return Prompts(problems=(f"{file}: nothing there; looked for a TOML file with canaries and probes",))
    try:
        text = read_text(path)
        tables = toml_of(text)
    except PairsError as error:
        return Prompts(problems=(error.found,))
    except ValueError as error:
        return Prompts(problems=(f"{file}: not TOML: {error}",))
    return _prompts_of(file, text, tables)


def _prompts_of(file: str, text: str, tables: dict[str, Any]) -> Prompts:
    problems = [f"{file}: no such table '{key}'; use canary and probe" for key in tables.keys() - {"canary", "probe"}]
    found: list[Canary | Probe] = []
    sources: dict[str, str] = {}
    for name, model in (("canary", Canary), ("probe", Probe)):
        rows = tables.get(name, [])
        headers = _header_lines(text, name)
        for index, row in enumerate(rows if isinstance(rows, list) else [rows]):
            at = f"{file}:{headers[index] if index < len(headers) else 1}"
            entry = _entry(model, row, f"{at}: {name}", problems)
            if entry is None:
                continue
            if entry.id in sources:
                problems.append(f"{at}: {name} '{entry.id}' has an id that is used already ({sources[entry.id]})")
                continue
            sources[entry.id] = at
            found.append(entry)
    if not tables.get("canary"):
        problems.append(f"{file}: no canary; add [[canary]] with id and topic")
    return Prompts(
        canaries=tuple(entry for entry in found if isinstance(entry, Canary)),
        probes=tuple(entry for entry in found if isinstance(entry, Probe)),
        sources=sources,
        problems=tuple(problems),
    )


def _entry(model: type[Canary] | type[Probe], row: Any, where: str, problems: list[str]) -> Canary | Probe | None:
    """A row as a canary or probe; what is wrong with it goes to `problems`."""
    try:
        entry = model.model_validate(row)
    except ValidationError as error:
        fields = ", ".join(model.model_fields)
        for each in error.errors():
            problems.append(f"{where}: {'.'.join(map(str, each['loc']))}: {each['msg']}; the fields are {fields}")
        return None
    wrong = []
    if not entry.topic.strip():
        wrong.append(f"{where} '{entry.id}': the topic is empty")
    if not re.fullmatch(r"[\w-]+", entry.id):
        wrong.append(f"{where} '{entry.id}': an id is letters, digits, - and _")
    if isinstance(entry, Canary):
        wrong.extend(f"{where} '{entry.id}': {problem}" for problem in _wrong_facts(entry))
    problems.extend(wrong)
    return None if wrong else entry.model_copy(update={"topic": " ".join(entry.topic.split())})


def _wrong_facts(canary: Canary) -> list[str]:
    problems = ["a fact is empty"] if not all(fact.strip() for fact in canary.facts) else []
    found = ((pattern, problem_of(pattern)) for pattern in canary.contradictions)
    return problems + [f"the contradiction {pattern!r} {problem}" for pattern, problem in found if problem]


def _header_lines(text: str, name: str) -> list[int]:
    """Line of each [[name]] header, in order: tomllib keeps no lines."""
    return [n for n, line in enumerate(text.split("\n"), 1) if re.match(rf"\s*\[\[\s*{name}\s*\]\]", line)]
