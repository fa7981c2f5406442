"""The house in figures: modules, their lines, import floors and circles, and who reads the config.

python tests/bench/house.py
"""

from __future__ import annotations

import ast
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median

import grimp

from ownvoice.paths import ROOT

PACKAGES = ("ownvoice", "tasks", "flows")
CONFIG = "ownvoice.config"
# Where a config is made: from what was typed, or from an experiment's file.
ENTRANCES = ("flows.cli", "flows.deployments")


def main() -> None:
    files = [f for name in PACKAGES for f in sorted((ROOT / name).rglob("*.py")) if f.name != "__init__.py"]
    lines = {module_of(file): len(file.read_text().splitlines()) for file in files}
    domain = [module for module in lines if module.startswith("ownvoice.")]
    print(f"modules: {len(lines)}, of these {len(domain)} in the domain")
    print(f"median lines: {median(lines.values()):.0f}; in the domain {median(lines[m] for m in domain):.0f}")
    print(f"longest: {', '.join(f'{m} {lines[m]}' for m in sorted(lines, key=lambda m: -lines[m])[:5])}")
    print(f"functions: {functions(files)}")
    for packages in (("ownvoice",), PACKAGES):
        chain = longest_chain(packages)
        print(f"import floors of {', '.join(packages)}: {len(chain)} ({' > '.join(chain)})")
    readers = config_readers()
    print(f"modules that read the config, below the command line: {len(readers)}: {', '.join(readers)}")


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def functions(files: list[Path]) -> str:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    sizes = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for file in files
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, kinds)
    ]
    return f"{len(sizes)}, median {median(sizes):.0f} lines"


def longest_chain(packages: tuple[str, ...]) -> list[str]:
    """The longest way from a module down through its imports. A circle has no end, and is an error."""
    graph = grimp.build_graph(*packages, cache_dir=None)
    above: list[str] = []

    @cache
    def chain(module: str) -> tuple[str, ...]:
        if module in above:
            raise SystemExit(f"a circle: {' > '.join([*above[above.index(module) :], module])}")
        above.append(module)
        below: tuple[str, ...] = ()
        for imported in sorted(graph.find_modules_directly_imported_by(module)):
            below = max(below, chain(imported), key=len)
        above.pop()
        return (module, *below)

    found = max((list(chain(module)) for module in sorted(graph.modules)), key=len)
    assert all(two in graph.find_modules_directly_imported_by(one) for one, two in pairwise(found))
    return found


def config_readers() -> list[str]:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return [m for m in sorted(graph.find_modules_that_directly_import(CONFIG)) if not m.startswith(ENTRANCES)]


if __name__ == "__main__":
    main()
