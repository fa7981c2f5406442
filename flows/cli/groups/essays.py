"""What you begin with: your texts made into pair files, and checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from flows.cli.options import Json, Model, Setting

group = typer.Typer()
PANEL = "Your essays"


@group.command(epilog="Example: ownvoice init anna ~/drafts blog-export.zip sent.mbox", rich_help_panel=PANEL)
def init(
    name: Annotated[str, typer.Argument(help="Of the folder of pair files: data/private/NAME.")],
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="SOURCE...",
            help="Folders and files: .md .txt .docx .odt .rtf .html .epub .eml .mbox, blog exports.",
        ),
    ],
    short: Annotated[
        Literal["drop", "keep"], typer.Option(help="Texts of fewer than 60 words: leave them out, or keep them.")
    ] = "drop",
    long: Annotated[
        Literal["split", "drop", "keep"],
        typer.Option(
            help="Texts of more than 1,000 words: split them between paragraphs, leave them out, or keep them."
        ),
    ] = "split",
    json: Json = False,
) -> None:
    """Make pair files of the texts that you have: read, cleaned, with a topic, a tier and a split proposed for each."""
    from flows.cli.intake import init_text  # noqa: PLC0415 - keeps --help quick

    print(init_text(name, tuple(sources), short, long, json))


@group.command(epilog="Example: ownvoice check essays.parquet --set data.columns.essay=text", rich_help_panel=PANEL)
def check(
    essays: Annotated[
        str,
        typer.Argument(
            help="A folder of essays, a .jsonl, .csv, .parquet or .arrow file, a saved data set, hub:owner/name, "
            "or an experiment's TOML."
        ),
    ],
    model: Model = None,
    prompts: Annotated[Path | None, typer.Option(help="Canaries and probes to check with the essays.")] = None,
    setting: Setting = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Keep the checked set there, as a datasets.DatasetDict.")
    ] = None,
    json: Json = False,
) -> None:
    """Check essays without running anything: a table, or every problem at once."""
    from flows.cli.check import ToCheck, check_text  # noqa: PLC0415 - keeps --help quick

    print(check_text(ToCheck(essays, model, prompts, tuple(setting or ())), save, Console(stderr=json), json))
