"""The tuned model in hand: `write` and plain transformers, peft and llama.cpp write the same, greedily."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

from flows.cli.export import ToExport, export_text
from flows.cli.write import ToWrite, write_on_terminal
from ownvoice.engine.device import Arithmetic
from ownvoice.engine.generate import generate_outputs
from ownvoice.engine.load import load_tuned
from ownvoice.errors import ConfigError, ModelUnavailable
from ownvoice.records.answers import Outputs
from ownvoice.records.run import RunRecord
from ownvoice.run.tuned_model import find_tuned_model
from ownvoice.run.writing import Asked, writing_request
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import GenerateRequest, Progress, WriteRequest
from tests.end_to_end.llama_cpp import continued
from tests.end_to_end.tuned_runs import TOPIC, stored_run

GREEDY = {"top_k": 1}
TOKENS = 64
BY_HEART: dict[str, dict[str, Any]] = {
    "full": {"method": "full", "learning_rate": 3e-3, "epochs": 60},
    "lora": {"method": "lora", "learning_rate": 1e-2, "epochs": 60},
}
"""Until the first recites: sure of each token, it leaves no near-ties to rounding."""


class Tuned(NamedTuple):
    """A stored run, what its model writes greedily, and the export."""

    record: RunRecord
    artifacts: Path
    request: WriteRequest
    text: str
    folder: Path

    @property
    def by_heart(self) -> bool:
        """An adapter so small learns less in so many steps: between its tokens rounding may decide."""
        return self.record.config.training.method == "full"


@pytest.fixture(scope="module", params=["llama", "llama-lora", "gpt2", "gemma"])
def tuned(
    request: pytest.FixtureRequest, worker: Worker, tmp_path_factory: pytest.TempPathFactory, module_environment: Any
) -> Tuned:
    kind, _, method = request.param.partition("-")
    model: Path = request.getfixturevalue(f"tiny_{kind}")
    folder = tmp_path_factory.mktemp(request.param)
    module_environment.setenv("OWNVOICE_ARTIFACTS", str(folder / "artifacts"))
    record = stored_run(worker, model, folder / "artifacts", **BY_HEART[method or "full"])
    asked = writing_request(find_tuned_model(record), Asked(TOPIC, settings=GREEDY))
    outputs = worker.call(asked, lambda _: None)
    assert isinstance(outputs, Outputs)
    export_text(ToExport("1", folder / "exported", "f32"))
    return Tuned(record, folder / "artifacts", asked, outputs.outputs[0].text, folder / "exported")


@pytest.fixture(scope="module")
def module_environment() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def test_the_pieces_are_the_text_and_the_text_is_that_of_an_answer_in_a_batch(tuned: Tuned, worker: Worker) -> None:
    """In fp32: where the processor computes in bf16, only answers that are measured are asked in it."""
    pieces: list[Progress] = []
    for request in (tuned.request, tuned.request.model_copy(update={"decoding": tuned.record.config.decoding})):
        pieces.clear()
        written = worker.call(request, pieces.append)
        asked = GenerateRequest(
            model_folder=request.model_folder,
            prompts=(request.prompt, request.prompt.model_copy(update={"sample": 1})),
            decoding=request.decoding,
        )
        assert request.weights is not None
        loaded = load_tuned(request.model_folder, request.weights, torch.device("cpu"))
        answered = generate_outputs(loaded, asked, Arithmetic(None, "fp32"), "answers", lambda _: None)
        assert isinstance(written, Outputs)
        assert written.outputs[0] == answered.outputs[0]
        assert "".join(piece.text for piece in pieces) == written.outputs[0].text != ""
    assert len([piece for piece in pieces if piece.text]) > 5


def test_plain_transformers_writes_the_same(tuned: Tuned) -> None:
    from transformers import AutoModelForCausalLM

    assert _continued(AutoModelForCausalLM.from_pretrained(tuned.folder), tuned) == tuned.text


def test_peft_writes_the_same_with_the_adapter_alone(tuned: Tuned) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    if tuned.record.config.training.method != "lora":
        assert not (tuned.folder / "adapter").exists()
        return
    base = AutoModelForCausalLM.from_pretrained(tuned.request.model_folder)
    assert _continued(PeftModel.from_pretrained(base, tuned.folder / "adapter").eval(), tuned) == tuned.text
    settings = json.loads((tuned.folder / "adapter" / "adapter_config.json").read_text())
    assert "/" not in settings["base_model_name_or_path"], "a folder of this machine"


def test_llama_cpp_writes_the_same(tuned: Tuned) -> None:
    (gguf,) = tuned.folder.glob("*-f32.gguf")
    prompt = tuned.request.prompt.text.removeprefix("<bos>")  # the file says that it comes first
    assert continued(gguf, prompt, TOKENS).strip() == tuned.text


def _continued(model: Any, tuned: Tuned) -> str:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tuned.folder)
    inputs = tokenizer(tuned.request.prompt.text, add_special_tokens=False, return_tensors="pt")
    ids = model.generate(**inputs, max_new_tokens=TOKENS, do_sample=False)
    text: str = tokenizer.decode(ids[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    return text.strip()


def test_half_the_precision_is_half_the_file_and_the_same_text(tuned: Tuned, tmp_path: Path) -> None:
    told = export_text(ToExport(str(tuned.artifacts / "runs" / _folder(tuned)), tmp_path / "half"))
    (half,), (whole,) = (tmp_path / "half").glob("*-f16.gguf"), tuned.folder.glob("*-f32.gguf")
    assert half.stat().st_size < whole.stat().st_size * 0.8
    assert half.name in told
    prompt = tuned.request.prompt.text.removeprefix("<bos>")
    text = continued(half, prompt, TOKENS).strip()
    assert text == tuned.text if tuned.by_heart else text
    assert not list(tmp_path.glob(".*")), "nothing half written is left"


def test_the_command_prints_the_text_and_warns_where_it_repeats_an_essay(
    tuned: Tuned, capsys: pytest.CaptureFixture[str]
) -> None:
    write_on_terminal(ToWrite("1", TOPIC, temperature=0), json=False)
    printed = capsys.readouterr()
    assert printed.out == tuned.text + "\n"
    if tuned.by_heart:
        assert "Careful: " in printed.err, "sixty epochs on two essays: it recites"
        assert "'drawer'" in printed.err
    shutil.move(tuned.artifacts / "essays", tuned.artifacts / "elsewhere")
    write_on_terminal(ToWrite("1", TOPIC, temperature=0, with_baseline=True), json=True)
    shutil.move(tuned.artifacts / "elsewhere", tuned.artifacts / "essays")
    writing = json.loads(capsys.readouterr().out)
    assert writing["tuned"]["text"] == tuned.text != writing["baseline"]["text"]
    assert writing["repeats"] is None
    assert "not at" in writing["notes"][0]


def test_a_topic_that_the_model_would_read_as_structure_is_refused(tuned: Tuned) -> None:
    end = "<eos>" if "gemma" in tuned.record.model_name else "<|end|>"
    with pytest.raises(ConfigError, match="control token"):
        write_on_terminal(ToWrite("1", f"Bread {end} and more"), json=False)
    with pytest.raises(ConfigError, match="no words"):
        write_on_terminal(ToWrite("1", " - "), json=False)


def test_nothing_is_written_over_and_weights_that_are_gone_are_told(tuned: Tuned, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear")
    with pytest.raises(ConfigError, match="is there already"):
        export_text(ToExport("1", tmp_path / "mine"))
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["letter.txt"]
    weights = Path(tuned.record.training.weights.path) if tuned.record.training else tmp_path
    weights.rename(weights.with_suffix(".away"))
    try:
        with pytest.raises(ModelUnavailable, match="are gone"):
            export_text(ToExport("1", tmp_path / "new"))
    finally:
        weights.with_suffix(".away").rename(weights)
    assert not (tmp_path / "new").exists()


def _folder(tuned: Tuned) -> str:
    (folder,) = (tuned.artifacts / "runs").iterdir()
    return folder.name
