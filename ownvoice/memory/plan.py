"""Plans the memory settings that a training may take on this machine, each with its peak and its time, and where it starts."""

from __future__ import annotations

from ownvoice.backends import can_train
from ownvoice.errors import MemoryRefused
from ownvoice.estimates import Expected
from ownvoice.frozen import Frozen
from ownvoice.ladder import Hardware, Rung, rungs_for, without_repeats
from ownvoice.memory.demand import Answering, Demand
from ownvoice.memory.free import Device, FreeMemory, find_hardware
from ownvoice.memory.machine import describe_machine, processor_has_bf16
from ownvoice.memory.predict import (
    ANSWERS_AT_ONCE,
    AnswersPeak,
    Peak,
    Workload,
    needed_bytes,
    predict_answers,
    predict_peak,
    training_flops,
)
from ownvoice.memory.saves import DiskPlan
from ownvoice.memory.timing import (
    Setting,
    Timing,
    expect,
    learn,
    machine_name,
    read_times,
    times_file,
    training_seconds,
)
from ownvoice.models.known import KNOWN_SHAPES
from ownvoice.models.shape import ModelShape
from ownvoice.records.run import Machine
from ownvoice.records.training import TrainingResult
from ownvoice.units import gib
from ownvoice.worker.messages import Save


class PlannedRung(Frozen):
    rung: Rung
    peak: Peak
    fits: bool
    time: Expected | None
    """Of the whole training; None where it was not asked for."""


class MemoryPlan(Frozen):
    """Every rung with its prediction, in the order of the ladder."""

    shape: ModelShape
    workload: Workload
    memory: FreeMemory
    rungs: tuple[PlannedRung, ...]
    start: int | None
    """Index of the rung that a run starts at; None where none fits."""
    reason: str
    """Why it starts there, in words and bytes; and what the answers need, where that is more."""
    answers: AnswersPeak | None = None
    """As many at once as fit, or one at a time where none does; None where it was not asked for."""


class Descent(Frozen):
    """The rungs that a training may take, from the first that fits down, and why it starts there."""

    model: str
    machine: Machine
    rungs: tuple[PlannedRung, ...]
    reason: str
    disk: DiskPlan

    def saves(self, tried: PlannedRung) -> tuple[Save, ...]:
        """The ways of saving that fit; all of them where none does: the disk may have room by then."""
        return self.disk.fitting(tried.rung.name) or self.disk.saves[tried.rung.name]

    def with_less_on_disk(self, tried: PlannedRung) -> Descent:
        """The disk filled at this rung: further down only those that save less than it did at least."""
        least, made = _least(self, tried), self.rungs.index(tried) + 1
        lesser = tuple(each for each in self.rungs[made:] if _least(self, each) < least)
        return self.model_copy(update={"rungs": (*self.rungs[:made], *lesser)})


def descent_of(planned: MemoryPlan, disk: DiskPlan) -> Descent:
    """Every rung from the start down that the disk has room for. Where none fits all are left: a prediction can err."""
    first = len(planned.rungs) - 1 if planned.start is None else planned.start
    rungs = planned.rungs[first:]
    return Descent(
        model=planned.shape.name,
        machine=describe_machine(),
        rungs=tuple(each for each in rungs if disk.fitting(each.rung.name)) or rungs,
        reason=planned.reason,
        disk=disk,
    )


def _least(descent: Descent, planned: PlannedRung) -> int:
    return min(save.bytes for save in descent.disk.saves[planned.rung.name])


def following(descent: Descent, reached: str) -> Descent:
    """From the rung that another training ended at: two trainings that are compared share their arithmetic."""
    names = [each.rung.name for each in descent.rungs]
    if reached not in names[1:]:
        return descent
    rungs = descent.rungs[names.index(reached) :]
    return descent.model_copy(
        update={"rungs": rungs, "reason": f"the training that it is compared with ended at {reached!r}"}
    )


def plan_memory(demand: Demand, memory: FreeMemory, device: Device) -> MemoryPlan:
    """The rungs that a training may take here, each with its peak and its time; and what the answers need.

    Of a training that processes share, each is taken to need what one alone would for its share of a batch, though it
    holds a part of the weights only: on a processor it has its share of the memory, and a GPU of its own otherwise.
    """
    if device == "cpu":
        memory = memory.shared_by(demand.processes)
    rungs = possible_rungs(demand, find_hardware(device))
    workload = Workload(
        tokens=demand.essays.longest,
        batch=demand.share,
        device=device,
        autocast=device == "cuda" or (device == "cpu" and processor_has_bf16()),
        lora_rank=demand.lora_rank,
        keeps_best=demand.keeps_best,
    )
    machine, history = describe_machine(), read_times(times_file())
    times = tuple(expected_time(demand, rung, device, machine, history) for rung in rungs)
    return choose_rung(demand.shape, rungs, workload, memory, times, demand.asked)


def possible_rungs(demand: Demand, hardware: Hardware) -> tuple[Rung, ...]:
    """What is allowed, exists here and is the backend's, without those that save nothing at this batch."""
    with_dropout = demand.batch > 1 and (demand.drops or demand.shape.drops)
    rungs = rungs_for(demand.allow, demand.method, hardware, with_dropout)
    return without_repeats(tuple(rung for rung in rungs if can_train(demand.backend, rung)), demand.share)


def expected_time(demand: Demand, rung: Rung, device: Device, machine: Machine, history: list[Timing]) -> Expected:
    """Of a whole training, validation included; before anything is loaded."""
    setting = _setting(machine, demand.shape.name, rung.name, device, demand.processes)
    flops = training_flops(demand.shape, rung, demand.tokens, demand.essays.longest)
    return expect(history, setting, demand.tokens, training_seconds(flops, machine.cores, device))


def learn_from(model: str, result: TrainingResult, expected: Expected, machine: Machine, finished_at: str) -> float:
    """Keep what a training took, for the next estimate; returns the error of this one (0.5: half too long)."""
    # A GPU goes by its name in the result.
    device: Device = "cpu" if result.device == "cpu" else "mps" if result.device == "mps" else "cuda"
    setting = _setting(machine, model, result.rung, device, result.processes)
    timing = Timing(
        setting=setting,
        work=result.train_tokens,
        seconds=result.seconds,
        estimated_seconds=expected.seconds,
        finished_at=finished_at,
    )
    return learn(times_file(), timing)


def _setting(machine: Machine, model: str, rung: str, device: Device, processes: int) -> Setting:
    """One process and several have times of their own."""
    shared = f"{rung}, {processes} processes" if processes > 1 else rung
    return Setting(machine=machine_name(machine), model=model, rung=shared, device=device)


def choose_rung(
    shape: ModelShape,
    rungs: tuple[Rung, ...],
    workload: Workload,
    memory: FreeMemory,
    times: tuple[Expected | None, ...] = (),
    asked: Answering | None = None,
) -> MemoryPlan:
    """Predict every rung and choose the first that fits; `times` stand in the order of the rungs.

    `asked` are the answers before and after the training. They fall to fewer at once by themselves, so they
    never forbid a rung.
    """
    peaks = [predict_peak(shape, rung, workload) for rung in rungs]
    fits = [needed_bytes(peak) <= memory.bytes for peak in peaks]
    planned = tuple(
        PlannedRung(rung=rung, peak=peak, fits=fit, time=time)
        for rung, peak, fit, time in zip(rungs, peaks, fits, times or (None,) * len(rungs), strict=True)
    )
    start = fits.index(True) if True in fits else None
    answers = _plan_answers(shape, asked, memory, workload) if asked else None
    reason = _reason(planned, start, memory) + _reason_of_answers(answers, planned, start, memory)
    return MemoryPlan(
        shape=shape,
        workload=workload,
        memory=memory,
        rungs=planned,
        start=start,
        reason=reason,
        answers=answers,
    )


def require_fit(planned: MemoryPlan, table: str) -> PlannedRung:
    """The rung to start at; `table` is the plan rendered (ownvoice.report.tables), for the refusal.

    Raises:
        MemoryRefused: none fits; it says how much is missing and which known model would fit.
    """
    if planned.start is not None:
        return planned.rungs[planned.start]
    least = min(planned.rungs, key=lambda each: each.peak.total)
    missing = needed_bytes(least.peak) - planned.memory.bytes
    raise MemoryRefused(
        table,
        f"{gib(missing)} more memory, for {least.rung.name!r} and the margin",
        "; or ".join(_ways_out(planned)),
    )


def _ways_out(planned: MemoryPlan) -> list[str]:
    """What a person can do, the least change first."""
    ways = ["close other programs"]
    allowed = {each.rung.changes for each in planned.rungs}
    if "method" not in allowed:
        ways.append('set memory.allow="method" for LoRA' if "rounding" in allowed else 'set memory.allow="rounding"')
    smaller = smaller_model_that_fits(planned)
    return [*ways, f"take a smaller model: --model {smaller}" if smaller else "no known model is small enough"]


def smaller_model_that_fits(planned: MemoryPlan) -> str | None:
    """The largest known model, smaller than this one, that some rung of the same ladder fits."""
    smaller = [shape for shape in KNOWN_SHAPES.values() if shape.parameters < planned.shape.parameters]
    for shape in sorted(smaller, key=lambda each: -each.parameters):
        peaks = [predict_peak(shape, each.rung, planned.workload) for each in planned.rungs]
        if any(needed_bytes(peak) <= planned.memory.bytes for peak in peaks):
            return shape.name
    return None


def _reason(planned: tuple[PlannedRung, ...], start: int | None, memory: FreeMemory) -> str:
    """'as configured needs 3.5 GiB, 2.0 GiB free in memory; gradient checkpointing needs 1.9 GiB'."""
    if start == 0:
        return f"{_need(planned[0])}, {memory.in_words()}"
    if start is None:
        least = min(planned, key=lambda each: each.peak.total)
        return f"no memory setting fits: even {_need(least)}, {memory.in_words()}"
    return f"{_need(planned[0])}, {memory.in_words()}; {_need(planned[start])}"


def _plan_answers(shape: ModelShape, asked: Answering, memory: FreeMemory, workload: Workload) -> AnswersPeak:
    """As many at once as fit; one at a time where none does."""
    peaks = [predict_answers(shape, asked, at_once, workload) for at_once in ANSWERS_AT_ONCE]
    return next((peak for peak in peaks if needed_bytes(peak) <= memory.bytes), peaks[-1])


def _reason_of_answers(
    answers: AnswersPeak | None, planned: tuple[PlannedRung, ...], start: int | None, memory: FreeMemory
) -> str:
    """Nothing where the training needs more, or is refused."""
    if answers is None or start is None or answers.total <= planned[start].peak.total:
        return ""
    short = needed_bytes(answers) - memory.bytes
    return f"; of its answers {answers.in_words()}, more than the training" + (
        f" and {gib(short)} more than is free" if short > 0 else ""
    )


def _need(each: PlannedRung) -> str:
    return f"{each.rung.name!r} needs {gib(each.peak.total)}"
