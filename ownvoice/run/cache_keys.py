"""Cache keys: the content that a step depends on, and nothing else. It knows nothing of Prefect.

A key hashes the step's name, the source of the code that computes it, the versions of the libraries
that decide the numbers, and its inputs. Keys are computed before the task is called: Prefect only
logs an exception in a key function and then runs the task uncached.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel

from ownvoice.config import EngineConfig, ExperimentConfig
from ownvoice.essays.data_sets import DATA_SUFFIXES, is_snapshot
from ownvoice.essays.place import essays_place
from ownvoice.essays.prompts import prompts_file
from ownvoice.memory.machine import processor_has_bf16
from ownvoice.models.folder import INFO_FILE
from ownvoice.models.prepare import model_identity
from ownvoice.paths import PACKAGE, SHIPPED_BACKGROUND, resolve
from ownvoice.records.essays import CheckedPairs
from ownvoice.records.model import ModelInfo
from ownvoice.run.digests import canonical, digest
from ownvoice.worker.client import replaced_worker
from ownvoice.worker.messages import TrainRequest, placeless

LIBRARIES = ("torch", "transformers", "tokenizers", "peft")
# Contracts travel inside the inputs, as values: a new config field or error class changes no figure.
CONTRACTS = frozenset({"config", "records", "worker.messages", "errors", "paths"})
IMPORT = re.compile(r"^[ \t]*from (?P<module>ownvoice[\w.]*) import (?P<names>\([^)]*\)|[^\n]*)", re.MULTILINE)
# The modules that compute each step; what they import from ownvoice counts too. Tokens are the data set's.
STEP_MODULES = {
    "fetch": ("models.prepare",),
    "check": ("essays.check", "essays.saved"),
    "check-others": ("essays.others", "essays.saved"),
    "generate": ("engine.generate",),
    "likelihood": ("engine.likelihood", "essays.dataset"),
    "prefixes": ("engine.recall", "essays.dataset"),
    "train": ("engine.train", "essays.dataset"),
    "compare": ("analysis.compare",),
}

# A training backend beside the engine's own loop: its modules count for what it trained, and for nothing else.
BACKEND_MODULES = {"accelerate": ("engine.sharded",)}

SERIES_MODULES = ("series.measure",)

# Steps whose figures the worker makes: another worker's are not taken for them.
WORKER_STEPS = frozenset({"generate", "likelihood", "prefixes", "train"})
ANSWERED_STEPS = frozenset({"generate", "prefixes"})


def cache_key(step: str, *inputs: BaseModel | str | None) -> str:
    """Hex digest for one step and its inputs; any change of code, worker, library or input gives another."""
    worker = replaced_worker() if step in WORKER_STEPS else ""
    precision = answers_in() if step in ANSWERED_STEPS else ""
    parts = [step, code_hash(*STEP_MODULES[step]), library_versions(), worker, precision, *map(canonical, inputs)]
    return f"{step}-{digest(chr(0).join(parts).encode())}"


def looks_code() -> str:
    """Of what a training asks in the midst of it: one without looks doesn't depend on it."""
    return f"{code_hash('engine.watch')} {answers_in()}"


def answers_in() -> str:
    """The precision that a processor like this one answers in: a model in bf16 is not held against itself in fp32.

    On a GPU answers are in fp32, and the key tells processors apart all the same: it is made where nothing is loaded.
    """
    return "bf16" if processor_has_bf16() else "fp32"


def backend_code(engine: EngineConfig) -> str:
    """Its name, its code and the library that it stands upon; empty for the engine's own loop, which every key holds."""
    if engine.is_single:
        return ""
    code = code_hash(*BACKEND_MODULES[engine.backend])
    return f"{engine.backend} {code} {importlib.metadata.version(engine.backend)}"


def fetch_key(model: str, revision: str | None) -> str:
    return cache_key("fetch", model_identity(model, revision))


def making_key(request: TrainRequest, base: ModelInfo) -> str:
    """Of the training that makes a model of another one, there where the model is to lie."""
    return cache_key("train", placeless(request), model_hash(base), request.weights)


def check_key(config: ExperimentConfig, info: ModelInfo) -> str:
    length = str(config.decoding.max_new_tokens)  # a prompt must leave room for its answer
    others = {"placebo": "", "placebos": "", "third_authors": "", "control_essays": 1}  # read by another check
    data = config.data.model_copy(update=others)
    return cache_key("check", data, config.prompt, length, data_hash(config), model_hash(info))


def check_others_key(config: ExperimentConfig, info: ModelInfo, own: CheckedPairs) -> str:
    trains = str(config.trains_placebo)
    texts = (data_hash(config), others_hash(config))
    return cache_key("check-others", config.data, config.prompt, trains, own.pair_set, *texts, model_hash(info))


def experiment_key(config: ExperimentConfig) -> str:
    """The same key is the same experiment. Where the files lie doesn't count, what is in them does."""
    identity = model_identity(config.model, config.revision)
    code = "".join(code_hash(*modules) for modules in STEP_MODULES.values())
    texts = (data_hash(config), others_hash(config), background_hash(config))
    backend = filter(None, (backend_code(config.engine),))
    parts = [settings_of(config), identity, code, library_versions(), replaced_worker(), *texts, *backend]
    return digest(chr(0).join(parts).encode())


def settings_of(config: ExperimentConfig) -> str:
    """As JSON all but what lies somewhere: which model and which texts these are is told by their content."""
    places = {"pairs", "prompts", "placebo", "placebos", "third_authors", "background"}
    return config.model_dump_json(exclude={"model": True, "revision": True, "data": places})


def series_key(phase: str, runs: Iterable[str]) -> str:
    """Of a series by its runs' keys, and by the code that compares them."""
    return digest(chr(0).join((phase, code_hash(*SERIES_MODULES), *runs)).encode())


def key_of_series(phase: str, configs: Iterable[ExperimentConfig]) -> str:
    """The same key is the same series."""
    return series_key(phase, map(experiment_key, configs))


def model_hash(info: ModelInfo) -> str:
    """What the model is, wherever it lies: its weights, and its config, tokenizer and chat template."""
    small = [f for f in Path(info.folder).iterdir() if f.suffix in {".json", ".jinja", ".txt", ".model"}]
    hashes = [f"{f.name} {digest(f.read_bytes())}" for f in small if f.name != INFO_FILE]
    hashes += [f"{Path(f.path).name} {f.sha256}" for f in info.files]
    return digest("\n".join(sorted(hashes)).encode())


def data_hash(config: ExperimentConfig) -> str:
    """Bytes of the essays and of the canaries; a missing file counts as such, the check tells of it."""
    return paths_hash(essays_place(config.data.pairs)) + paths_hash(
        prompts_file(config.data.prompts, config.data.pairs)
    )


def others_hash(config: ExperimentConfig) -> str:
    """Bytes of other writers' essays; of those that the config doesn't name, nothing."""
    data = config.data
    places = (essays_place(data.named_placebo), resolve(data.placebos), resolve(data.third_authors))
    named = (data.named_placebo, data.placebos, data.third_authors)
    return " ".join(paths_hash(place) if name else "" for name, place in zip(named, places, strict=True))


def background_hash(config: ExperimentConfig) -> str:
    """Bytes of the figures or texts of other writers; the shipped ones where the config names none."""
    return paths_hash(resolve(config.data.background) if config.data.background else SHIPPED_BACKGROUND)


def paths_hash(path: Path) -> str:
    """Hash of a file, or of every file in a folder with its name (hidden files left out; of a hub's set the tables alone)."""
    files = [path]
    if path.is_dir():
        files = sorted(f for f in path.rglob("*") if f.is_file() and not f.name.startswith("."))
    if is_snapshot(path):
        files = [file for file in files if file.suffix.lower() in DATA_SUFFIXES]
    digest = hashlib.sha256()
    for file in files:
        name = str(file.relative_to(path))
        content = file.read_bytes() if file.is_file() else b"missing"
        digest.update(json.dumps([name, hashlib.sha256(content).hexdigest()]).encode())
    return digest.hexdigest()


@functools.cache
def code_hash(*modules: str) -> str:
    """Hash of domain modules' source and of every domain module that they import, contracts left out."""
    seen: set[str] = set()
    names = {name for module in modules for name in _with_imports(module, seen)}
    sources = (_source_file(name).read_bytes() for name in sorted(names))
    return digest(b"\0".join(sources))


@functools.cache
def library_versions() -> str:
    return " ".join(f"{name}={importlib.metadata.version(name)}" for name in LIBRARIES)


def _with_imports(module: str, seen: set[str]) -> Iterator[str]:
    if module in seen or module in CONTRACTS or (imported := _imported_by(module)) is None:
        return
    seen.add(module)
    yield module
    for name in imported:
        yield from _with_imports(name, seen)


@functools.cache
def _imported_by(module: str) -> tuple[str, ...] | None:
    """None of what is no module."""
    file = _source_file(module)
    return tuple(imported_modules(file.read_text("utf-8"))) if file.is_file() else None


def imported_modules(source: str) -> list[str]:
    """What a module of ours imports from ownvoice, below it: modules, and names in them that may be modules.

    By its lines and not by `ast`: a served run died of "AST constructor recursion depth mismatch" once in some dozens,
    where Prefect parsed in another thread (CPython 3.11 keeps the depth for all threads).
    """
    found = []
    for match in IMPORT.finditer(source):
        below = match["module"].split(".")[1:]
        names = re.sub(r"#[^\n]*|[()]", "", match["names"]).split(",")
        found += [".".join(below)] if below else []
        found += [".".join([*below, name.split()[0]]) for name in names if name.strip()]
    return found


def _source_file(module: str) -> Path:
    path = PACKAGE / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
