"""Installs the libraries of a lock file into the environment that it runs in, and ownvoice itself from this folder.

    .venv/bin/python environment/install.py main|tests|spread

By uv, which is fetched into the environment where there is none, and by pip where uv can't be had: both from the package
index that pip's settings name, and both refuse a file whose hash isn't in the lock. Nothing is resolved, for the lock is
complete. Standard library only, for nothing else is installed yet.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).resolve().parent
PARTS = {"main": ("main",), "tests": ("main", "tests"), "spread": ("main", "tests", "spread")}
"""The lock files of each, by what is to be done in the environment."""
PIP = (sys.executable, "-m", "pip")
QUIET = ("--disable-pip-version-check", "--progress-bar", "off")
OLDEST_UV = (0, 5)  # the first whose settings have the names below
TOLD = re.compile(r" *(Downloading \S+ \(.*(?:MiB|MB)\)|Prepared .*|Installed .*|Installing collected packages)")
SAME_IN_UV = {
    **{"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS"},
    **{"no-index": "UV_NO_INDEX", "trusted-host": "UV_INSECURE_HOST", "no-cache-dir": "UV_NO_CACHE"},
    **{"cert": "SSL_CERT_FILE", "client-cert": "SSL_CLIENT_CERT", "proxy": "ALL_PROXY", "timeout": "UV_HTTP_TIMEOUT"},
    **{"default-timeout": "UV_HTTP_TIMEOUT"},
}
"""What pip's settings are called as variables of uv, which reads none of pip's."""
INDEX_OF_UV = ("UV_DEFAULT_INDEX", "UV_INDEX_URL")
FIRST_IMPORTS = (
    "flows.cli.app, flows.experiment, prefect.server.api.server",
    "ownvoice.engine.engine, transformers.models.llama.modeling_llama",
)
"""Of the processes of the main job, one line for each core."""


def main(part: str) -> None:
    """Exits with 1 and all that was said where it fails."""
    uv = find_uv()
    command = [uv, "pip", "install", "--python", sys.executable] if uv else [*PIP, "install", *QUIET]
    environment = uv_environment(pip_settings(), os.environ) if uv else dict(os.environ)
    failures = []
    for torch in torch_locks():
        locks = [argument for name in (*torch, *PARTS[part]) for argument in ("-r", str(HERE / f"{name}.txt"))]
        failed = run([*command, "--no-deps", "--require-hashes", *locks], environment)
        if not failed:
            break
        failures.append(failed)
    else:
        sys.exit(
            f"{failures[-1]}\nThe libraries could not be installed: see the lines above. pip's settings name the index."
        )
    own = ["--no-deps", "--no-build-isolation", "--editable", str(HERE.parent)]
    if failed := run([*command, *own], environment):
        sys.exit(failed)
    if uv:
        compile_first_imports()


def find_uv() -> str | None:
    """One that is there and new enough, or else the one of the lock, now in this environment; None where it can't be had."""
    own = Path(sys.executable).with_name("uv")
    if found := shutil.which("uv"):
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        number = re.match(r"uv (\d+)\.(\d+)", said)
        if number and (int(number[1]), int(number[2])) >= OLDEST_UV:
            return found
    if not own.exists():
        index = next((os.environ[name] for name in INDEX_OF_UV if name in os.environ), None)
        environment = {**({"PIP_INDEX_URL": index} if index else {}), **os.environ}
        asked = ("--no-deps", "--require-hashes", "--only-binary", ":all:", "-r", str(HERE / "uv.txt"))
        if run([*PIP, "install", *QUIET, *asked], environment):
            print("  uv can't be had: pip does it, which takes some minutes", flush=True)
            return None
    return str(own)


def torch_locks() -> list[tuple[str, ...]]:
    """Which builds of torch to try, in order: none where the environment has the version, of whatever build.

    Without an NVIDIA GPU the build for processors alone, where the index has it: the other one is 15 times as large, with
    what it needs. Whoever wants another build installs it over the environment, and it stays.
    """
    locked = re.search(r"^torch===(\S+)", (HERE / "torch.txt").read_text("utf-8"), re.MULTILINE)
    assert locked, "the lock has a torch"
    try:
        if version("torch").partition("+")[0] == locked[1]:
            return [()]
    except PackageNotFoundError:
        pass
    has_gpu = shutil.which("nvidia-smi") or Path("/proc/driver/nvidia/version").exists()
    return [("torch",)] if has_gpu else [("torch-cpu",), ("torch",)]


def pip_settings() -> dict[str, str]:
    """pip's settings for an installation by their names: of its files, and above them of its variables."""
    said = subprocess.run([*PIP, "config", "list", *QUIET[:1]], capture_output=True, text=True, check=False).stdout
    by_place: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in said.splitlines():
        key, _, value = line.partition("=")
        place, _, name = key.rpartition(".")
        if place in by_place:
            by_place[place][name] = str(ast.literal_eval(value))
    return {name: value for settings in by_place.values() for name, value in settings.items()}


def uv_environment(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The variables for uv: pip's settings under uv's names, below whatever is said to uv itself.

    As with pip, the best version counts and not the first index that has any; what it may be is in the lock.
    """
    said_to_uv = any(name in environment for name in (*INDEX_OF_UV, "UV_INDEX", "UV_EXTRA_INDEX_URL"))
    found = {"UV_INDEX_STRATEGY": "unsafe-best-match"}
    for name, value in settings.items():
        if name in SAME_IN_UV and not (said_to_uv and name.endswith("index-url")):
            found[SAME_IN_UV[name]] = ("," if name == "find-links" else " ").join(value.split())
    return {**found, **environment}


def compile_first_imports() -> None:
    """Have Python compile what the main job imports, and no more: pip compiles all that it installs, uv nothing.

    Also where Python is told to leave no compiled files: every start would take 2 s longer, and a worker's 3.
    """
    starts = [[sys.executable, "-c", f"import {modules}"] for modules in FIRST_IMPORTS]
    quiet = subprocess.DEVNULL  # whatever is wrong the job itself will tell
    with tempfile.TemporaryDirectory() as folder:  # Prefect makes its folder when it is imported
        environment = {**os.environ, "PREFECT_HOME": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for process in [subprocess.Popen(start, env=environment, cwd=HERE.parent, stderr=quiet) for start in starts]:
            process.wait()


def run(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run it, telling of it what is worth it; returns all that it said where it failed, else nothing."""
    said = []
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        assert process.stdout, "was asked for"
        for line in process.stdout:
            said.append(line)
            if worth := TOLD.match(line):
                print(f"  {worth[1]}", flush=True)
    return "" if process.returncode == 0 else "".join(said) or f"{command[0]} ended with {process.returncode}"


if __name__ == "__main__":
    main(sys.argv[1])
