"""The command line. Heavy imports stand inside the commands, so that `--help` and a typo answer at once."""

from __future__ import annotations

import gc
import sys
from typing import Annotated

import typer

from flows.cli.groups import essays, in_hand, running, server, stored, voice
from flows.project import as_it_lies_here, set_environment
from ownvoice import __version__
from ownvoice.errors import OwnvoiceError
from ownvoice.files import disk_full, is_disk_full, unusable

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Fine-tune a language model on your essays, and see whether it learned your voice or only the format.",
)
for room in (essays, running, stored, voice, in_hand, server):
    app.add_typer(room.group)


def print_version(wanted: bool) -> None:
    if wanted:
        print(f"ownvoice {__version__}")
        raise typer.Exit


@app.callback()
def ownvoice(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version, and end.")
    ] = False,
) -> None:
    """What stands before a command."""


def main() -> None:
    """Errors that a person can act on print without a traceback: 2 for their mistake, 1 for a failed run."""
    gc.disable()  # 0.6 of 4.6 s of a cached run: what importing makes is no garbage; a run turns it on again
    set_environment()
    try:
        app()
    except OwnvoiceError as error:
        print(as_it_lies_here(str(error)), file=sys.stderr)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.filename is None and not is_disk_full(error):
            raise
        told = disk_full(error, error.filename or "a file") if is_disk_full(error) else unusable(error)
        print(told, file=sys.stderr)
        sys.exit(told.exit_code)


if __name__ == "__main__":
    main()
