"""Carries out `ownvoice check`: the table or every problem, the set kept if that is wanted, and what to run next."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from flows.cli.arguments import absolute_model, absolute_setting, choose_experiment, essays_typed
from flows.cli.output import as_json
from flows.cli.printed import checked_as_printed
from flows.cli.progress import TerminalDisplay
from ownvoice.config import ExperimentConfig
from ownvoice.errors import PairsError
from ownvoice.essays.check import check_pairs
from ownvoice.essays.place import HUB, essays_place, have_here
from ownvoice.essays.saved import require_free, save_at
from ownvoice.experiment_files import apply_setting, parse_experiment
from ownvoice.models.known import find_known
from ownvoice.models.prepare import as_asked, prepare_model
from ownvoice.models.prompt_format import reading_of
from ownvoice.phase_configs import BaseOrInstructConfig
from ownvoice.records.essays import CheckedPairs
from ownvoice.records.model import ModelInfo
from ownvoice.report.tables import render_check
from ownvoice.series.members import members_of


class ToCheck(NamedTuple):
    """As it was typed."""

    essays: str
    """A set of essays, or an experiment's TOML file."""
    model: str | None = None
    prompts: Path | None = None
    settings: tuple[str, ...] = ()

    @property
    def is_experiment(self) -> bool:
        return Path(self.essays).suffix == ".toml"


def check_text(typed: ToCheck, save: Path | None, console: Console, json: bool = False) -> str:
    """The table by tier and split, and the next command, or all figures as JSON; with `save` the checked set lies there afterwards.

    Raises:
        PairsError: with every problem of essays and prompts at once; or `save` is there already.
    """
    if save:
        require_free(save)
    config = chosen(typed)
    if save and save.resolve().is_relative_to(essays_place(config.data.pairs)):
        raise PairsError(f"{save}: lies in the essays' own folder, and would be read with them", "a folder elsewhere")
    info, checked = _checked(config, console)
    parts = [render_check(checked)]
    if save:
        save_at(checked, config.prompt.instruction, info, save)
    if json:
        return as_json(checked_as_printed(checked, save, next_command(typed)))
    if save:
        parts.append(f"Saved in {save}, as datasets.load_from_disk reads it.")
    return "\n\n".join([*parts, f"Next: {next_command(typed)}"])


def next_command(typed: ToCheck) -> str:
    """The command that runs what was checked."""
    words = ["ownvoice", "run"]
    words += [typed.essays] if typed.is_experiment else ["smoke-test", "--set", f"data.pairs={typed.essays}"]
    words += ["--model", typed.model] if typed.model else []
    settings = [*typed.settings, *([f"data.prompts={typed.prompts}"] if typed.prompts else [])]
    return shlex.join([*words, *(word for setting in settings for word in ("--set", setting))])


def chosen(typed: ToCheck) -> ExperimentConfig:
    """The experiment in a TOML file, or the default one with these essays."""
    if typed.is_experiment:
        config = choose_experiment(typed.essays, typed.settings, typed.model)
    else:
        place = typed.essays if typed.essays.startswith(HUB) else str(essays_typed(typed.essays))
        model = absolute_model(typed.model) or ExperimentConfig().model
        values: dict[str, object] = {"model": model, "data": {"pairs": place}}
        for setting in typed.settings:
            apply_setting(values, absolute_setting(setting))
        config = parse_experiment(values, "ownvoice check")
    if not typed.prompts:
        return config
    prompts = {"prompts": str(typed.prompts.expanduser().resolve())}
    return config.model_copy(update={"data": config.data.model_copy(update=prompts)})


def _checked(config: ExperimentConfig, console: Console) -> tuple[ModelInfo, CheckedPairs]:
    """The model is needed for its tokenizer and its context; it is fetched at the first check. Of a series the last run's."""
    members = members_of(config)
    if members:  # of several writers the first is hers
        config = members[0 if isinstance(config, BaseOrInstructConfig) else -1].config
    display, known = TerminalDisplay(console), find_known(config.model)
    model = known.made.base if known and known.made else config.model  # what is made of it reads with its tokenizer
    try:
        info = prepare_model(model, config.revision, display.progress)
    finally:
        display.close()
    with console.status("checking the essays"):  # nothing where there is no terminal
        have_here(config.data.pairs)
        info = as_asked(info, plainly=config.prompt.format == "plain")
        return info, check_pairs(config, reading_of(info))
