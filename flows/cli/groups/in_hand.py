"""The tuned model in hand: to write with, and to take elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.cli.completion import offer_runs
from flows.cli.options import Json

group = typer.Typer()
PANEL = "The tuned model"


@group.command(
    epilog='Example: ownvoice write 3 "The bus that never came" --beside baseline --words 400', rich_help_panel=PANEL
)
def write(
    run: Annotated[
        str, typer.Argument(autocompletion=offer_runs, metavar="RUN", help="A run's number, or its folder.")
    ],
    topic: Annotated[str, typer.Argument(help="What the essay is about, as the topics of your essays are written.")],
    beside: Annotated[
        Literal["baseline"] | None, typer.Option(help="Print the untuned model's answer too, with the same seed.")
    ] = None,
    words: Annotated[
        int | None, typer.Option(min=1, help="About so many; it ends with the sentence. Else the run's length limit.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed, another text; else the run's.")] = None,
    temperature: Annotated[
        float | None, typer.Option(min=0, max=2, help="0 takes the likeliest word at each step; else the run's.")
    ] = None,
    top_k: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Of so many likeliest words one is drawn; else the run's.")
    ] = None,
    top_p: Annotated[
        float | None, typer.Option(min=0.01, max=1, help="Of the likeliest with this share together; else the run's.")
    ] = None,
    json: Json = False,
) -> None:
    """Write an essay by a run's tuned model, shown as it is written; says where it repeats one of yours."""
    from flows.cli.write import ToWrite, write_on_terminal  # noqa: PLC0415 - keeps --help quick

    typed = ToWrite(run, topic, beside is not None, words, seed, temperature, top_k, top_p)
    write_on_terminal(typed, json)


@group.command(epilog="Example: ownvoice export 3 ~/my-model", rich_help_panel=PANEL)
def export(
    run: Annotated[
        str, typer.Argument(autocompletion=offer_runs, metavar="RUN", help="A run's number, or its folder.")
    ],
    folder: Annotated[Path, typer.Argument(help="A new or empty folder.")],
    gguf: Annotated[Literal["f16", "f32"], typer.Option(help="f32 is exact and twice as large.")] = "f16",
    push: Annotated[
        str | None, typer.Option(metavar="OWNER/NAME", help="Upload it to the Hugging Face hub as well, private.")
    ] = None,
    public: Annotated[bool, typer.Option("--public", help="With --push: for everybody.")] = False,
    though_memorised: Annotated[
        bool,
        typer.Option(
            "--though-memorised",
            help="With --push: even where the model recites your essays, or that was never measured.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Write a run's tuned model for other programs: transformers, peft, llama.cpp, Ollama; with a model card."""
    from flows.cli.export import ToExport, export_text  # noqa: PLC0415 - keeps --help quick
    from ownvoice.export.push import Push  # noqa: PLC0415 - keeps --help quick

    if not push and (public or though_memorised):
        raise typer.BadParameter("they mean something with --push alone", param_hint="--public, --though-memorised")
    print(export_text(ToExport(run, folder, gguf, Push(push, public, though_memorised) if push else None), json))
