"""`ownvoice check`: the check of the essays alone, without Prefect and without a run."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from flows.cli.arguments import absolute_model, choose_experiment
from flows.cli.progress import TerminalDisplay
from ownvoice.config import DataConfig, ExperimentConfig
from ownvoice.essays.check import check_pairs
from ownvoice.models.prepare import prepare_model
from ownvoice.models.prompt_format import load_prompt_format, load_token_counter
from ownvoice.records import CheckedPairs
from ownvoice.report.tables import render_check
from ownvoice.worker.client import Worker


def check_on_terminal(path: Path, model: str | None, prompts: Path | None, console: Console) -> None:
    """Print the table by tier and split.

    Raises:
        PairsError: with every problem of essays and prompts at once.
    """
    print(render_check(check_essays_at(chosen(path, model, prompts), console)))


def chosen(path: Path, model: str | None, prompts: Path | None) -> ExperimentConfig:
    """The experiment in a TOML file, or the default one with these essays."""
    if path.suffix == ".toml":
        config = choose_experiment(str(path), (), model)
        data = config.data
    else:
        config = ExperimentConfig(model=absolute_model(model) or ExperimentConfig().model)
        data = DataConfig(pairs=str(path.expanduser().resolve()))
    if prompts:
        data = data.model_copy(update={"prompts": str(prompts.expanduser().resolve())})
    return config.model_copy(update={"data": data})


def check_essays_at(config: ExperimentConfig, console: Console) -> CheckedPairs:
    """The model is needed for its tokenizer and its context; it is fetched at the first check."""
    display = TerminalDisplay(console)
    try:
        with Worker() as worker:
            info = prepare_model(config.model, config.revision, worker, display.progress)
    finally:
        display.close()
    folder = Path(info.folder)
    return check_pairs(config, load_prompt_format(folder, info.kind), load_token_counter(folder), info.context_tokens)
