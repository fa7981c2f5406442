"""A full disk is told as one clear error, and what was written before is still there."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ownvoice.errors import DiskFull
from ownvoice.files import disk_full_told, is_disk_full

# A real limit, for any user and on any disk: no file of this process grows beyond a kibibyte.
WRITE_TOO_MUCH = """
import pathlib, resource, sys
from ownvoice.errors import DiskFull
from ownvoice.files import write_atomically
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
try:
    write_atomically(pathlib.Path(sys.argv[1]), "x" * 5000)
except DiskFull as error:
    print(error)
"""


def test_a_write_over_a_real_limit_leaves_the_old_file_alone_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "EXPERIMENT_LOG.md"
    path.write_text("old")
    command = [sys.executable, "-c", WRITE_TOO_MUCH, str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"{path} could not be written: File too large" in said
    assert "ownvoice clean" in said
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), True),
        (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), True),
        (OSError(errno.EACCES, os.strerror(errno.EACCES)), False),
        (RuntimeError("Error while serializing: I/O error: No space left on device (os error 28)"), True),
        (RuntimeError("I/O error: Permission denied (os error 13)"), False),
        (MemoryError(), False),
    ],
)
def test_what_counts_as_a_full_disk(error: Exception, full: bool) -> None:
    assert is_disk_full(error) == full


def test_another_error_passes_as_it_is() -> None:
    with pytest.raises(PermissionError), disk_full_told("a file"):
        raise PermissionError(errno.EACCES, "no")
    with pytest.raises(DiskFull, match="a file could not be written: full"), disk_full_told("a file"):
        raise OSError(errno.ENOSPC, "full")
