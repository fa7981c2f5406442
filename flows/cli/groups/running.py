"""Before and while something runs: which model, what it needs, and the run itself."""

from __future__ import annotations

import sys
from typing import Annotated, Literal

import typer
from rich.console import Console

from flows.cli.completion import offer_experiments, offer_models
from flows.cli.options import Json, Model, Setting

group = typer.Typer()
PANEL = "Runs"


@group.command(epilog="Example: ownvoice run smoke-test --set training.epochs=5", rich_help_panel=PANEL)
def run(
    experiment: Annotated[
        str,
        typer.Argument(
            autocompletion=offer_experiments, help="An experiment's TOML file, or a phase such as smoke-test."
        ),
    ],
    model: Model = None,
    setting: Setting = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Go through its steps with Prefect, though nothing has changed since it ran."),
    ] = False,
    json: Json = False,
) -> None:
    """Run an experiment: baseline answers, fine-tuning, tuned answers, an entry in the log."""
    from flows.cli.arguments import choose_experiment  # noqa: PLC0415 - keeps --help quick
    from flows.cli.done import told_if_done  # noqa: PLC0415 - keeps --help quick

    config, console = choose_experiment(experiment, tuple(setting or ()), model), Console(stderr=json)
    told = None if again else told_if_done(config, console, json)
    if told is None:
        from flows.cli.run import run_on_terminal  # noqa: PLC0415 - seconds that what is done doesn't need

        told = run_on_terminal(config, console, json)
    print(told)


@group.command(epilog="Example: ownvoice plan gpt2-xl --memory 15GiB --device cuda", rich_help_panel=PANEL)
def plan(
    model: Annotated[
        str,
        typer.Argument(
            autocompletion=offer_models, help="A name from `ownvoice models`, a hub id that was fetched, or a folder."
        ),
    ],
    experiment: Annotated[
        str, typer.Option(autocompletion=offer_experiments, help="An experiment's TOML file, or a phase.")
    ] = "smoke-test",
    memory: Annotated[str | None, typer.Option(metavar="SIZE", help="Such as 15GiB; else what is free here.")] = None,
    setting: Setting = None,
    tokens: Annotated[
        int | None, typer.Option(min=1, help="Of the longest essay; else from the essays' words.")
    ] = None,
    device: Annotated[Literal["cpu", "cuda", "mps"] | None, typer.Option(help="Else the one that is here.")] = None,
    json: Json = False,
) -> None:
    """Show what each memory setting needs, before anything is loaded, and where a run would start."""
    from flows.cli.commands import plan_text  # noqa: PLC0415 - keeps --help quick

    print(plan_text(model, experiment, tuple(setting or ()), memory, tokens, device, json))


@group.command(rich_help_panel=PANEL)
def models(
    accept_terms: Annotated[str | None, typer.Option(metavar="NAME", help="Accept the terms of a model.")] = None,
    json: Json = False,
) -> None:
    """List the known models."""
    from flows.cli.commands import models_json, models_text  # noqa: PLC0415 - keeps --help quick
    from ownvoice.models.prepare import accept_terms as accept  # noqa: PLC0415 - keeps --help quick

    if accept_terms:
        print(f"Noted in {accept(accept_terms)}.", file=sys.stderr if json else sys.stdout)
    if json or not accept_terms:
        print(models_json() if json else models_text())
