"""Suggests what to do after a series, with the command that does it."""

from __future__ import annotations

from ownvoice.analysis.next_steps import again, in_phase
from ownvoice.config import ExperimentConfig
from ownvoice.phase_configs import BaseOrInstructConfig
from ownvoice.series.head_start import ArmOf, HeadStart
from ownvoice.series.members import members_of
from ownvoice.series.models import ModelComparison
from ownvoice.series.overfit import OverfitDiagnostic
from ownvoice.series.record import Result
from ownvoice.series.scale_up import ScaleUp
from ownvoice.series.sweep import Sweep, Tried

NARROWING_SEEDS = 3
MOST_EPOCHS = 1000


def suggest_after(result: Result | None, config: ExperimentConfig) -> tuple[str, ...]:
    """In the order of their use."""
    match result:
        case ScaleUp():
            return (*_after_copying(result, config), _after_scale_up(result, config), _placebo(config))
        case OverfitDiagnostic():
            return _after_diagnostic(result, config)
        case ModelComparison():
            return _after_comparison(result, config)
        case Sweep():
            return _after_sweep(result, config)
        case HeadStart():
            return _after_head_start(result, config)
        case None:
            return (f"Mend what stopped the runs, then `{again(config)}`: what was reached comes from the cache.",)


def _after_scale_up(result: ScaleUp, config: ExperimentConfig) -> str:
    sizes = [size.pairs for size in result.sizes]
    if result.growing == "stopped":
        training = config.training
        command = again(config, sizes=[result.stopped_at], training__seed=training.seed + training.seeds)
        return (
            f"Train on {result.stopped_at} essays, and hold the others back to test it, where they tell more; whether another "
            f"training does as well: `{command}`."
        )
    if result.growing == "not yet":
        command = again(config, sizes=[*sizes, 2 * sizes[-1]])
        return f"More essays may help: add some, then `{command}`."
    seeds = max(NARROWING_SEEDS, config.training.seeds + 2)
    command = again(config, training__seeds=min(20, seeds))
    return f"More trainings of each size narrow it: `{command}`."


def _after_copying(result: ScaleUp, config: ExperimentConfig) -> tuple[str, ...]:
    recited = [size.pairs for size in result.sizes if size.memorised == "fail"]
    if not recited:
        return ()
    command = again(config, training__epochs=max(1, config.training.epochs // 3))
    passes = "train for fewer epochs (an epoch is one pass over the essays)"
    return (f"With {', '.join(map(str, recited))} essays some were learned by heart: {passes}, `{command}`.",)


def _placebo(config: ExperimentConfig) -> str:
    tells = "the same model trained on another writer tells"
    return f"Whether it is your voice or only the form of an essay, {tells}: `{in_phase(config, 'control')}`."


def _after_diagnostic(result: OverfitDiagnostic, config: ExperimentConfig) -> tuple[str, ...]:
    steps = []
    if result.onset is None and result.best_epoch == result.losses[-1].epoch:
        command = again(config, training__epochs=min(MOST_EPOCHS, 2 * config.training.epochs))
        steps.append(f"It was still learning: let it go over the essays more often, `{command}`.")
    elif result.best_epoch:
        command = again(config, training__epochs=result.best_epoch, training__look_every=1)
        steps.append(
            "A training takes smaller and smaller steps up to its end, so a shorter one is another: whether one of "
            f"{result.best_epoch} epoch{'s' * (result.best_epoch != 1)} does as well, `{command}`."
        )
    else:
        command = again(config, training__learning_rate=config.training.learning_rate / 5)
        steps.append(f"Let it learn in smaller steps (a lower learning rate): `{command}`.")
    return (*steps, f"See what more essays bring: `{in_phase(config, 'scale-up')}`.")


def _after_comparison(result: ModelComparison, config: ExperimentConfig) -> tuple[str, ...]:
    steps = []
    shown = [each for each in result.between if each.tuned and (each.tuned.above_zero or each.tuned.below_zero)]
    if len(shown) < len(result.between) and config.training.seeds < NARROWING_SEEDS:
        command = again(config, training__seeds=NARROWING_SEEDS)
        steps.append(f"More trainings of each model narrow it: `{command}`.")
    if not any(way.way == "prompted" for model in result.models for way in model.ways):
        steps.append(f"Does training beat asking with essays of yours? `{again(config, prompted=True)}`.")
    recited = [model.name for model in result.models if model.memorised == "fail"]
    for each in shown:
        nearer = each.one if each.tuned is not None and each.tuned.above_zero else each.other
        if nearer not in recited:
            steps.append(f"See what more essays bring {nearer}: `{in_phase(config, 'scale-up', nearer)}`.")
    if recited:
        command = again(config, training__epochs=max(1, config.training.epochs // 3))
        steps.append(f"{', '.join(recited)} learned by heart: go over the essays less often, `{command}`.")
    first = result.models[0].name
    return tuple(dict.fromkeys(steps)) or (
        f"See what more essays bring {first}: `{in_phase(config, 'scale-up', first)}`.",
    )


def _after_head_start(result: HeadStart, config: ExperimentConfig) -> tuple[str, ...]:
    if result.missing:
        return (f"Runs are missing: `{again(config)}`; those that are done come from the log.",)
    opened = any(not each.shown and not each.equivalent for each in result.effects)
    steps = []
    if opened and config.training.seeds < NARROWING_SEEDS:
        command = again(config, training__seeds=NARROWING_SEEDS)
        steps.append(f"More trainings of each model and author narrow it a little: `{command}`.")
    if opened:
        others = [*config.authors, "data/private/NAME"] if isinstance(config, BaseOrInstructConfig) else []
        steps.append(
            f"Further authors narrow it most: name the folder of essays of each, as in `{again(config, authors=others)}`."
        )
    arm = _nearest(result)
    rate = {"prompt__format": arm.format, "training__learning_rate": arm.learning_rate}
    steps.append(
        f"See what more of your own essays bring {arm.name}: `{in_phase(config, 'scale-up', arm.model, **rate)}`."
    )
    return tuple(steps)


def _nearest(result: HeadStart) -> ArmOf:
    """The arm that is shown to come nearest, or else the base."""
    over_base = [each for each in result.effects if each.measure == "specificity" and each.other == result.arms[0].name]
    gains = {each.one: each.interval.mean for each in over_base if each.interval and each.interval.above_zero}
    name = max(gains, key=lambda arm: gains[arm], default=result.arms[0].name)
    return next(arm for arm in result.arms if arm.name == name)


def _after_sweep(result: Sweep, config: ExperimentConfig) -> tuple[str, ...]:
    first = result.first
    if first is None and any(each.memorised == "fail" for each in result.tried):
        command = again(config, training__epochs=max(1, config.training.epochs // 3), grid={})
        return (f"What could be measured was learned by heart: go over the essays less often, as in `{command}`.",)
    if first is None:
        return (
            f"Nothing could be measured: the runs' own entries have the reason, `ownvoice log {result.tried[0].run}`.",
        )
    beside = "train the same model on another writer as well, to tell your voice from the form of an essay"
    placebo = f"In every run {beside}: `{again(config, control=True)}`."
    return (
        *(() if result.with_placebo else (placebo,)),
        f"The highest of {len(result.tried)} is partly luck: train “{first.label}” once more before you rely on it, "
        f"`{_once_more(first, config)}`.",
    )


def _once_more(tried: Tried, config: ExperimentConfig) -> str:
    member = next(member for member in members_of(config) if member.label == tried.label)
    training = member.config.training
    return again(member.config, training__seed=training.seed + training.seeds)
