"""Suggests what to run next and why, from what this run found, with the command that does it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from typing import Any

from ownvoice.analysis.loss_curve import FLAT_LOSS, best_epoch, is_near_zero, loss_fell, validation_rises
from ownvoice.config import ExperimentConfig
from ownvoice.experiment_files import load_experiment
from ownvoice.paths import EXPERIMENTS
from ownvoice.phase_configs import as_typed
from ownvoice.phases import find_phase
from ownvoice.records.answers import Outputs
from ownvoice.records.essays import PairSet
from ownvoice.records.model import Kind
from ownvoice.records.training import TrainingResult
from ownvoice.settings import flat
from ownvoice.voice.verdict import Verdict

ALONE = "smoke-test"  # a phase whose runs stand by themselves

# Of the essays, the prompts and the machine, not of the phase: they go along to another phase.
CARRIED = (
    "data.pairs",
    "data.prompts",
    "data.placebo",
    "data.placebos",
    "data.third_authors",
    "data.background",
    "prompt.instruction",
    "prompt.format",
    "training.method",
    "memory.allow",
)


def again(config: ExperimentConfig, **changes: Any) -> str:
    """The same experiment with settings changed; a dotted key is written with two underscores.

    Every setting that differs from the phase's own file stands in the command, so that it repeats this very run.
    """
    typed = as_typed(config)
    return _command(typed.phase, settings_of(typed) | _dotted(changes))


def trains_again(config: ExperimentConfig) -> str:
    """The command that trains the same once more: of a run of a series, whose own command does nothing again, a run by itself."""
    phase = find_phase(config.phase)
    return _command(ALONE, settings_of(config)) if phase and phase.is_series else again(config)


def in_phase(config: ExperimentConfig, phase: str, model: str | None = None, **changes: Any) -> str:
    """The same essays in another phase, or on another model, with that phase's settings but for the changes."""
    wanted = settings_of(_own_file(phase)) | {
        key: value for key, value in settings_of(config).items() if key in CARRIED
    }
    if model is not None:
        wanted |= {"model": model, "revision": None, "training.method": None}
    else:
        wanted |= {"model": config.model, "revision": config.revision}
    return _command(phase, wanted | _dotted(changes))


def _command(phase: str, wanted: dict[str, Any]) -> str:
    usual = settings_of(_own_file(phase))
    words = ["ownvoice", "run", phase]
    if wanted["model"] != usual["model"]:
        words += ["--model", wanted["model"]]
    for key, value in wanted.items():
        # What is None can't be set, and is what a file leaves out.
        if key not in ("phase", "model") and value != usual.get(key) and value is not None:
            words += ["--set", f"{key}={_as_toml(value)}"]
    return shlex.join(words)


def settings_of(config: ExperimentConfig) -> dict[str, Any]:
    """By their dotted names; a sweep's grid is one setting, as what another has of it must go."""
    values = config.model_dump(mode="json")
    grid = {"grid": values.pop("grid")} if "grid" in values else {}
    return flat(values) | grid


def _own_file(phase: str) -> ExperimentConfig:
    return load_experiment(EXPERIMENTS / f"{phase}.toml")


def _dotted(changes: dict[str, Any]) -> dict[str, Any]:
    return {key.replace("__", "."): value for key, value in changes.items()}


def _as_toml(value: object) -> str:
    """A value as `--set` reads it; a text by itself needs no quotes there."""
    return value if isinstance(value, str) else _inside(value)


def _inside(value: object) -> str:
    """A value within others; TOML has no null, and what is None is left out."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key)} = {_inside(each)}" for key, each in value.items() if each is not None)
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inside, value))}]"
    return json.dumps(value)


# The writer's plan: 3 pairs prove the pipeline, about 13 across the tiers can carry a voice.
SCALE_UP_PAIRS = 13
FEWEST = 3
"""Steps, so that a person has a choice."""
DIAGNOSTIC = "overfit-diagnostic"
MANY_CUT_OFF = 0.5
# A base model has format and voice to learn, an instruct model a voice to override: compare the two kinds.
# Both counterparts can be had without a hub.
COUNTERPART: dict[Kind, str] = {"base": "smollm2-135m", "instruct": "gemma-3-270m"}


def suggest(
    pair_set: PairSet, tuned: Outputs, training: TrainingResult, config: ExperimentConfig, kind: Kind, verdict: Verdict
) -> tuple[str, ...]:
    """What would tell more, in the order of its use, each with its command, and none twice; `kind` is the model's."""
    number = len(pair_set.of("train"))
    if not loss_fell(training.losses):
        return _once(_after_standstill(config), _always(config, number))
    found = (
        *_after_verdict(verdict, config),
        *_after_overfitting(training, config),
        *_after_cut_offs(tuned, config),
        *_scale_up(pair_set, config),
        *_compare_models(config, kind),
        *_diagnose(training, config, number),
    )
    return _once(found, _always(config, number))


def _once(steps: Iterable[str], always: Iterable[str]) -> tuple[str, ...]:
    """Without those whose command an earlier one has; of what can always be done as much as makes three."""
    by_command: dict[str, str] = {}
    for step in steps:
        by_command.setdefault(step.split("`")[1], step)
    for step in always:
        if len(by_command) < FEWEST:
            by_command.setdefault(step.split("`")[1], step)
    return tuple(by_command.values())


def _always(config: ExperimentConfig, pairs: int) -> tuple[str, ...]:
    return (
        f"When does it learn these essays by heart, and when should it stop? `{_diagnostic(config, pairs)}`.",
        f"See whether more essays help, and where they stop to: `{in_phase(config, 'scale-up')}`.",
        f"Train the same model on another writer too, to tell voice from format: `{in_phase(config, 'control')}`.",
        f"See which settings bring the voice: `{in_phase(config, 'sweep')}`.",
    )


def _after_standstill(config: ExperimentConfig) -> tuple[str, ...]:
    return (
        f"First make it learn at all, in larger steps (a higher learning rate): `{_higher_rate(config)}`.",
        f"Or pass over the essays more often: `{again(config, training__epochs=_longer(config))}`.",
    )


def _after_verdict(verdict: Verdict, config: ExperimentConfig) -> tuple[str, ...]:
    """What would settle it, or make more of it."""
    match verdict.direction:
        case "memorised":
            command = again(config, training__epochs=max(1, config.training.epochs // 3))
            return (f"Pass over the essays fewer times, so that it can't learn them by heart: `{command}`.",)
        case "moved: format or voice" | "insufficient evidence" if config.phase == "smoke-test":
            command = in_phase(config, "control")
            return (
                f"Ask again with all your essays, and train the same model on another writer too, to tell voice from "
                f"format: `{command}`.",
            )
        case "moved: format or voice" | "insufficient evidence" if not config.trains_placebo:
            command = again(config, control=True)
            return (f"Train the same model on another writer too, to tell voice from format: `{command}`.",)
        case "moved: format or voice" | "insufficient evidence":
            samples, seed = min(16, 2 * config.decoding.samples_per_probe), config.decoding.seed + 1
            command = again(config, decoding__samples_per_probe=samples, decoding__seed=seed)
            return (
                f"Plan a larger run and take its verdict alone, whatever this one says: twice the answers, all of them "
                f"new, `{command}`.",
            )
        case "moved: topic only":
            command = again(config, training__epochs=_longer(config))
            return (f"The subjects were learned and not the manner: pass over the essays more often, `{command}`.",)
        case "not moved":
            command = _higher_rate(config)
            return (f"Nothing moved towards your essays: learn in larger steps (a higher learning rate), `{command}`.",)
        case "moved away from you":
            command = _lower_rate(config)
            return (f"It moved away from your essays: learn in smaller steps (a lower learning rate), `{command}`.",)
        case "voice moved":
            command = again(config, training__seeds=min(20, config.training.seeds + 2))
            return (f"Make sure of it with two more trainings that differ by chance alone: `{command}`.",)


def _after_overfitting(training: TrainingResult, config: ExperimentConfig) -> tuple[str, ...]:
    best, last = best_epoch(training.losses), training.losses[-1]
    if validation_rises(training.losses) and best.epoch >= 1:
        command = again(config, training__epochs=best.epoch)
        return (f"Stop where the essays held back were learned best, after epoch {best.epoch}: `{command}`.",)
    if validation_rises(training.losses):
        command = _lower_rate(config)
        return (
            f"Training only hurt the essays held back: learn in smaller steps (a lower learning rate), `{command}`.",
        )
    if (
        len(training.losses) > 1
        and best.epoch == last.epoch
        and training.losses[-2].validation - last.validation > FLAT_LOSS
    ):
        command = again(config, training__epochs=_longer(config))
        return (f"The essays held back were still being learned at the last epoch: train on, `{command}`.",)
    return ()


def _after_cut_offs(tuned: Outputs, config: ExperimentConfig) -> tuple[str, ...]:
    cut_off = sum(1 for output in tuned.outputs if output.cut_off)
    if cut_off < MANY_CUT_OFF * max(1, len(tuned.outputs)):
        return ()
    command = again(config, decoding__max_new_tokens=min(4096, 2 * config.decoding.max_new_tokens))
    return (f"{cut_off} of {len(tuned.outputs)} answers were cut off at the length limit: let them end, `{command}`.",)


def _scale_up(pair_set: PairSet, config: ExperimentConfig) -> tuple[str, ...]:
    number = len(pair_set.of("train"))
    if config.phase != "smoke-test" or number >= SCALE_UP_PAIRS:
        return ()
    command = in_phase(config, "scale-up")
    return (f"See whether more essays help, from {number} to about {SCALE_UP_PAIRS}: `{command}`.",)


def _compare_models(config: ExperimentConfig, kind: Kind) -> tuple[str, ...]:
    if config.phase == "compare":
        return ()  # the series says what comes next
    other = COUNTERPART[kind]
    what = (
        "an instruct model, which was taught to answer people"
        if kind == "base"
        else "a base model, which only continues texts"
    )
    return (f"The same essays on {other} ({what}), for comparison: `{in_phase(config, config.phase, other)}`.",)


def _diagnose(training: TrainingResult, config: ExperimentConfig, pairs: int) -> tuple[str, ...]:
    if is_near_zero(training.losses) or config.phase == DIAGNOSTIC:
        return ()
    return (f"When does it learn these essays by heart, and when should it stop? `{_diagnostic(config, pairs)}`.",)


def _diagnostic(config: ExperimentConfig, pairs: int) -> str:
    data = config.data
    same: dict[str, Any] = {"data__tiers": list(data.tiers), "data__train_pairs": pairs, "data__order": data.order}
    return in_phase(config, DIAGNOSTIC, **same)


def _longer(config: ExperimentConfig) -> int:
    return min(1000, 2 * config.training.epochs)


def _lower_rate(config: ExperimentConfig) -> str:
    return again(config, training__learning_rate=config.training.learning_rate / 5)


def _higher_rate(config: ExperimentConfig) -> str:
    return again(config, training__learning_rate=min(1.0, 10 * config.training.learning_rate) or 5e-5)
