"""The essays' way to the worker: an Arrow file that `datasets` wrote and the worker maps, with the model's own tokens."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import datasets
import pytest

from ownvoice.errors import ModelUnavailable, WorkerFailed
from ownvoice.essays.saved import laid_for_worker
from ownvoice.models.folder import describe_folder
from ownvoice.records.essays import CheckedPairs, Pair, PairSet
from ownvoice.worker.client import Worker
from ownvoice.worker.examples import MappedExamples
from ownvoice.worker.messages import Examples, LikelihoodRequest
from tests.end_to_end.test_worker import silent
from tests.end_to_end.tiny_requests import HELD_OUT, NONE
from tests.example_files import examples_of


@pytest.fixture(autouse=True)
def artifacts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path / "artifacts"))
    return tmp_path / "artifacts"


def checked(*essays: str) -> CheckedPairs:
    pairs = tuple(
        Pair(id=f"e{i}", topic=f"Topic {i}", essay=essay, tier=1, split="validation" if i == 0 else "train", source="")
        for i, essay in enumerate(essays)
    )
    return CheckedPairs(pair_set=PairSet(pairs=pairs, canaries=(), probes=()), figures=())


@pytest.mark.parametrize("tiny", ["tiny_llama", "tiny_gpt2"])
def test_the_saved_set_is_what_load_from_disk_reads_and_what_the_worker_maps(
    tiny: str, request: pytest.FixtureRequest
) -> None:
    info = describe_folder(tiny, request.getfixturevalue(tiny), "a test", None, None)
    laid = laid_for_worker(checked("Forks, ünd spoons.", "One.\n\nTwo.", "Three."), "Write.", info)
    (folder,) = {Path(file.path).parent.parent for file in laid.files.values()}
    saved = datasets.load_from_disk(str(folder))
    assert {split: part.num_rows for split, part in saved.items()} == {"train": 2, "validation": 1}
    assert saved["train"].features["input_ids"] == datasets.List(datasets.Value("int32"))
    mapped = MappedExamples(Examples(path=laid.files["train"].path, fingerprint="", rows=2))
    assert [(each.id, each.essay) for each in mapped] == [("e1", "One.\n\nTwo."), ("e2", "Three.")]
    assert mapped[1].input_ids == saved["train"][1]["input_ids"]


def test_a_set_that_is_there_stays_and_an_altered_one_is_written_anew(tiny_llama: Path) -> None:
    info = describe_folder("tiny", tiny_llama, "a test", None, None)
    first, again = (laid_for_worker(checked("Forks.", "Spoons."), "Write.", info) for _ in range(2))
    assert first.files == again.files
    Path(first.files["train"].path).write_bytes(b"altered")
    mended = laid_for_worker(checked("Forks.", "Spoons."), "Write.", info)
    assert mended.files["train"].sha256 == first.files["train"].sha256
    other = laid_for_worker(checked("Forks.", "Spoons!"), "Write.", info)
    assert other.files["train"].path != first.files["train"].path


def test_a_model_whose_tokenizer_reads_otherwise_than_its_file_says_is_refused(
    worker: Worker, tiny_gpt2: Path, tmp_path: Path
) -> None:
    odd = tmp_path / "odd"
    shutil.copytree(tiny_gpt2, odd)
    tokenizer = json.loads((odd / "tokenizer.json").read_text())
    tokenizer["normalizer"] = {"type": "Lowercase"}
    (odd / "tokenizer.json").write_text(json.dumps(tokenizer))
    lowered = examples_of(odd, *HELD_OUT)
    request = LikelihoodRequest(model_folder=str(tiny_gpt2), own=lowered, control=NONE)
    with pytest.raises(ModelUnavailable, match=r"reads the essay 'v' otherwise than its tokenizer\.json does"):
        worker.call(request, silent)


def test_a_file_that_is_gone_or_holds_other_rows_is_told(worker: Worker, tiny_llama: Path, tmp_path: Path) -> None:
    there = examples_of(tiny_llama, *HELD_OUT)
    for wrong in (
        there.model_copy(update={"path": str(tmp_path / "gone.arrow")}),
        there.model_copy(update={"rows": 2}),
    ):
        with pytest.raises(WorkerFailed, match=r"gone\.arrow can't be read|holds 1 examples, where 2 were checked"):
            worker.call(LikelihoodRequest(model_folder=str(tiny_llama), own=wrong, control=NONE), silent)
