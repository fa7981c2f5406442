"""Where a depot's bytes lie: in a folder, or at a URL that fsspec knows."""

from __future__ import annotations

import os
import re
import secrets
import stat
from pathlib import Path
from typing import Any, Protocol

from ownvoice.errors import ConfigError
from ownvoice.files import UNFINISHED

# An answer within seconds, or none: S3 would try for minutes. Other protocols have their own patience.
PATIENCE: dict[str, dict[str, Any]] = {
    "s3": {"config_kwargs": {"connect_timeout": 5, "read_timeout": 10, "retries": {"max_attempts": 1}}}
}
PACKAGES = {"s3": "'ownvoice[s3]'", "gs": "gcsfs", "abfs": "adlfs"}
SECRET = re.compile(r"(?<=://)[^/]*@")


class Unusable(ValueError):
    """What lies under a name is not what should lie there."""


class Place(Protocol):
    """A name that isn't there is a FileNotFoundError; any other error is of the place as a whole."""

    def size_of(self, name: str) -> int:
        """Raises Unusable: it is no plain file."""

    def read(self, name: str, size: int) -> bytes:
        """No more than so many bytes."""

    def write(self, name: str, content: bytes) -> None:
        """Whole or not at all."""


class Folder:
    """On a disk that is shared. Links in it are not followed: they may lead anywhere."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def size_of(self, name: str) -> int:
        status = self._inside(name).stat()
        if not stat.S_ISREG(status.st_mode):  # to open a pipe would wait for ever
            raise Unusable("it is no file")
        return status.st_size

    def read(self, name: str, size: int) -> bytes:
        with self._inside(name).open("rb") as file:
            return file.read(size)

    def write(self, name: str, content: bytes) -> None:
        """Beside it first, then under its name. The folder itself is made, not those above it: a disk may be missing."""
        self._folder.mkdir(exist_ok=True)
        path = self._inside(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{secrets.token_hex(8)}{UNFINISHED}")
        try:
            with beside.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)

    def _inside(self, name: str) -> Path:
        path = self._folder.resolve() / name
        if path.resolve() != path:
            raise Unusable("a link leads away from it")
        return path


class Objects:
    """At a URL. An object of S3 and its like is there as a whole or not at all."""

    def __init__(self, url: str) -> None:
        """Nothing is reached yet.

        Raises:
            ConfigError: nothing here knows the URL's protocol.
        """
        import fsspec  # noqa: PLC0415 - only those who share pay for it

        self._url, self._protocol = url, url.partition("://")[0]
        self._reached: tuple[Any, str] | None = None
        try:
            fsspec.get_filesystem_class(self._protocol)
        except (ImportError, ValueError) as error:
            raise ConfigError(
                f"OWNVOICE_DEPOT={without_secret(url)}: nothing here knows {self._protocol}://: {error}",
                "a folder, or a URL such as s3://bucket/prefix whose library is installed",
                f"pip install {PACKAGES.get(self._protocol, 'the library of this protocol')}, or mend the URL",
            ) from None

    def size_of(self, name: str) -> int:
        filesystem, root = self._open()
        found = filesystem.info(f"{root}/{name}")
        if found["type"] != "file":
            raise Unusable("it is no file")
        return int(found["size"] or 0)

    def read(self, name: str, size: int) -> bytes:
        filesystem, root = self._open()
        return bytes(filesystem.cat_file(f"{root}/{name}", start=0, end=size))

    def write(self, name: str, content: bytes) -> None:
        filesystem, root = self._open()
        filesystem.pipe_file(f"{root}/{name}", content)

    def _open(self) -> tuple[Any, str]:
        """Some protocols connect here. Nothing is remembered of what lies there: others write meanwhile."""
        if self._reached is None:
            from fsspec.core import url_to_fs  # noqa: PLC0415

            options = PATIENCE.get(self._protocol, {})
            filesystem, root = url_to_fs(self._url, skip_instance_cache=True, use_listings_cache=False, **options)
            filesystem.retries = 1  # s3fs tries five times, each as long as its timeouts
            self._reached = filesystem, root.rstrip("/")
        return self._reached


def without_secret(url: str) -> str:
    """As it may be shown: a URL may hold a password."""
    return SECRET.sub("", url)
