"""One device, one holder: the kernel's lock decides, and the holder's name is for those that wait."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from ownvoice.engine.device_lock import DeviceTurn

HOLD = """
import pathlib, sys, time
from ownvoice.engine.device_lock import DeviceTurn
turn = DeviceTurn("gpu:0", "gpu-x", pathlib.Path(sys.argv[1]))
turn.take("Run 7 (smoke-test, gpt2)", print)
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_process_waits_names_the_holder_and_goes_on_when_it_is_killed(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    said: list[str] = []
    turn = DeviceTurn("gpu:0", "gpu-x", tmp_path)
    waiting = threading.Thread(target=turn.take, args=("Run 8", said.append))
    waiting.start()
    time.sleep(0.6)
    assert not turn.held
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    waiting.join(2)
    assert turn.held
    assert len(said) == 1
    assert said[0].startswith(f"waiting for gpu:0, held by Run 7 (smoke-test, gpt2), process {holder.pid} since ")


def test_each_holder_is_named_and_other_devices_are_free(tmp_path: Path) -> None:
    first, other = DeviceTurn("cpu", "cpu", tmp_path), DeviceTurn("gpu:0", "gpu-x", tmp_path)
    said: list[str] = []
    first.take("Run 1", said.append)
    other.take("Run 2", said.append)
    first.take("Run 1", said.append)  # its own turn goes on
    assert said == []
    waiting = DeviceTurn("cpu", "cpu", tmp_path)
    thread = threading.Thread(target=waiting.take, args=("Run 3", said.append))
    thread.start()
    time.sleep(0.4)
    first.give_back()
    thread.join(2)
    assert waiting.held
    assert not first.held
    assert [sentence.split(",")[1] for sentence in said] == [" held by Run 1"]


def test_a_holder_whose_name_can_not_be_read_is_still_waited_for(tmp_path: Path) -> None:
    holder, waiting = DeviceTurn("cpu", "cpu", tmp_path), DeviceTurn("cpu", "cpu", tmp_path)
    holder.take("Run 1", print)
    (file,) = tmp_path.iterdir()
    file.write_text('{"run": "Ru')
    said: list[str] = []
    thread = threading.Thread(target=waiting.take, args=("Run 2", said.append))
    thread.start()
    time.sleep(0.4)
    holder.give_back()
    thread.join(2)
    assert said == ["waiting for cpu, held by another process"]
