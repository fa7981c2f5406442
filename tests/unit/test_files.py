"""Files are whole or absent, and a stamp tells whether one is still the same."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ownvoice.errors import DiskFull
from ownvoice.files import disk_full_told, exclusive, is_disk_full, is_intact, stamp, write_atomically

DIE_BEFORE_THE_RENAME = """
import os, pathlib, signal, sys
from ownvoice.files import write_atomically
pathlib.Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)
write_atomically(pathlib.Path(sys.argv[1]), "new")
"""
HOLD_THE_LOCK = """
import pathlib, sys, time
from ownvoice.files import exclusive
with exclusive(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_write_replaces_the_content_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "note.md"
    write_atomically(path, "one\r\n")
    write_atomically(path, "two\r\n")
    assert path.read_bytes() == b"two\r\n"
    assert [p.name for p in path.parent.iterdir()] == ["note.md"]


def test_a_write_through_a_symbolic_link_keeps_the_link_and_the_permissions(tmp_path: Path) -> None:
    vault = tmp_path / "vault.md"
    vault.write_text("old")
    vault.chmod(0o640)
    link = tmp_path / "log.md"
    link.symlink_to(vault)
    write_atomically(link, "new")
    assert link.is_symlink()
    assert vault.read_text() == "new"
    assert vault.stat().st_mode & 0o777 == 0o640


def test_a_process_killed_between_write_and_rename_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "log.md"
    path.write_text("old")
    died = subprocess.run([sys.executable, "-c", DIE_BEFORE_THE_RENAME, str(path)], check=False)
    assert died.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_a_failed_write_leaves_no_half_written_file(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(tmp_path / "taken", "text")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_an_untouched_and_a_touched_file_are_intact(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    expected = stamp(path)
    assert is_intact(expected)
    os.utime(path, ns=(1, 1))
    assert is_intact(expected)


@pytest.mark.parametrize("content", [b"abcd", b"abd"])
def test_a_file_of_another_size_or_content_is_not_intact(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    expected = stamp(path)
    path.write_bytes(content)
    os.utime(path, ns=(expected.mtime_ns + 1, expected.mtime_ns + 1))
    assert not is_intact(expected)


def test_a_missing_file_and_a_folder_in_its_place_are_not_intact(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"abc")
    expected = stamp(path)
    path.unlink()
    assert not is_intact(expected)
    path.mkdir()
    assert not is_intact(expected)


def test_the_lock_lets_one_thread_in_at_a_time(tmp_path: Path) -> None:
    inside, most = [], []

    def enter() -> None:
        with exclusive(tmp_path / "locks" / "a.lock"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.01)
            inside.pop()

    threads = [threading.Thread(target=enter) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1


def test_the_lock_of_a_killed_process_is_free_again(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLD_THE_LOCK, str(lock)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.wait()
    holder.stdout.close()
    with exclusive(lock):  # waits for ever if the kernel kept it
        assert lock.exists()


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
