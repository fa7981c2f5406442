"""Tells every process of ours where the project is and what Prefect may do, through the environment that children inherit.

Prefect reads its settings there when it is imported. Whatever of them was set by hand counts as it was set.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from ownvoice.errors import ConfigError
from ownvoice.files import disk_full_told, is_disk_full, keep_from_git
from ownvoice.paths import INSTALLED, ROOT, SHIPPED, artifacts_folder, is_url, prefect_folder, user_folder

SHIPPED_NAMES = re.compile(r"(?<![\w./-])(?:docs/[\w-]+\.md|data/experiments/)(?![\w-])")
PLACES = ("OWNVOICE_ARTIFACTS", "OWNVOICE_DEPOT", "OWNVOICE_LOCKS", "OWNVOICE_MODELS")
REDONE = ("refresh_cache", "disable_caching")
"""Prefect's settings of tasks, in whatever way they are written."""
PRIVATE = 0o077
"""Essays, answers and what was learned from them lie in what we write: for its owner alone."""
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
NO_REPORTS = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}


def set_environment() -> None:
    """For this process and its children. To be called before Prefect is imported."""
    os.environ["OWNVOICE_PROJECT"] = str(ROOT)
    for name in PLACES:
        place = os.environ.get(name)
        if place and not is_url(place):  # absolute: we and our children stand in the project later
            os.environ[name] = str(Path(place).expanduser().absolute())
    for name, value in settings().items():
        os.environ.setdefault(name, value)
    if any(name.lower().endswith("_proxy") for name in os.environ):
        _ask_no_proxy_for_this_machine()
    os.umask(PRIVATE)


def _ask_no_proxy_for_this_machine() -> None:
    """Prefect's client would ask a proxy for its server on 127.0.0.1, which only this machine has."""
    for name in ("NO_PROXY", "no_proxy"):
        named = [each for each in os.environ.get(name, "").split(",") if each.strip()]
        os.environ[name] = ",".join([*named, *(each for each in THIS_MACHINE if each not in named)])


def enter_project() -> None:
    """Stand in the project's folder, with what Prefect needs there. To be called before Prefect is imported."""
    if not ROOT.is_dir():
        raise ConfigError(f"OWNVOICE_PROJECT={ROOT}: no folder there", "the folder of your project", "make it")
    _require_artifacts(artifacts_folder())
    if home := os.environ.get("PREFECT_HOME"):  # Prefect makes it, but not the folders above it
        Path(home).expanduser().mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)  # Prefect reads settings in the current folder, and those of any other folder are none of ours


def _require_artifacts(folder: Path) -> None:
    """Raises ConfigError where nothing can be written, DiskFull where the disk is full."""
    with disk_full_told(folder):
        try:
            keep_from_git(folder)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            if is_disk_full(error):
                raise
            raise ConfigError(
                f"{folder}: nothing can be written there: {error.strerror}",
                "a folder for runs, the log and the cache",
                "set OWNVOICE_ARTIFACTS to a folder of your own",
            ) from None


def settings() -> dict[str, str]:
    """What children are told unless it was set by hand."""
    kept = {"PREFECT_RESULTS_LOCAL_STORAGE_PATH": str(prefect_folder())}  # the steps name the folder of their results
    usual = {**kept, **settings_anywhere()}
    return usual | _of_an_installed_one() if INSTALLED else usual


def settings_anywhere() -> dict[str, str]:
    """Of these the ones that name no place: what runs on another machine is told them as well."""
    # A flow that fails has its error kept by Prefect, which would pickle it. The steps say how theirs are written.
    usual = {"PREFECT_RESULTS_DEFAULT_SERIALIZER": "json", **NO_REPORTS}
    if ROOT != SHIPPED:  # her folder may hold anything: no Python file in it is imported in place of a library
        usual["PYTHONSAFEPATH"] = "1"
    return usual


def _of_an_installed_one() -> dict[str, str]:
    """Prefect's database among the user's data; a profile of hers, which may name her own server, still counts.

    Prefect copies the files of its UI before it serves them, if nothing is said into its own package.
    """
    home = Path(os.environ.get("PREFECT_HOME") or user_folder() / "prefect").expanduser()
    names = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),
    }
    profiles = Path.home() / ".prefect" / "profiles.toml"
    own = profiles.exists() and "PREFECT_HOME" not in os.environ
    return names | {"PREFECT_PROFILES_PATH": str(profiles)} if own else names


def may_redo_what_is_cached() -> bool:
    """Whether Prefect may be set to do steps again that the cache has: where it reads its settings, that is mentioned."""
    home = Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    profiles = Path(os.environ.get("PREFECT_PROFILES_PATH") or home / "profiles.toml")
    files = (profiles, *(ROOT / name for name in ("prefect.toml", ".env", "pyproject.toml")))
    said = " ".join([*os.environ, *(file.read_text("utf-8", "replace") for file in files if file.is_file())])
    return any(name in said.lower() for name in REDONE)


def as_it_lies_here(text: str) -> str:
    """A message that names what is shipped as it lies in a clone, with the place where it lies here."""
    return SHIPPED_NAMES.sub(_place_of, text) if INSTALLED else text


def _place_of(name: re.Match[str]) -> str:
    """Hers, if the project has a file of this name."""
    is_shipped = (SHIPPED / name[0]).exists() and not (ROOT / name[0]).exists()
    return f"{SHIPPED}/{name[0]}" if is_shipped else name[0]
