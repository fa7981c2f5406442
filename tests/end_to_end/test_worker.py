"""The real worker on tiny models: what it promises about answers, training, memory and its own end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from ownvoice.config import DecodingConfig
from ownvoice.engine.device import choose_arithmetic
from ownvoice.errors import NonFiniteLoss, OutOfMemory, WorkerDied
from ownvoice.paths import ROOT
from ownvoice.records.answers import Outputs
from ownvoice.records.training import TrainingResult
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import GenerateRequest, Progress, PromptText
from tests.end_to_end.tiny_requests import HELD_OUT, request_to_train
from tests.example_files import Text, examples_of

DECODING = DecodingConfig(max_new_tokens=24)
PROMPTS = tuple(
    PromptText(prompt_id=f"p{i}", sample=sample, text="Write an essay.\n---\n" + "A topic of some length " * i + "\n\n")
    for i in range(4)
    for sample in range(2)
)


def silent(progress: Progress) -> None:
    """Progress is not looked at."""


def ask(worker: Worker, folder: Path, weights: str | None = None, prompts: tuple[PromptText, ...] = PROMPTS) -> Outputs:
    request = GenerateRequest(model_folder=str(folder), weights=weights, prompts=prompts, decoding=DECODING)
    outputs = worker.call(request, silent)
    assert isinstance(outputs, Outputs)
    return outputs


def train(worker: Worker, folder: Path, weights: Path, method: str = "full", **training: object) -> TrainingResult:
    result = worker.call(request_to_train(folder, weights, method, **training), silent)
    assert isinstance(result, TrainingResult)
    return result


def texts(outputs: Outputs) -> list[str]:
    return [output.text for output in outputs.outputs]


def test_an_answer_is_the_same_alone_and_in_a_batch(worker: Worker, tiny_llama: Path, tiny_gpt2: Path) -> None:
    for folder in (tiny_llama, tiny_gpt2):
        together = texts(ask(worker, folder))
        alone = [texts(ask(worker, folder, prompts=(prompt,)))[0] for prompt in PROMPTS]
        assert together == alone
        assert len(set(together)) == len(PROMPTS)  # samples of one prompt differ from each other


def test_an_answer_says_whether_the_length_limit_cut_it_off(worker: Worker, tiny_llama: Path) -> None:
    for output in ask(worker, tiny_llama).outputs:
        assert output.cut_off == (output.tokens == DECODING.max_new_tokens)


@pytest.mark.parametrize(("method", "name"), [("full", "model.safetensors"), ("lora", "adapter_model.safetensors")])
@pytest.mark.parametrize("tiny", ["tiny_llama", "tiny_gpt2"])
def test_trained_weights_answer_the_same_from_memory_and_from_disk(
    tiny: str, method: str, name: str, tmp_path: Path, request: pytest.FixtureRequest, worker: Worker
) -> None:
    folder: Path = request.getfixturevalue(tiny)
    result = train(worker, folder, tmp_path / "weights" / name, method, learning_rate=1e-2)
    from_memory = texts(ask(worker, folder, result.weights.path))
    baseline = texts(ask(worker, folder))
    from_disk = texts(ask(worker, folder, result.weights.path))
    assert from_memory == from_disk != baseline
    assert not list((tmp_path / "weights").glob("*.bin"))
    assert result.losses[-1].validation < result.losses[0].validation


def test_the_losses_are_those_of_transformers_on_the_essay_alone(
    worker: Worker, tiny_llama: Path, tmp_path: Path
) -> None:
    result = train(worker, tiny_llama, tmp_path / "w" / "model.safetensors", learning_rate=0.0)
    model = AutoModelForCausalLM.from_pretrained(tiny_llama).eval()
    tokenizer = AutoTokenizer.from_pretrained(tiny_llama)
    prompt = tokenizer(HELD_OUT[0].prompt).input_ids
    essay = [*tokenizer(HELD_OUT[0].completion).input_ids, tokenizer.eos_token_id]
    labels = torch.tensor([[-100] * len(prompt) + essay])
    arithmetic = choose_arithmetic(torch.device("cpu"))
    with arithmetic.context(torch.device("cpu")):
        expected = model(input_ids=torch.tensor([prompt + essay]), labels=labels).loss.item()
    tolerance = 1e-4 if arithmetic.autocast is None else 2e-3
    assert [loss.validation for loss in result.losses] == pytest.approx([expected] * 3, abs=tolerance)
    assert [loss.epoch for loss in result.losses] == [0, 1, 2]
    assert result.losses[0].training is None


def test_a_batch_trains_on_the_mean_over_its_tokens(worker: Worker, tiny_llama: Path, tmp_path: Path) -> None:
    one = train(worker, tiny_llama, tmp_path / "a" / "model.safetensors", learning_rate=0.0, epochs=1)
    three = train(worker, tiny_llama, tmp_path / "b" / "model.safetensors", learning_rate=0.0, epochs=1, batch_size=3)
    assert (one.steps, three.steps) == (3, 1)
    assert one.losses[1].training == pytest.approx(three.losses[1].training, abs=1e-4)


def test_loss_on_all_teaches_the_prompt_as_well(worker: Worker, tiny_llama: Path, tmp_path: Path) -> None:
    essay = train(worker, tiny_llama, tmp_path / "a" / "model.safetensors", learning_rate=0.0, epochs=1)
    everything = train(
        worker, tiny_llama, tmp_path / "b" / "model.safetensors", learning_rate=0.0, epochs=1, loss_on="all"
    )
    assert abs(essay.losses[0].validation - everything.losses[0].validation) > 1e-3


def test_a_loss_that_is_no_number_stops_the_training_and_saves_nothing(
    worker: Worker, tiny_llama: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in tiny_llama.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    tensors = load_file(broken / "model.safetensors")
    tensors["model.norm.weight"][0] = float("nan")
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(NonFiniteLoss, match="validation loss became nan"):
        train(worker, broken, tmp_path / "w" / "model.safetensors")
    assert not (tmp_path / "w").exists()


def test_a_real_out_of_memory_ends_the_worker_and_the_next_call_starts_a_new_one(
    tiny_llama: Path, tmp_path: Path
) -> None:
    megabytes_over = 300
    program = (
        "import resource, runpy, psutil, torch, transformers, ownvoice.engine.engine\n"
        f"limit = psutil.Process().memory_info().data + {megabytes_over} * 2**20\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))\n"
        "runpy.run_module('ownvoice.engine.process', run_name='__main__')\n"
    )
    with Worker((sys.executable, "-c", program)) as limited:
        assert ask(limited, tiny_llama, prompts=PROMPTS[:1]).outputs
        first = limited.pid
        long = "My mother kept a spoon. " * 150
        big = request_to_train(tiny_llama, tmp_path / "w" / "model.safetensors", batch_size=64).model_copy(
            update={"train": examples_of(tiny_llama, *(Text(str(i), "Write.\n", long) for i in range(64)))}
        )
        with pytest.raises(OutOfMemory, match="out of memory"):
            limited.call(big, silent)
        assert not psutil.pid_exists(first or 0)
        assert ask(limited, tiny_llama, prompts=PROMPTS[:1]).outputs
        assert limited.pid != first


def test_a_killed_worker_is_told_with_its_signal(tiny_llama: Path, tmp_path: Path) -> None:
    with Worker() as doomed:

        def kill_in_training(progress: Progress) -> None:
            if progress.stage == "training" and doomed.pid:
                os.kill(doomed.pid, signal.SIGKILL)

        with pytest.raises(WorkerDied, match="SIGKILL"):
            doomed.call(
                request_to_train(tiny_llama, tmp_path / "w" / "model.safetensors", epochs=200), kill_in_training
            )
    assert not (tmp_path / "w").exists()


def test_the_worker_ends_with_its_parent() -> None:
    program = (
        "from ownvoice.worker.client import Worker; import time\n"
        "w = Worker(); w.start(); print(w.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert parent.stdout
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    _, alive = psutil.wait_procs([child], timeout=10)
    assert not alive


def test_close_ends_a_worker_in_the_middle_of_its_training(tiny_llama: Path, tmp_path: Path) -> None:
    worker = Worker()
    worker.start()
    child = psutil.Process(worker.pid)
    request = request_to_train(tiny_llama, tmp_path / "w" / "model.safetensors", epochs=1000)
    failures: list[BaseException] = []
    in_training = threading.Event()

    def call() -> None:
        try:
            worker.call(request, lambda progress: in_training.set() if progress.stage == "training" else None)
        except WorkerDied as error:
            failures.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    assert in_training.wait(60)
    os.kill(child.pid, signal.SIGTERM)
    thread.join(10)
    worker.close()
    assert not child.is_running()
    assert [type(failure) for failure in failures] == [WorkerDied]
