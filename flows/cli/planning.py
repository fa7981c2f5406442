"""`ownvoice plan` and `ownvoice clean`: what a run would need, and what may go. Neither runs anything."""

from __future__ import annotations

from flows.cli.arguments import choose_experiment
from ownvoice.config import ExperimentConfig
from ownvoice.essays.check import choose, read_pairs
from ownvoice.essays.prompts import parse_prompts
from ownvoice.full_disk import free_bytes
from ownvoice.memory.free import Device, FreeMemory, free_memory, likely_device, parse_size
from ownvoice.memory.plan import TOKENS_PER_WORD, EssaySizes, answering, plan_experiment
from ownvoice.models.shape import find_shape
from ownvoice.paths import artifacts_folder, models_folder, resolve
from ownvoice.report.cleanup import KEPT_RUNS, Pruning, find_prunable, prune
from ownvoice.report.plan_table import render_plan
from ownvoice.units import gib


def plan_text(
    model: str,
    experiment: str,
    settings: tuple[str, ...],
    memory: str | None,
    tokens: int | None,
    device: Device | None,
) -> str:
    """The table of memory settings for a model, and the one that a run would start at.

    Raises:
        ConfigError, PairsError, ModelUnavailable: what was asked for can't be read.
    """
    config = choose_experiment(experiment, settings, model)
    shape = find_shape(config.model, config.revision)
    device = device or likely_device()
    sizes = essay_sizes(config)
    if tokens is not None:
        sizes = sizes.model_copy(update={"longest": tokens})
    room = FreeMemory(bytes=parse_size(memory), source="given") if memory else free_memory(device)
    prompts = parse_prompts(resolve(config.data.prompts))
    asked = answering(config, (*prompts.canaries, *prompts.probes))
    return render_plan(plan_experiment(config, shape, sizes, room, device, asked))


def essay_sizes(config: ExperimentConfig) -> EssaySizes:
    """From the words of the essays: a model that isn't on this disk has no tokenizer to count with."""
    pairs = choose(read_pairs(resolve(config.data.pairs)), config.data)
    tokens = {pair.id: round(len(pair.essay.split()) * TOKENS_PER_WORD) for pair in pairs}
    return EssaySizes(
        longest=max(tokens.values(), default=1),
        train_essays=sum(1 for pair in pairs if pair.split == "train"),
        train_tokens=sum(tokens[pair.id] for pair in pairs if pair.split == "train"),
    )


def clean_text(yes: bool) -> str:
    """What can go and how large it is; with `yes` it is gone."""
    artifacts = artifacts_folder()
    pruning = find_prunable(artifacts, models_folder())
    if yes:
        prune(artifacts, pruning)
    rows = [f"{gib(each.bytes):>9}  {each.path.name}  ({each.reason})" for each in pruning.prunable]
    return "\n".join([*rows, _conclusion(pruning, yes), f"{gib(free_bytes(artifacts))} free on the disk."])


def _conclusion(pruning: Pruning, removed: bool) -> str:
    kept = f"kept: {gib(pruning.kept_bytes)}, the weights of the newest {KEPT_RUNS} completed runs, those just made, "
    kept += "and those that a run is using"
    if not pruning.prunable:
        return f"Nothing to remove; {kept}."
    what = f"{gib(pruning.bytes)}: weights that the same run makes again, and what was never finished"
    if removed:
        return f"Removed {what}; {kept}."
    return f"Would remove {what}; {kept}.\nRecords, logbook and models stay. To remove: ownvoice clean --yes"
