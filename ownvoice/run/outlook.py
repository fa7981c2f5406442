"""Tells what carrying out a plan would do: which steps come from the cache, and how long the others may take.

What `ownvoice plan` prints and what a run tells of itself before its first step are this one value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from pydantic import BaseModel

from ownvoice.estimates import Expected, RunEstimate, StepEstimate
from ownvoice.memory.asking import Asked, Speed, asking_seconds, comparing_seconds
from ownvoice.memory.demand import TOKENS_OF_A_TEMPLATE, tokens_by_words
from ownvoice.memory.free import Device
from ownvoice.memory.machine import describe_machine, processor_has_bf16
from ownvoice.memory.timing import Setting, Timing, expect, learn, machine_name, read_times, times_file
from ownvoice.records.run import Machine
from ownvoice.run.plan import Judgement, Question, RunPlan, Step, Training
from ownvoice.run.stored import find_stored
from ownvoice.worker.messages import GenerateRequest, LikelihoodRequest, PrefixRequest

ANY_MODEL = ""
"""Of steps that need none."""


LEAST_SECONDS = 0.01
"""Of a step that has next to nothing to do: times are divided by it."""


class Here(NamedTuple):
    """The machine, and what it was timed at."""

    machine: Machine
    device: Device
    history: list[Timing]


def times_here(device: Device) -> Here:
    return Here(describe_machine(), device, read_times(times_file()))


def estimate_run(
    plan: RunPlan,
    trainings: Mapping[str, Expected | None],
    here: Here,
    done_before: frozenset[str] = frozenset(),
) -> RunEstimate:
    """Every row of the plan, in order; a step that waits for one that must be done must be done itself.

    Args:
        trainings: By their ids, at the memory setting that each starts at; None where none fits.
        done_before: Keys of the steps of runs that go before this one: a step that waits for none is cached by then.
    """
    results: dict[str, BaseModel] = {}
    rows = []
    for step in plan.steps:
        found = find_stored(step.due(results).key) if all(each in results for each in step.waits_for) else None
        if found is not None:
            results[step.id] = found
        cached = found is not None or (step.key in done_before and not step.waits_for)
        expected = None if cached else _expected(step, plan, trainings.get(step.id), here)
        rows.append(StepEstimate(id=step.id, name=step.name, cached=cached, expected=expected))
    return RunEstimate(steps=tuple(rows))


def learn_step(step: Step, plan: RunPlan, expected: Expected, seconds: float, here: Here, finished_at: str) -> None:
    """Keep what a step took, for the next estimate. A training's time is kept by its memory setting, where it ends."""
    if isinstance(step, Training) or seconds <= 0:
        return
    work = _arithmetic(step, plan, here)
    setting, estimated = _setting(step, plan, here), expected.seconds
    timing = Timing(setting=setting, work=work, seconds=seconds, estimated_seconds=estimated, finished_at=finished_at)
    learn(times_file(), timing)


def _expected(step: Step, plan: RunPlan, training: Expected | None, here: Here) -> Expected | None:
    if not isinstance(step, Training):
        return expect(here.history, _setting(step, plan, here), *(_arithmetic(step, plan, here),) * 2)
    looks = _looks(step, plan, here)
    if training is None or looks is None:
        return training
    together = {name: getattr(training, name) + getattr(looks, name) for name in ("seconds", "low", "high")}
    return training.model_copy(update={**together, "basis": looks.basis, "reason": looks.reason})


def _looks(step: Training, plan: RunPlan, here: Here) -> Expected | None:
    """What the model is asked in the midst of its training, as often as it is; None where it isn't."""
    looks = step.request.looks
    if looks is None:
        return None
    asked = GenerateRequest(model_folder="", prompts=looks.prompts, decoding=looks.decoding)
    as_step = Question(name="", kind="generate", model=step.model, request=asked, key="")
    one = expect(here.history, _setting(as_step, plan, here), *(_arithmetic(as_step, plan, here),) * 2)
    times = step.request.training.epochs // looks.every
    return one.model_copy(update={name: times * getattr(one, name) for name in ("seconds", "low", "high")})


def _setting(step: Step, plan: RunPlan, here: Here) -> Setting:
    """A trained model is asked like any other trained one: what it writes ends sooner or later than the untuned one's."""
    whose = step.model if step.model in ("baseline", "prompted", "run") else "trained"
    model = ANY_MODEL if isinstance(step, Judgement) else plan.model.name
    device = "cpu" if isinstance(step, Judgement) else here.device
    kind = f"{step.kind}, {whose}"
    return Setting(machine=machine_name(here.machine), model=model, rung="", device=device, kind=kind)


def _arithmetic(step: Step, plan: RunPlan, here: Here) -> float:
    """Seconds of a step that trains nothing."""
    if isinstance(step, Judgement):
        asked = (each.request for each in plan.steps if each.id in step.measured)
        return comparing_seconds(sum(len(each.prompts) for each in asked if isinstance(each, GenerateRequest)))
    speed = Speed.of(here.device, here.machine.cores, processor_has_bf16())
    return max(asking_seconds(_asked(step.request, plan), plan.trainings[0].demand.shape, speed), LEAST_SECONDS)


def _asked(request: BaseModel, plan: RunPlan) -> Asked:
    match request:
        case GenerateRequest():
            texts = [prompt.text for prompt in request.prompts]
            read = fmean(map(tokens_by_words, texts)) if texts else 0
            return Asked(
                rows=len(texts),
                read_tokens=TOKENS_OF_A_TEMPLATE + round(read),
                shared_tokens=tokens_by_words(_shared_beginning(texts)),
                new_tokens=request.decoding.max_new_tokens,
                at_once=request.answers_at_once,
            )
        case PrefixRequest():
            return Asked(
                rows=request.examples.rows,
                read_tokens=request.prefix_tokens,
                new_tokens=request.max_new_tokens,
                at_once=request.answers_at_once,
            )
        case LikelihoodRequest():  # others' essays are taken to be as long as hers
            tokens = fmean(each.tokens for each in plan.data.figures) if plan.data.figures else 1
            return Asked(rows=request.own.rows + request.control.rows, read_tokens=round(tokens))
    return Asked(rows=1, read_tokens=1)


def _shared_beginning(texts: Sequence[str]) -> str:
    """Essays that are shown before every topic; of short prompts the instruction."""
    first, last = min(texts, default=""), max(texts, default="")
    same = (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(same, len(first))]
