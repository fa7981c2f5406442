"""Makes the lock files of this folder anew from pyproject.toml: every library with its version and its files' hashes.

    make lock                               # keeps the versions that stand there, adds what pyproject.toml newly asks for
    .venv/bin/python -m environment.lock NAME ...       # raises these to their newest that fits

Of all platforms and Pythons that pyproject.toml allows, by markers. A library stands in one file alone, and no address of an
index in any: whoever installs has their own.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from environment.install import PIP, find_uv, pip_settings, uv_environment

HERE = Path(__file__).resolve().parent
EXTRAS = {"main": ("formats",), "tests": ("formats", "dev", "dask"), "spread": ("formats", "dev", "spread")}
"""The extras of each file. A later one has only what no earlier one has."""
FOR_CUDA = re.compile(r"(nvidia|cuda)-|triton$")
"""What torch's build for CUDA asks for: goes with it, and not into an environment without a GPU."""
SCOPE = ("--universal", "--python-version", "3.11")
AS_ONE_WRITES_IT = ("--generate-hashes", "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links")
FIRST = "# Made by `make lock`."


def main(raised: list[str]) -> None:
    """Exits with 1 where anything can't be had; then all files are as they were."""
    files: dict[str, list[str]] = {}
    seen: set[str] = set()
    torch: dict[str, str] = {}
    build = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["build-system"]["requires"]
    for part, extras in EXTRAS.items():
        arguments = ["pyproject.toml", *(word for extra in extras for word in ("--extra", extra))]
        found = {name: lines for name, lines in compiled(arguments, build, raised).items() if name not in seen}
        seen |= set(found)
        torch |= {name: found.pop(name) for name in list(found) if name == "torch" or FOR_CUDA.match(name)}
        files[part] = list(found.values())
    number = torch["torch"].removeprefix("torch==").split(maxsplit=1)[0]
    torch["torch"] = torch["torch"].replace("==", "===", 1)  # this build, and none with a label of its own
    files |= {"torch": list(torch.values()), "torch-cpu": [for_processors(f"{number}+cpu")]}
    files["uv"] = list(compiled([], ["uv"], raised).values())
    for name, libraries in files.items():
        (HERE / f"{name}.txt").write_text("\n".join([FIRST, *libraries, ""]), "utf-8")


def compiled(arguments: list[str], asked: list[str], raised: list[str]) -> dict[str, str]:
    """Each library's lines by its name, from the index alone: what else pip's settings name is of this machine."""
    settings = {name: value for name, value in pip_settings().items() if name not in ("find-links", "extra-index-url")}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.txt"
        out.write_text("\n".join(locked_versions()) + "\n")
        (wanted := Path(folder) / "asked.in").write_text("\n".join(asked) + "\n")
        command = [find_uv() or "uv", "pip", "compile", "--quiet", *SCOPE, *AS_ONE_WRITES_IT, *arguments, str(wanted)]
        command += [word for name in raised for word in ("--upgrade-package", name)]
        environment = uv_environment(settings, os.environ)
        if subprocess.run([*command, "-o", str(out)], env=environment, cwd=HERE.parent, check=False).returncode != 0:
            sys.exit("the lock files stay as they are: see the lines above")
        blocks = re.split(r"\n(?=\S)", out.read_text("utf-8").strip())
    return {re.split(r"[ =\[]", block, maxsplit=1)[0]: block for block in blocks if not block.startswith("#")}


def for_processors(number: str) -> str:
    """The build of torch without CUDA. Not every index has it, and of it only the file for this Python and machine is seen."""
    with tempfile.TemporaryDirectory() as folder:
        asked = ("download", "--quiet", "--no-deps", "--dest", folder, f"torch=={number}")
        if subprocess.run([*PIP, *asked], check=False).returncode != 0:
            sys.exit(f"no index here has torch {number}, which environment/torch-cpu.txt names")
        (wheel,) = Path(folder).iterdir()
        return f"torch=={number} \\\n    --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"


def locked_versions() -> list[str]:
    """What stands in the files, without hashes: uv keeps to it where it can."""
    texts = [file.read_text("utf-8") for file in sorted(HERE.glob("*.txt"))]
    found = re.findall(r"^([\w.-]+)={2,3}([^ +]+)(?: |$)(;[^\\\n]*)?", "\n".join(texts), re.MULTILINE)
    return [f"{name}=={number} {marker}".strip() for name, number, marker in found]


if __name__ == "__main__":
    main(sys.argv[1:])
