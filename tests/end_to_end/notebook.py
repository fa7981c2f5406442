"""Runs every cell of docs/colab.ipynb in a fresh folder, as a writer does from the top to the bottom."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from ownvoice.paths import ROOT

NOTEBOOK = ROOT / "docs" / "colab.ipynb"


def run_notebook(folder: Path, variables: dict[str, str], environment: dict[str, str]) -> Any:
    """The notebook with its outputs. Python that fails raises; what a command came to, its output tells.

    `variables` are those of the first cell of code, which alone is filled in as a writer would.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(NOTEBOOK, as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    for name, value in variables.items():
        assert f'{name} = ""' in first.source
        first.source = first.source.replace(f'{name} = ""', f"{name} = {value!r}")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    client = NotebookClient(notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    try:
        client.execute(env={**os.environ, **environment, "PATH": path, "PYTHONPATH": str(ROOT)})
    except CellExecutionError as error:  # what went wrong stands in the cells before it
        raise AssertionError("\n".join(printed(notebook))) from error
    return notebook


def printed(notebook: Any) -> list[str]:
    """What each cell of code printed or showed, in order."""
    return ["".join(map(_text, cell.outputs)) for cell in notebook.cells if cell.cell_type == "code"]


def _text(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    return str(output.get("data", {}).get("text/markdown") or output.get("data", {}).get("text/plain", ""))
