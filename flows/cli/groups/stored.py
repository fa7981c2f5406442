"""What runs left behind: entries, reports, comparisons, and what may go."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.completion import offer_runs, offer_runs_and_series
from flows.cli.options import Json
from ownvoice.errors import LogbookError

group = typer.Typer()
PANEL = "What was found"
RunOrSeries = Annotated[
    str | None,
    typer.Argument(autocompletion=offer_runs_and_series, help="A run's number, or series-1; else the newest run."),
]


@group.command(rich_help_panel=PANEL)
def log(
    number: Annotated[
        int | None, typer.Argument(autocompletion=offer_runs, help="The run to print; else where the log is.")
    ] = None,
    series: Annotated[int | None, typer.Option(metavar="NUMBER", help="The series to print.")] = None,
    json: Json = False,
) -> None:
    """Show where the experiment log is and its latest entry, or the entry of one run or series."""
    from flows.cli.commands import log_text  # noqa: PLC0415 - keeps --help quick

    print(log_text(number, series, json))


@group.command(rich_help_panel=PANEL)
def runs(json: Json = False) -> None:
    """List the runs and series: what each found, when, and its size on disk; the newest last."""
    from flows.cli.runs import runs_text  # noqa: PLC0415 - keeps --help quick

    print(runs_text(json))


@group.command(epilog="Example: ownvoice show 3", rich_help_panel=PANEL)
def show(
    run: RunOrSeries = None,
    json: Json = False,
) -> None:
    """Show a run in short: the verdict, its figures, where its files are."""
    from flows.cli.runs import show_text  # noqa: PLC0415 - keeps --help quick

    print(show_text(run, json))


@group.command(epilog="Example: ownvoice diff 2 3", rich_help_panel=PANEL)
def diff(
    one: Annotated[str, typer.Argument(autocompletion=offer_runs, metavar="RUN", help="A run's number.")],
    other: Annotated[str, typer.Argument(autocompletion=offer_runs, metavar="RUN", help="Another's.")],
    json: Json = False,
) -> None:
    """Hold two runs side by side: settings that differ, figures, canaries; and what of it doesn't compare."""
    from flows.cli.runs import diff_text  # noqa: PLC0415 - keeps --help quick

    print(diff_text(one, other, json))


@group.command(epilog="Example: ownvoice report 3 4 --out comparison.html", rich_help_panel=PANEL)
def report(
    runs: Annotated[
        list[int] | None,
        typer.Argument(
            autocompletion=offer_runs, metavar="RUN...", help="Numbers of runs; several stand beside each other."
        ),
    ] = None,
    series: Annotated[
        list[int] | None, typer.Option(metavar="NUMBER", help="A series with its runs; may be given often.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Else a file in artifacts/reports.")] = None,
    json: Json = False,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Write a page to look at, of runs or a series; else of what was done last. It needs no network and no other file."""
    from flows.cli.report import report_text  # noqa: PLC0415 - keeps --help quick

    print(report_text(tuple(runs or ()), tuple(series or ()), out, json, open_it))


@group.command("open", epilog="Example: ownvoice open 3", rich_help_panel=PANEL)
def open_run(
    run: RunOrSeries = None,
    json: Json = False,
) -> None:
    """Make a run's report anew, and open it in a browser."""
    from flows.cli.runs import open_text  # noqa: PLC0415 - keeps --help quick

    print(open_text(run, json))


@group.command(epilog="Example: ownvoice rm 3 4", rich_help_panel=PANEL)
def rm(
    runs: Annotated[
        list[str],
        typer.Argument(
            autocompletion=offer_runs_and_series, metavar="RUN...", help="Runs' numbers, or series-1 for a series."
        ),
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Without asking.")] = False,
    with_series: Annotated[
        bool, typer.Option("--with-series", help="Remove the series as well that rest on a run.")
    ] = False,
    json: Json = False,
) -> None:
    """Remove runs, each with its entry in the log; what you wrote there stays, and so do trained weights."""
    from flows.cli.runs import rm_text  # noqa: PLC0415 - keeps --help quick

    print(rm_text(runs, with_series, lambda question: yes or confirmed(question), json))


@group.command(rich_help_panel=PANEL)
def clean(
    yes: Annotated[bool, typer.Option("--yes", help="Remove; else only show what would go.")] = False,
    json: Json = False,
) -> None:
    """Show the saved weights that a run can make again, and with --yes remove them."""
    from flows.cli.commands import clean_text  # noqa: PLC0415 - keeps --help quick

    print(clean_text(yes, json))


def confirmed(question: str) -> bool:
    """Raises LogbookError: there is nobody to ask."""
    if not sys.stdin.isatty():
        raise LogbookError("nothing was removed: nobody is there to be asked", "a terminal, or --yes", "add --yes")
    return typer.confirm(question, err=True)
