"""The notebook does the whole thing: from a writer's files to the model that she downloads."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from ownvoice.paths import ROOT
from tests.end_to_end.notebook import NOTEBOOK, printed, run_notebook
from tests.end_to_end.writer import SHORT, Writer

SHORTER = (*SHORT, "--set", "decoding.max_new_tokens=8", "--set", "data.train_pairs=1")


def test_the_notebook_goes_from_files_to_a_downloaded_model(prefect_home: Path, tmp_path: Path) -> None:
    """The sample author's files stand in for what is uploaded; the embedded model is trained on one for one epoch."""
    essays = str(ROOT / "data" / "sample_author" / "pairs")
    environment = {**Writer(tmp_path / "artifacts", prefect_home).environment, "OWNVOICE_PROJECT": str(tmp_path)}
    said = printed(run_notebook(tmp_path, {"ESSAYS": essays, "SETTINGS": " ".join(SHORTER)}, environment))
    told = "\n".join(said)
    assert "16 new pair files in data/private/me." in told
    assert "smollm2-135m: 134.5 million parameters" in told
    assert told.count("In all about") == 2, "what is planned is told, and the run tells it again"
    assert "Run 1 is in" in told
    assert any(cell.startswith("## Run 1") for cell in said)
    assert "by Run 1 (smollm2-135m), seed 7" in told, "the tuned model wrote"
    assert "<!doctype html>" in (tmp_path / "report.html").read_text("utf-8").lower()
    with zipfile.ZipFile(tmp_path / "my-voice.zip") as packed:
        kept = {"model/model.safetensors", "model/Modelfile", "runs/1-smoke-test-smollm2-135m/record.json"}
        assert kept <= set(packed.namelist())
        assert {file.compress_type for file in packed.filelist} == {zipfile.ZIP_STORED}, "weights hardly get smaller"


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]
