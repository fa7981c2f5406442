"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.completion import offer_models

Model = Annotated[
    str | None,
    typer.Option(
        autocompletion=offer_models,
        help="A name from `ownvoice models`, a hub id (owner/name) or a folder; else the experiment's.",
    ),
]
Setting = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one field; may be given often.")
]
ColumnSetting = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="data.columns.NAME=COLUMN", help="What a set's column is called; may be given often."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]
