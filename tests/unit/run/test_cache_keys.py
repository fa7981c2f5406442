"""What a step's code is: its module and whatever that imports."""

from __future__ import annotations

import ast

from ownvoice.paths import PACKAGE
from ownvoice.run.cache_keys import code_hash, imported_modules


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
