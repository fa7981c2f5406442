"""Voice without a training: scores, verdicts, the blind test, other writers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.completion import offer_runs
from flows.cli.options import ColumnSetting, Json
from flows.project import as_it_lies_here

group = typer.Typer()
PANEL = "Voice"
Background = Annotated[
    Path | None,
    typer.Option(help="Other writers of the genre: a folder per author, .jsonl, or .npz; else the shipped ones."),
]


@group.command(
    epilog="Example: ownvoice score --author data/private/essays draft.md another-models-answer.txt",
    rich_help_panel=PANEL,
)
def score(
    texts: Annotated[
        list[str],
        typer.Argument(
            metavar="TEXT...", help="Files, folders of .md and .txt, sets as check takes them, or - (stdin)."
        ),
    ],
    author: Annotated[
        str,
        typer.Option(help="The author's essays: a folder of .md and .txt files, one file, or a set as check takes it."),
    ],
    background: Background = None,
    setting: ColumnSetting = None,
    json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Score texts, whoever wrote them, against an author's essays: how near is the voice?"""
    from flows.cli.commands import score_text  # noqa: PLC0415 - keeps --help quick

    print(as_it_lies_here(score_text(author, tuple(texts), background, json, tuple(setting or ()))))


@group.command(
    epilog="Example: ownvoice judge --author essays --baseline baseline.jsonl --tuned tuned.jsonl",
    rich_help_panel=PANEL,
)
def judge(
    author: Annotated[
        str | None, typer.Option(help="All of the author's essays: a set as check takes it, or plain texts.")
    ] = None,
    trained: Annotated[
        str | None, typer.Option(help="Those of them that the model was trained on; else all of them.")
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="Answers of the untuned model, JSON lines: prompt, text, sample, seed.")
    ] = None,
    tuned: Annotated[
        Path | None,
        typer.Option(help="Answers of the fine-tuned model to the same prompts; of several trainings, each its seed."),
    ] = None,
    placebo: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Answers of the same model, trained in the same way on another writer; may be given often.",
        ),
    ] = None,
    placebo_author: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR", help="The essays that a placebo was trained on; as often as --placebo, in the same order."
        ),
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(
            autocompletion=offer_runs,
            metavar="RUN",
            help="A stored run's number, or its folder, in the place of files.",
        ),
    ] = None,
    background: Background = None,
    setting: ColumnSetting = None,
    json: Annotated[bool, typer.Option("--json", help="All findings as JSON.")] = False,
) -> None:
    """Give the verdict on answers from anywhere: did the fine-tuned model learn the author's voice? Trains nothing."""
    from flows.cli.judge import ToJudge, judge_text  # noqa: PLC0415 - keeps --help quick

    files, others, settings = tuple(placebo or ()), tuple(placebo_author or ()), tuple(setting or ())
    typed = ToJudge(run, author, trained, baseline, tuned, files, background, settings, others)
    print(judge_text(typed, json))


@group.command(
    "blind-test",
    rich_help_panel=PANEL,
    epilog="Example: ownvoice blind-test 3, and for a friend: ownvoice blind-test 3 --file for-jo.html",
)
def blind_test(
    run: Annotated[int, typer.Argument(autocompletion=offer_runs, metavar="RUN", help="The run's number.")],
    file: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write a page for somebody else, who sends the answers back."),
    ] = None,
    answers: Annotated[
        Path | None, typer.Option("--import", metavar="ANSWERS.json", help="Take in what that page gave back.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Whose answers these are; else the name typed in the page.")] = None,
    passages: Annotated[
        int,
        typer.Option(
            min=1,
            max=50,
            help="Of a new test: at most so many of yours and of the tuned model's, half as many of each other's.",
        ),
    ] = 8,
    again: Annotated[bool, typer.Option("--again", help="Begin anew; what was judged before is kept.")] = False,
    result: Annotated[bool, typer.Option("--result", help="Print the result of every judge.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --result: all figures as JSON.")] = False,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the page's address alone.")] = False,
) -> None:
    """Tell your own passages from the models', without labels, in a page on this machine: does the model pass for you?"""
    from flows.cli.blind_test import ToTest, blind_test_text  # noqa: PLC0415 - keeps --help quick

    typed = ToTest(run, file, answers, name, again, result, json, not no_open, passages)
    print(as_it_lies_here(blind_test_text(typed, lambda text: print(text, flush=True))))


@group.command(epilog="Example: ownvoice background other-writers/ my-genre.npz", rich_help_panel=PANEL)
def background(
    folder: Annotated[Path, typer.Argument(help="A folder of .md and .txt files per author, or a .jsonl file.")],
    out: Annotated[Path, typer.Argument(help="The .npz file to write: figures and masked sentences, no text.")],
    json: Json = False,
) -> None:
    """Measure other writers once, so that `score --background` need not do it again."""
    from flows.cli.commands import background_text  # noqa: PLC0415 - keeps --help quick

    print(background_text(folder, out, json))
