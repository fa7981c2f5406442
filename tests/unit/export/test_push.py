"""Pushing to the hub: only with a name, a login and, where the model recites, a flag; private unless asked otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ownvoice.errors import ConfigError, NetworkUnavailable
from ownvoice.export.push import Push, push_folder, require_pushable
from tests.end_to_end.hub_here import HubHere, served
from tests.unit.export.test_card import memorised


class Hub(HubHere):
    """Takes a repository and one commit, as the hub does."""

    asked: ClassVar[list[tuple[str, bytes]]] = []
    is_private = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(self._chunks())
        self.asked.append((self.path, body))
        self.command = "GET"  # `send` gives bodies to what was got
        self.answer()

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().strip() or b"0", 16):
            yield self.rfile.read(size)
            self.rfile.readline()

    def answer(self) -> None:
        self.send(200, json.dumps(self._answer()).encode(), {"Content-Type": "application/json"})

    def _answer(self) -> Any:
        if self.path.endswith("/repos/create"):
            return {"url": f"http://{self.headers['Host']}/anna/mine", "name": "anna/mine"}
        if "/preupload/" in self.path:
            files = json.loads(self.asked[-1][1])["files"]
            return {"files": [{"path": file["path"], "uploadMode": "regular", "shouldIgnore": False} for file in files]}
        if "/commit/" in self.path:
            return {"commitUrl": f"http://{self.headers['Host']}/anna/mine/commit/{'1' * 40}", "commitOid": "1" * 40}
        return {"id": "anna/mine", "private": self.is_private, "siblings": [], "sha": "0" * 40, "errors": []}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Hub]]:
    import huggingface_hub

    Hub.asked, Hub.is_private = [], True
    with served(Hub) as address:
        api = huggingface_hub.HfApi
        monkeypatch.setattr(huggingface_hub, "HfApi", lambda: api(endpoint=address, token="hf_here"))
        yield Hub


@pytest.mark.parametrize(
    ("level", "push", "problems"),
    [
        ("none", Push("anna/mine"), 0),
        ("none", Push("anna"), 1),
        ("fail", Push("anna/mine"), 1),
        ("fail", Push("anna/mine", though_memorised=True), 0),
        ("fail", Push("../mine"), 2),
    ],
)
def test_every_reason_against_it_is_told_at_once(
    level: str, push: Push, problems: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_here")
    if not problems:
        require_pushable(push, memorised(level))
        return
    with pytest.raises(ConfigError) as raised:
        require_pushable(push, memorised(level))
    assert len(raised.value.found.splitlines()) == problems


def test_without_a_login_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="not logged in"):
        require_pushable(Push("anna/mine"), memorised("none"))


def test_the_folder_goes_up_and_the_repository_is_private(hub: type[Hub], tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# mine\n")
    assert "anna/mine" in push_folder(tmp_path, Push("anna/mine"))
    (created,) = [json.loads(body) for path, body in hub.asked if path.endswith("/repos/create")]
    assert (created["name"], created["visibility"]) == ("mine", "private")
    (commit,) = [body for path, body in hub.asked if "/commit/" in path]
    assert b"README.md" in commit


@pytest.mark.parametrize(("is_private", "public"), [(False, False), (True, True)])
def test_a_repository_that_is_more_or_less_open_than_asked_gets_nothing(
    is_private: bool, public: bool, hub: type[Hub], tmp_path: Path
) -> None:
    hub.is_private = is_private
    with pytest.raises(ConfigError, match="anna/mine is there"):
        push_folder(tmp_path, Push("anna/mine", public=public))
    assert not [path for path, _ in hub.asked if "/commit/" in path]


def test_a_hub_that_can_not_be_reached_leaves_the_export_and_says_how_to_try_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import huggingface_hub

    api = huggingface_hub.HfApi
    nobody_listens = "http://127.0.0.1:9"
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: api(endpoint=nobody_listens, token="hf_here"))
    with pytest.raises(NetworkUnavailable, match="could not be pushed") as raised:
        push_folder(tmp_path, Push("anna/mine"))
    assert f"`hf upload anna/mine {tmp_path} --private`" in raised.value.remedy
