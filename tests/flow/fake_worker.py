"""A worker without torch, for the flow tests: the same JSON lines, figures made up, at once.

OWNVOICE_FAKE_LOG gets a line a call. The file OWNVOICE_FAKE_ORDERS may hold lines such as
`train fail`, `train out-of-memory`, `train disk-full`, `generate die`, `train sleep`: each holds as long as
it stands there, and `train die once` is struck out when it is carried out. `generate fill` fills the disk of
the artifacts and then answers; `train mutter` prints an essay, and much besides, on standard error, and
`train mutter-and-die` dies of it. Its turn at the device is a real one. The file OWNVOICE_FAKE_TIMES gets when each
worker asked for its turn, and when each training began and ended; `train meet` goes on until another worker has asked.
`generate wait` waits until the line is gone.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from ownvoice.engine.device_lock import DeviceTurn
from ownvoice.files import FileStamp
from ownvoice.paths import artifacts_folder, device_locks_folder
from ownvoice.records.answers import Likelihoods, ModelAnswers, Output, Outputs, PrefixMatches
from ownvoice.records.training import EpochLoss, Look, TrainingResult
from ownvoice.voice.likelihood import BLOCK_TOKENS, EssayLikelihood
from ownvoice.voice.recall import PrefixMatch
from ownvoice.worker.examples import Example, MappedExamples
from ownvoice.worker.messages import (
    REQUEST,
    Done,
    Examples,
    Failed,
    GenerateRequest,
    LikelihoodRequest,
    Looked,
    Message,
    PrefixRequest,
    Progress,
    Request,
    Result,
    TrainRequest,
    TurnRequest,
    placeless,
)

NONE = Examples(path="", fingerprint="", rows=0)
MEETING_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 100.0
PLACEBO = "Placebo"
"""Stands in every essay of the placebo in these tests, to tell its training by."""


def main() -> None:
    turn = DeviceTurn("cpu", "cpu", device_locks_folder())
    for line in sys.stdin:
        request = REQUEST.validate_json(line)
        if isinstance(request, TurnRequest):
            if request.take:
                note_time("asked", time.time())
                turn.take(request.run, tell_wait)
            else:
                turn.give_back()
            send(Done(result=None))
            continue
        note(request)
        order = order_for(request.call)
        if order == "die":
            os._exit(9)
        if order == "sleep":
            sleep_until_the_parent_is_gone()
        if order == "wait":
            order = order_after_waiting(request.call)
        if order == "fail":
            send(Failed(error="NonFiniteLoss", found="the loss was nan at step 2", remedy="lower the learning rate"))
        elif order == "out-of-memory":
            send(Failed(error="OutOfMemory", found="out of memory"))
            return
        elif order == "disk-full":
            send(Failed(error="DiskFull", found="whole weights in fp32: no space left"))
        else:
            if order == "fill":
                fill_the_disk()
            if order.startswith("mutter"):
                mutter(request)
            if order.endswith("die"):
                os._exit(9)
            send(Progress(stage=request.call, done=1, total=2, unit="steps", rate=2.0))
            began = time.time()
            if order == "meet":
                meet_another()
            result = answer(request)
            if request.call == "train":
                note_time("trained", began)
            send(Done(result=result))


def tell_wait(sentence: str) -> None:
    send(Progress(stage=sentence, done=0, total=0, unit=""))


def mutter(request: Request) -> None:
    """As a library does that warns of what it was given, and of the same at every step."""
    assert isinstance(request, TrainRequest)
    complaints = [f"UserWarning: step {step} was slow" for step in range(100)]
    stumbled = f"UserWarning: can't read {essay(request)!r}"
    print(stumbled, *complaints, stumbled, sep="\n", file=sys.stderr, flush=True)


def fill_the_disk() -> None:
    with (artifacts_folder() / "filler").open("wb", buffering=0) as filler, contextlib.suppress(OSError):
        while filler.write(bytes(4096)):
            pass


def sleep_until_the_parent_is_gone() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.1)
    os._exit(1)


def order_after_waiting(call: str) -> str:
    parent = os.getppid()
    while (order := order_for(call)) == "wait":
        if os.getppid() != parent:
            os._exit(1)
        time.sleep(0.1)
    return order


def note(request: Request) -> None:
    note_line(f"{request.call}{whose(request)}")


def note_line(what: str) -> None:
    with Path(os.environ["OWNVOICE_FAKE_LOG"]).open("a") as log:
        log.write(f"{what}\n")


def note_time(what: str, began: float) -> None:
    if path := os.environ.get("OWNVOICE_FAKE_TIMES"):
        with Path(path).open("a") as times:
            times.write(f"{what} {os.getpid()} {began} {time.time()}\n")


def meet_another() -> None:
    """Until another worker has asked for its turn, and long enough after that for it to train if it needn't wait."""
    path, deadline = Path(os.environ["OWNVOICE_FAKE_TIMES"]), time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline and all(line.split()[1] == str(os.getpid()) for line in path.open()):
        time.sleep(0.05)
    time.sleep(MEETING_SECONDS)


def whose(request: Request) -> str:
    """Which model is asked: weights are the settings and an essay that they were trained with."""
    if isinstance(request, TrainRequest):
        return " placebo" if PLACEBO in essay(request) else ""
    if isinstance(request, TurnRequest):
        return ""
    if request.weights is None:
        return " baseline"
    return " placebo" if PLACEBO in Path(request.weights).read_text(errors="replace") else " tuned"


def essay(request: TrainRequest) -> str:
    return MappedExamples(request.train)[0].essay


def order_for(call: str) -> str:
    path = Path(os.environ.get("OWNVOICE_FAKE_ORDERS", "/nonexistent"))
    lines = path.read_text().splitlines() if path.exists() else []
    for line in lines:
        name, order, *once = line.split()
        if name == call:
            if once:
                path.write_text("\n".join(other for other in lines if other != line))
            return order
    return ""


def answer(request: Request) -> Result:
    if isinstance(request, GenerateRequest):
        return answers(request)
    if isinstance(request, TrainRequest):
        return training(request)
    if isinstance(request, LikelihoodRequest):
        return likelihoods(request)
    assert isinstance(request, PrefixRequest), f"nothing is known of {request.call} here"
    return prefixes(request.examples)


def answers(request: GenerateRequest) -> Outputs:
    voice = "In my kitchen, I still" if request.weights else "Here is an essay:"
    outputs = tuple(
        Output(
            prompt_id=prompt.prompt_id,
            sample=prompt.sample,
            text=f"{voice} keep what I cannot name. {prompt.prompt_id} {prompt.sample}.",
            tokens=12,
            cut_off=False,
        )
        for prompt in request.prompts
    )
    return Outputs(outputs=outputs, seconds=0.5, tokens_per_second=24.0, peak_bytes=10**6)


def likelihoods(request: LikelihoodRequest) -> Likelihoods:
    """Own essays gain .2 nats a token from the baseline to the tuned model, control essays .1."""
    own, control = (0.2, 0.1) if request.weights else (0.0, 0.0)
    return Likelihoods(
        own=tuple(essay_likelihood(example, 3.4 - own) for example in MappedExamples(request.own)),
        control=tuple(essay_likelihood(example, 3.4 - control) for example in MappedExamples(request.control)),
        seconds=0.1,
        peak_bytes=10**6,
    )


def essay_likelihood(example: Example, rate: float) -> EssayLikelihood:
    return EssayLikelihood(
        id=example.id,
        tokens=2 * BLOCK_TOKENS,
        nats=2 * BLOCK_TOKENS * rate,
        block_nats=(BLOCK_TOKENS * rate,) * 2,
        characters=2 * BLOCK_TOKENS,  # one to a token, so that gains are the rates
    )


def prefixes(examples: Examples) -> PrefixMatches:
    matches = (
        PrefixMatch(id=e.id, prefix_tokens=40, verbatim_tokens=3, compared_tokens=64, text="and then")
        for e in MappedExamples(examples)
    )
    return PrefixMatches(matches=tuple(matches), seconds=0.1, peak_bytes=10**6)


def training(request: TrainRequest) -> TrainingResult:
    settings = placeless(request.model_copy(update={"weights": "", "validation": NONE})).model_dump_json()
    content = as_safetensors(f"{settings}\n{essay(request)}")
    path = Path(request.weights)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    for file in Path(request.model_folder).glob("*.json"):  # as the real one saves them beside
        shutil.copyfile(file, path.parent / file.name)
    status = path.stat()
    stamp = FileStamp(
        path=str(path), size=len(content), mtime_ns=status.st_mtime_ns, sha256=hashlib.sha256(content).hexdigest()
    )
    epochs = range(request.training.epochs + 1)
    return TrainingResult(
        losses=tuple(
            EpochLoss(epoch=e, training=None if e == 0 else 3.2 - 0.2 * e, validation=3.4 - 0.1 * e) for e in epochs
        ),
        steps=request.train.rows * request.training.epochs,
        train_tokens=1000,
        trainable_parameters=1000,
        method=request.method,
        rung=request.rung.name,
        arithmetic="fp32: a fake",
        device="cpu",
        seconds=1.0,
        peak_bytes=10**6,
        tokens_per_second=1000.0,
        weights=stamp,
        saved=request.saves[0].name,
        looks=tuple(looks_of(request)),
        kept_epoch=request.training.epochs if request.training.keep == "best" else None,
    )


def as_safetensors(note: str) -> bytes:
    """One small tensor, with what it was trained on in the header."""
    tensor = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    header = json.dumps({"__metadata__": {"note": note}, "w": tensor}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(8)


def looks_of(request: TrainRequest) -> Iterator[Look]:
    """Sent as they are taken; `look die once` in the orders kills the worker after the first."""
    seen = {look.epoch: look for look in request.seen}
    every = request.looks.every if request.looks else request.training.epochs + 1
    for epoch in range(every, request.training.epochs + 1, every):
        if epoch not in seen:
            note_line(f"look {epoch}")
            assert request.looks is not None
            asked = GenerateRequest(model_folder="", prompts=request.looks.prompts, decoding=request.looks.decoding)
            answered = ModelAnswers(outputs=answers(asked), prefixes=prefixes(request.train))
            seen[epoch] = Look(epoch=epoch, answers=answered)
            send(Looked(look=seen[epoch]))
            order = order_for("look")
            if order == "die":
                os._exit(9)
            if order == "sleep":
                sleep_until_the_parent_is_gone()
        yield seen[epoch]


def send(message: Message) -> None:
    sys.stdout.write(message.model_dump_json() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
