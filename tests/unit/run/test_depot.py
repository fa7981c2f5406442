"""What lies in a depot is believed in nothing, and a depot that can't be used is told of once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ownvoice.errors import ConfigError
from ownvoice.records.answers import Output, Outputs
from ownvoice.run.depot import Depot, open_depot
from ownvoice.run.shared_results import RESULT_BYTES, fetch_result, made_elsewhere, share_result, this_machine
from ownvoice.run.stored import find_stored

KEY, OTHER_KEY = f"generate-{'0' * 32}", f"generate-{'1' * 32}"
ANSWER = Output(prompt_id="A", sample=0, text="I kept it.\x1b[2J", tokens=4, cut_off=False)
ANSWERS = Outputs(outputs=(ANSWER,), seconds=1.0, tokens_per_second=4.0, peak_bytes=9)


class Machines:
    """Two of them, and the folder that they share."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._monkeypatch, self.told = folder, monkeypatch, list[str]()
        self.shared = folder / "depot"
        monkeypatch.setenv("OWNVOICE_DEPOT", str(self.shared))
        self.at("one")

    def at(self, name: str) -> Depot:
        self._monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(self.folder / name))
        self.told.clear()
        depot = open_depot(self.told.append)
        assert depot is not None
        return depot

    def lay(self, content: bytes) -> None:
        self.shared.joinpath("results").mkdir(parents=True)
        self.shared.joinpath("results", KEY).write_bytes(content)


@pytest.fixture
def machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machines:
    return Machines(tmp_path, monkeypatch)


def as_shared(**changes: object) -> bytes:
    values = {"key": KEY, "made_on": "theirs", "model": "Outputs", "value": ANSWERS.model_dump(mode="json")}
    return json.dumps(values | changes).encode()


def test_a_result_comes_to_the_other_machine_and_says_which_one_made_it(machines: Machines) -> None:
    share_result(machines.at("one"), KEY, ANSWERS)
    assert find_stored(KEY) is None
    fetch_result(machines.at("two"), KEY)
    assert find_stored(KEY) == ANSWERS
    assert made_elsewhere(KEY) == this_machine() != ""
    assert machines.told == []


def test_what_is_stored_here_stays(machines: Machines) -> None:
    machines.lay(as_shared())
    fetch_result(machines.at("two"), KEY)
    machines.shared.joinpath("results", KEY).write_bytes(as_shared(made_on="another"))
    fetch_result(machines.at("two"), KEY)
    assert made_elsewhere(KEY) == "theirs"


@pytest.mark.parametrize("step", ["fetch", "check", "check-others", "train"])
def test_what_names_files_or_holds_essays_is_neither_shared_nor_taken(machines: Machines, step: str) -> None:
    key = KEY.replace("generate", step)
    machines.lay(b"")
    machines.shared.joinpath("results", key).write_bytes(as_shared(key=key))
    fetch_result(machines.at("two"), key)
    share_result(machines.at("two"), key, ANSWERS)
    assert find_stored(key) is None
    assert machines.shared.joinpath("results", key).read_bytes() == as_shared(key=key)


DAMAGED: dict[str, tuple[bytes, str]] = {
    "cut off": (as_shared()[:-9], "EOF"),
    "empty": (b"", "it has 0 bytes"),
    "a pickle": (b"\x80\x04K*.", "Invalid JSON"),
    "nested without end": (b"[" * 10**6, "recursion"),
    "another key's": (as_shared(key=OTHER_KEY), f"it is the result of {OTHER_KEY}"),
    "of another type": (as_shared(model="Analysis"), "it is a Analysis, not a Outputs"),
    "of no type of ours": (as_shared(model="Path"), "it is a Path, not a Outputs"),
    "of other fields": (as_shared(value={"outputs": [], "path": "/etc/passwd"}), "validation error"),
    "with more beside it": (as_shared(run="rm"), "Extra inputs are not permitted"),
    "said to be from a novel": (as_shared(made_on="x" * 301), "at most 300 characters"),
    "too long": (b" " * (RESULT_BYTES + 1), "not 1 to 33,554,432"),
}


@pytest.mark.parametrize(("content", "why"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_or_foreign_result_counts_as_none_and_is_told_of(
    machines: Machines, content: bytes, why: str
) -> None:
    machines.lay(content)
    fetch_result(machines.at("two"), KEY)
    assert find_stored(KEY) is None
    (told,) = machines.told
    assert told.startswith(f"results/{KEY} in the depot {machines.shared} is ignored: ")
    assert why in told
    share_result(machines.at("two"), KEY, ANSWERS)  # in its place
    fetch_result(machines.at("three"), KEY)
    assert find_stored(KEY) == ANSWERS


def test_what_a_stranger_wrote_reaches_no_terminal_as_it_is(machines: Machines) -> None:
    machines.lay(as_shared(made_on="theirs\x1b[2J"))
    fetch_result(machines.at("two"), KEY)
    assert made_elsewhere(KEY) == "theirs␛[2J"
    machines.shared.joinpath("results", OTHER_KEY).write_bytes(as_shared(model="\x1b[2J\nRun 1"))
    fetch_result(machines.at("two"), OTHER_KEY)
    assert not any(character in machines.told[0] for character in "\x1b\n")


def to_a_link(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere)


def to_a_folder(path: Path, _elsewhere: Path) -> None:
    path.mkdir()


def to_a_pipe(path: Path, _elsewhere: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("turned", [to_a_link, to_a_folder, to_a_pipe])
def test_what_is_no_file_is_not_read_and_a_link_is_not_written_through(
    machines: Machines, turned: Callable[[Path, Path], None]
) -> None:
    machines.lay(as_shared())
    path, elsewhere = machines.shared / "results" / KEY, machines.folder / "elsewhere"
    path.rename(elsewhere)
    turned(path, elsewhere)
    depot = machines.at("two")
    fetch_result(depot, KEY)
    share_result(depot, KEY, ANSWERS)
    assert find_stored(KEY) is None
    assert "is ignored" in machines.told[0]
    assert elsewhere.read_bytes() == as_shared()


def test_a_folder_that_is_a_link_is_not_written_into(machines: Machines) -> None:
    machines.shared.mkdir()
    elsewhere = machines.folder / "elsewhere"
    elsewhere.mkdir()
    machines.shared.joinpath("results").symlink_to(elsewhere)
    share_result(machines.at("two"), KEY, ANSWERS)
    assert list(elsewhere.iterdir()) == []
    assert "a link leads away" in machines.told[0]


@pytest.mark.parametrize("name", ["results/../../etc", f"/{KEY}", f"runs/{'0' * 32}/../record.json", "x"])
def test_no_name_leads_out_of_a_depot(machines: Machines, name: str) -> None:
    with pytest.raises(ValueError, match="no name of a depot"):
        machines.at("one").write(name, b"x")


def test_a_depot_that_cannot_be_used_is_tried_once_and_told_of_once(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing_disk = machines.folder / "not-mounted" / "depot"
    monkeypatch.setenv("OWNVOICE_DEPOT", str(missing_disk))
    depot = machines.at("one")
    fetch_result(depot, KEY)  # empty, for all that can be told
    assert machines.told == []
    share_result(depot, KEY, ANSWERS)
    missing_disk.mkdir(parents=True)
    share_result(depot, KEY, ANSWERS)
    fetch_result(depot, KEY)
    (told,) = machines.told
    assert told.startswith(f"The depot {missing_disk} can't be used, and nothing is shared from here on: ")
    assert not any(missing_disk.iterdir())


def test_what_a_kill_left_half_written_has_no_name_that_is_looked_for(machines: Machines) -> None:
    machines.shared.joinpath("results", KEY).mkdir(parents=True)  # the last move fails, as if it had been killed before
    share_result(machines.at("one"), KEY, ANSWERS)
    assert "can't be used" in machines.told[0]
    assert [path.name for path in machines.shared.joinpath("results").iterdir()] == [KEY]


def test_without_a_place_there_is_no_depot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNVOICE_DEPOT", "")
    assert open_depot(print) is None


def test_a_url_that_no_library_here_knows_is_a_mistake_and_shows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    fsspec.register_implementation("s4", "no_such_package.FileSystem", errtxt="install s4fs to reach S4")
    for url, why in (("s4://anna:secret@bucket", "install s4fs"), ("nosuch://bucket", "not known")):
        monkeypatch.setenv("OWNVOICE_DEPOT", url)
        with pytest.raises(ConfigError, match=why) as mistake:
            open_depot(print)
        assert "pip install the library of this protocol" in mistake.value.remedy
        assert "secret" not in str(mistake.value)
