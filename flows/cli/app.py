"""The command line. Heavy imports stand inside the commands, so that `--help` and a typo answer at once."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from flows.cli.completion import offer_experiments, offer_models, offer_runs, offer_runs_and_series
from flows.project import as_it_lies_here, set_environment
from ownvoice import __version__
from ownvoice.errors import LogbookError, OwnvoiceError
from ownvoice.files import disk_full, is_disk_full

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Fine-tune a language model on your essays, and see whether it learned your voice or only the format.",
)
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
EPILOG_CHECK = "Example: ownvoice check essays.parquet --set data.columns.essay=text"
EPILOG_JUDGE = "Example: ownvoice judge --author essays --baseline baseline.jsonl --tuned tuned.jsonl"
EPILOG_RUN = "Example: ownvoice run smoke-test --set training.epochs=5"


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


@app.command(epilog=EPILOG_RUN)
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


@app.command(epilog="Example: ownvoice init anna ~/drafts blog-export.zip sent.mbox")
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


@app.command(epilog=EPILOG_CHECK)
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


@app.command()
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


@app.command()
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


@app.command()
def runs(json: Json = False) -> None:
    """List the runs and series: what each found, when, and its size on disk; the newest last."""
    from flows.cli.runs import runs_text  # noqa: PLC0415 - keeps --help quick

    print(runs_text(json))


@app.command(epilog="Example: ownvoice show 3")
def show(
    run: Annotated[
        str | None,
        typer.Argument(autocompletion=offer_runs_and_series, help="A run's number, or series-1; else the newest run."),
    ] = None,
    json: Json = False,
) -> None:
    """Show a run in short: the verdict, its figures, where its files are."""
    from flows.cli.runs import show_text  # noqa: PLC0415 - keeps --help quick

    print(show_text(run, json))


@app.command(epilog="Example: ownvoice diff 2 3")
def diff(
    one: Annotated[str, typer.Argument(autocompletion=offer_runs, metavar="RUN", help="A run's number.")],
    other: Annotated[str, typer.Argument(autocompletion=offer_runs, metavar="RUN", help="Another's.")],
    json: Json = False,
) -> None:
    """Hold two runs side by side: settings that differ, figures, canaries; and what of it doesn't compare."""
    from flows.cli.runs import diff_text  # noqa: PLC0415 - keeps --help quick

    print(diff_text(one, other, json))


@app.command(epilog="Example: ownvoice rm 3 4")
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


@app.command("open", epilog="Example: ownvoice open 3")
def open_run(
    run: Annotated[
        str | None,
        typer.Argument(autocompletion=offer_runs_and_series, help="A run's number, or series-1; else the newest run."),
    ] = None,
    json: Json = False,
) -> None:
    """Make a run's report anew, and open it in a browser."""
    from flows.cli.runs import open_text  # noqa: PLC0415 - keeps --help quick

    print(open_text(run, json))


@app.command(epilog="Example: ownvoice report 3 4 --out comparison.html")
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


@app.command(epilog="Example: ownvoice schedule scale-up on")
def schedule(
    phase: Annotated[str | None, typer.Argument(help="Else all of them are listed.")] = None,
    turn: Annotated[str | None, typer.Argument(metavar="on|off", help="The UI can do it as well.")] = None,
    json: Json = False,
) -> None:
    """Turn the nightly run of a served phase on or off; it stays so when the server starts again."""
    from flows.cli.schedule import schedule_text  # noqa: PLC0415 - keeps --help quick

    if turn not in ("on", "off", None) or (phase and not turn):
        raise typer.BadParameter("on or off", param_hint="'on|off'")
    print(schedule_text(phase, turn == "on" if turn else None, json))


@app.command(epilog="Example: ownvoice plan gpt2-xl --memory 15GiB --device cuda")
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


@app.command(epilog="Example: ownvoice score --author data/private/essays draft.md another-models-answer.txt")
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
    background: Annotated[
        Path | None,
        typer.Option(help="Other writers of the genre: a folder per author, .jsonl, or .npz; else the shipped ones."),
    ] = None,
    setting: ColumnSetting = None,
    json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Score texts, whoever wrote them, against an author's essays: how near is the voice?"""
    from flows.cli.commands import score_text  # noqa: PLC0415 - keeps --help quick

    print(as_it_lies_here(score_text(author, tuple(texts), background, json, tuple(setting or ()))))


@app.command(epilog=EPILOG_JUDGE)
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
    background: Annotated[
        Path | None,
        typer.Option(help="Other writers of the genre: a folder per author, .jsonl, or .npz; else the shipped ones."),
    ] = None,
    setting: ColumnSetting = None,
    json: Annotated[bool, typer.Option("--json", help="All findings as JSON.")] = False,
) -> None:
    """Give the verdict on answers from anywhere: did the fine-tuned model learn the author's voice? Trains nothing."""
    from flows.cli.judge import ToJudge, judge_text  # noqa: PLC0415 - keeps --help quick

    files, others, settings = tuple(placebo or ()), tuple(placebo_author or ()), tuple(setting or ())
    typed = ToJudge(run, author, trained, baseline, tuned, files, background, settings, others)
    print(judge_text(typed, json))


@app.command(
    "blind-test", epilog="Example: ownvoice blind-test 3, and for a friend: ownvoice blind-test 3 --file for-jo.html"
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


@app.command(epilog='Example: ownvoice write 3 "The bus that never came" --beside baseline --words 400')
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


@app.command(epilog="Example: ownvoice export 3 ~/my-model")
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


@app.command(epilog="Example: ownvoice background other-writers/ my-genre.npz")
def background(
    folder: Annotated[Path, typer.Argument(help="A folder of .md and .txt files per author, or a .jsonl file.")],
    out: Annotated[Path, typer.Argument(help="The .npz file to write: figures and masked sentences, no text.")],
    json: Json = False,
) -> None:
    """Measure other writers once, so that `score --background` need not do it again."""
    from flows.cli.commands import background_text  # noqa: PLC0415 - keeps --help quick

    print(background_text(folder, out, json))


@app.command()
def clean(
    yes: Annotated[bool, typer.Option("--yes", help="Remove; else only show what would go.")] = False,
    json: Json = False,
) -> None:
    """Show the saved weights that a run can make again, and with --yes remove them."""
    from flows.cli.commands import clean_text  # noqa: PLC0415 - keeps --help quick

    print(clean_text(yes, json))


@app.command()
def serve(
    json: Annotated[bool, typer.Option("--json", help="One line of JSON, for programs, once it is ready.")] = False,
) -> None:
    """Keep a Prefect server with its UI and the deployments, until Ctrl-C."""
    from flows.cli.serving import serve_until_stopped  # noqa: PLC0415 - keeps --help quick

    serve_until_stopped(json)


@app.command(epilog="Then, on each machine: prefect worker start --pool ownvoice")
def deploy(
    pool: Annotated[str, typer.Option(metavar="NAME", help="The work pool; made where there is none.")] = "ownvoice",
    json: Json = False,
) -> None:
    """Register the deployments on a Prefect work pool, for workers on this machine or others."""
    from flows.cli.serving import deploy_text  # noqa: PLC0415 - keeps --help quick

    print(deploy_text(pool, json))


@app.command()
def doctor(
    hub: Annotated[bool, typer.Option("--hub", help="Also ask the Hugging Face hub whether it answers.")] = False,
    json: Json = False,
) -> None:
    """Show what this machine has and what is missing."""
    from flows.cli.commands import doctor_text  # noqa: PLC0415 - keeps --help quick

    print(doctor_text(hub, json))


def confirmed(question: str) -> bool:
    """Raises LogbookError: there is nobody to ask."""
    if not sys.stdin.isatty():
        raise LogbookError("nothing was removed: nobody is there to be asked", "a terminal, or --yes", "add --yes")
    return typer.confirm(question, err=True)


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
        if not is_disk_full(error):
            raise
        told = disk_full(error, error.filename or "a file")
        print(told, file=sys.stderr)
        sys.exit(told.exit_code)


if __name__ == "__main__":
    main()
