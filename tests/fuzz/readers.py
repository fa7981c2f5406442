"""The readers of what comes from outside, each with sound inputs to begin from and the errors that it may raise."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ownvoice.blind.answers_file import checksum, read_given
from ownvoice.blind.sheet import Judgement, Passage, Sheet
from ownvoice.blind.store import StoredSheet
from ownvoice.essays.fields import judge
from ownvoice.essays.prompts import parse_prompts
from ownvoice.essays.read import read_entries
from ownvoice.experiment_files import load_experiment
from ownvoice.models.folder import read_header
from ownvoice.models.gguf_reader import GgufFile
from ownvoice.models.shape import read_shape_file
from ownvoice.paths import ROOT
from ownvoice.report.kept.runs import RUNS
from ownvoice.report.kept.shelf import read_record
from ownvoice.report.log.blocks import LogEntry, block_of, blocks_in
from ownvoice.report.log.logbook import numbers_in
from ownvoice.voice.answer_files import AnswerFiles, read_answers

DATA = ROOT / "data"
EXAMPLE = ROOT / "artifacts" / "example"


def _passage(name: str) -> Passage:
    return Passage(id=name, source="own", of="a", sample=0, text="It rained.", is_beginning=True)


SHEET = StoredSheet(
    folder=Path("blind-test"),
    sheet=Sheet(
        id="a",
        run=1,
        key="k",
        seed=1,
        words=2,
        made_at="",
        for_others=True,
        trained_on=False,
        answers={},
        too_short={},
        passages=(_passage("p1"), _passage("p2")),
    ),
    sittings={},
)


class Reader(NamedTuple):
    suffix: str
    samples: Callable[[], tuple[bytes, ...]]
    read: Callable[[Path], object]


def _pairs(path: Path) -> None:
    for entry in read_entries(path, {}).kept:
        judge(entry)


def _texts(*paths: str) -> Callable[[], tuple[bytes, ...]]:
    return cache(lambda: tuple((ROOT / path).read_bytes() for path in paths))


@cache
def _rows() -> tuple[bytes, ...]:
    row = {"id": "a", "topic": "Rain", "essay": "It rained, and nobody said so.", "tier": 1, "split": "train"}
    chat = {"messages": [{"role": "user", "content": "Rain"}, {"role": "assistant", "content": "It rained."}]}
    pair = {"prompt": "Rain", "completion": "It rained.", "tier": 2, "split": "validation"}
    return tuple(b"\n".join(json.dumps(each).encode() for each in rows) for rows in ((row, row), (chat, pair), (pair,)))


@cache
def _csv() -> tuple[bytes, ...]:
    return (
        b"id,topic,essay,tier,split\n1,Rain,It rained.,1,train\n2,Snow,It snowed.,2,validation\n",
        b'topic,essay,tier,split\n"Rain","It ""rained"",\nand then not.",1,train\n',
    )


@cache
def _safetensors() -> tuple[bytes, ...]:
    header = {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}, "__metadata__": {"format": "pt"}}
    header |= {"b": {"dtype": "BF16", "shape": [3], "data_offsets": [16, 22]}}
    text = json.dumps(header).encode()
    return (struct.pack("<Q", len(text)) + text + bytes(22),)


@cache
def _configs() -> tuple[bytes, ...]:
    sizes = {"hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 100}
    llama = {"model_type": "llama", **sizes, "num_key_value_heads": 2, "intermediate_size": 128}
    gpt2 = {"model_type": "gpt2", "n_embd": 64, "n_head": 4, "n_layer": 2, "vocab_size": 100, "n_positions": 64}
    return tuple(json.dumps(each).encode() for each in (llama, gpt2, {"text_config": sizes}))


@cache
def _gguf() -> tuple[bytes, ...]:
    def text(word: bytes) -> bytes:
        return struct.pack("<Q", len(word)) + word

    settings = text(b"general.architecture") + struct.pack("<I", 8) + text(b"llama")
    settings += text(b"a.list") + struct.pack("<IIQ", 9, 4, 2) + struct.pack("<II", 1, 2)
    tensor = text(b"token_embd.weight") + struct.pack("<IQQIQ", 2, 32, 2, 8, 0)  # Q8_0
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + settings + tensor
    return (head + bytes(-len(head) % 32) + bytes(2 * 34),)


@cache
def _answers() -> tuple[bytes, ...]:
    lines = (EXAMPLE / "baseline.jsonl").read_bytes().split(b"\n")
    return (b"\n".join(lines[:3]), b"\n".join(lines[3:5]))


@cache
def _sittings() -> tuple[bytes, ...]:
    answers = tuple(Judgement(id=each.id, mine=True, sure=3) for each in SHEET.sheet.passages)
    given = {"ownvoice": "blind-test", "run": 1, "sheet": "a", "judge": "Jo", "checksum": checksum("a", answers)}
    given["answers"] = [each.model_dump() for each in answers]
    return (json.dumps(given).encode(),)


@cache
def _records() -> tuple[bytes, ...]:
    """The example's, with one of each list: 100 KB of answers are read slowly, and in the same way."""
    return (json.dumps(_shortened(json.loads((EXAMPLE / "record.json").read_bytes()))).encode(),)


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(each) for name, each in value.items()}
    return [_shortened(each) for each in value[:1]] if isinstance(value, list) else value


@cache
def _logs() -> tuple[bytes, ...]:
    entries = (LogEntry(of="run", number=number, key="k", text="## Run\n\nIt ran.\n") for number in (1, 2))
    log = "# Log\n\n" + "\n".join(map(block_of, entries)) + "\nBy hand.\n"
    return (log.encode(), *_texts("artifacts/example/entry.md")())


def _log(path: Path) -> None:
    numbers_in(path)
    list(blocks_in(path.read_text("utf-8", "replace")))


def _gguf_read(path: Path) -> None:
    file = GgufFile(path)
    for name in file.shapes:
        file.read(name)


READERS: dict[str, Reader] = {
    "markdown": Reader(
        ".md",
        _texts("data/sample_author/pairs/05-dinner-party.md", "data/sample_author/pairs/08-airport-wait.md"),
        _pairs,
    ),
    "jsonl": Reader(".jsonl", _rows, _pairs),
    "csv": Reader(".csv", _csv, _pairs),
    "prompts": Reader(".toml", _texts("data/neutral/prompts.toml", "data/sample_author/prompts.toml"), parse_prompts),
    "config": Reader(
        ".toml", _texts("data/experiments/smoke-test.toml", "data/experiments/control.toml"), load_experiment
    ),
    "record": Reader(".json", _records, lambda path: read_record(RUNS, path)),
    "log": Reader(".md", _logs, _log),
    "gguf": Reader(".gguf", _gguf, _gguf_read),
    "safetensors": Reader(".safetensors", _safetensors, read_header),
    "model config": Reader(".json", _configs, lambda path: read_shape_file("a model", path)),
    "blind test": Reader(".json", _sittings, lambda path: read_given(path, None, 1, (SHEET,), "2026-01-01")),
    "judged answers": Reader(".jsonl", _answers, lambda path: read_answers(AnswerFiles(path, path))),
}
