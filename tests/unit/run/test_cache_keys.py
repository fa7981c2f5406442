"""What a step's code is: its module and whatever that imports."""

from __future__ import annotations

import ast
from importlib.metadata import version
from typing import get_args

from ownvoice.backends import Backend
from ownvoice.config import EngineConfig, ExperimentConfig, TrainingConfig
from ownvoice.paths import PACKAGE
from ownvoice.run.cache_keys import (
    BACKEND_MODULES,
    backend_code,
    cache_key,
    code_hash,
    experiment_key,
    imported_modules,
)
from ownvoice.run.digests import canonical
from ownvoice.worker.messages import Examples, TrainRequest, placeless


def by_python(source: str) -> set[str]:
    """The same as Python itself reads it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "ownvoice":
            below = (node.module or "").split(".")[1:]
            found |= {".".join(below)} - {""}
            found |= {".".join([*below, alias.name]) for alias in node.names}
    return found


def test_imports_of_every_module_are_found_as_python_finds_them() -> None:
    sources = {str(file.relative_to(PACKAGE)): file.read_text("utf-8") for file in PACKAGE.rglob("*.py")}
    assert {name: set(imported_modules(source)) for name, source in sources.items()} == {
        name: by_python(source) for name, source in sources.items()
    }


def test_imports_over_many_lines_under_another_name_and_within_a_function_count() -> None:
    source = "from ownvoice.a import (  # why\n    b,\n    c as d,  # so\n)\ndef f():\n    from ownvoice import e\n"
    assert imported_modules(source) == ["a", "a.b", "a.c", "e"]


def test_another_module_has_another_hash() -> None:
    assert code_hash("engine.train") != code_hash("engine.generate") != code_hash("engine.generate", "essays.dataset")


SHARED = EngineConfig(backend="accelerate", processes=2)
THREE = EngineConfig(backend="accelerate", processes=3)
NONE = Examples(path="", fingerprint="", rows=0)


def test_every_backend_but_the_engines_own_loop_has_its_code_in_the_key() -> None:
    assert backend_code(EngineConfig()) == ""
    assert backend_code(SHARED).split() == ["accelerate", code_hash("engine.sharded"), version("accelerate")]
    assert set(BACKEND_MODULES) | {"single"} == set(get_args(Backend))


def test_an_experiment_of_another_backend_or_of_more_processes_is_another() -> None:
    configs = (ExperimentConfig(), ExperimentConfig(engine=SHARED), ExperimentConfig(engine=THREE))
    assert len({experiment_key(config) for config in configs}) == 3


def test_a_training_of_one_process_has_the_key_that_it_had_before_there_were_others() -> None:
    assert "engine" not in canonical(training())
    assert '"engine": {"backend": "accelerate", "processes": 2}' in canonical(training(engine=SHARED))
    keys = {cache_key("train", placeless(training(engine=engine))) for engine in (EngineConfig(), SHARED, THREE)}
    assert len(keys) == 3


def training(**engine: EngineConfig) -> TrainRequest:
    return TrainRequest(
        model_folder="", method="full", train=NONE, validation=NONE, training=TrainingConfig(), weights="", **engine
    )
