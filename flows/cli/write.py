"""Carries out `ownvoice write`: an essay by a run's tuned model, on the terminal while it is written. No Prefect."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from rich.console import Console

from flows.cli.output import as_json
from flows.cli.progress import TerminalDisplay
from flows.cli.references import find_run
from flows.cli.run import stopping
from ownvoice.files import shared
from ownvoice.markdown import one_line, show_invisible
from ownvoice.paths import artifacts_folder
from ownvoice.records.answers import Outputs
from ownvoice.report.upkeep.cleanup import weights_lock
from ownvoice.run.session import Session, open_session
from ownvoice.run.tuned_model import TunedModel, find_tuned_model
from ownvoice.run.writing import Asked, Writing, Written, beside, read_trained, writing_request, written
from ownvoice.voice.repeats import Repeat, find_repeat
from ownvoice.worker.messages import Progress, WriteRequest

REPEATS = {
    "fail": "Careful: the model recites an essay of yours. {words} words in a row stand in '{essay_id}': “{quote}”.",
    "warn": "Careful: {words} words in a row stand in your essay '{essay_id}': “{quote}”.",
}
QUOTE_CHARACTERS = 600
GREEDY = 1  # of the likeliest tokens the first alone


class ToWrite(NamedTuple):
    """As it was typed; what is None is the run's own."""

    run: str
    topic: str
    with_baseline: bool = False
    words: int | None = None
    seed: int | None = None
    temperature: float | None = None
    top_k: int | None = None
    top_p: float | None = None


def write_on_terminal(typed: ToWrite, json: bool) -> None:
    """Print the text to stdout as it comes, what is said of it to stderr; or all of it as JSON.

    Raises:
        UserMistake: there is no such run, its weights are gone, or the topic can't be asked.
        RunFailed: as the worker does. A key pressed to stop exits with 130.
    """
    tuned = find_tuned_model(find_run(typed.run, artifacts_folder()).record)
    request = writing_request(tuned, Asked(typed.topic, typed.words, _settings(typed)))
    plain = beside(tuned, request) if typed.with_baseline else None
    display = TerminalDisplay(Console(stderr=True))
    with shared(weights_lock(artifacts_folder(), tuned.folder.name)), ended_by_a_key(display) as session:
        session.run_name = f"ownvoice write, Run {tuned.record.number}"
        own = _write(session, display, request, None if json else f"Run {tuned.record.number}" if plain else "")
        baseline = _write(session, display, plain, None if json else "untuned") if plain else None
    writing = _compared(tuned, typed.topic, request, own, baseline)
    if json:
        print(as_json(writing))
    else:
        print("\n" + "\n".join(_remarks(writing)), file=sys.stderr)


@contextmanager
def ended_by_a_key(display: TerminalDisplay) -> Iterator[Session]:
    """A session whose worker ends with Ctrl-C, which exits with 130."""
    with open_session(display) as session, stopping(session.worker):
        try:
            yield session
        except KeyboardInterrupt:
            print("\nStopped.", file=sys.stderr)
            raise SystemExit(130) from None
        finally:
            display.close()


def _write(session: Session, display: TerminalDisplay, request: WriteRequest, heading: str | None) -> Written:
    """`heading` stands above the text, where several are shown; None shows none of it."""
    if heading:
        print(f"\n--- {heading} ---")

    def show(progress: Progress) -> None:
        if heading is None or not progress.text:
            display.progress(progress)
            return
        display.close()
        print(show_invisible(progress.text), end="", flush=True)

    outputs = session.call(request, show)
    assert isinstance(outputs, Outputs)
    if heading is not None:
        print(flush=True)
    return written(outputs.outputs[0], outputs.seconds)


def _settings(typed: ToWrite) -> dict[str, float | int]:
    """A temperature of 0 takes the likeliest token at each step, whatever the rest says."""
    named = {"seed": typed.seed, "temperature": typed.temperature, "top_k": typed.top_k, "top_p": typed.top_p}
    settings = {name: value for name, value in named.items() if value is not None}
    if settings.get("temperature") == 0:
        del settings["temperature"]
        settings["top_k"] = GREEDY
    return settings


def _compared(tuned: TunedModel, topic: str, request: WriteRequest, own: Written, baseline: Written | None) -> Writing:
    trained = read_trained(tuned.record)
    explained_by = [topic, *([baseline.text] if baseline else [])]
    return Writing(
        run=tuned.record.number,
        model=tuned.info.name,
        topic=topic,
        decoding=request.decoding.model_dump(exclude={"samples_per_probe"}),
        tuned=own,
        baseline=baseline,
        repeats=find_repeat(own.text, trained.essays, explained_by) if trained.essays else None,
        notes=(trained.note,) if trained.note else (),
    )


def _remarks(writing: Writing) -> Iterator[str]:
    own = writing.tuned
    ended = ", cut off at the length limit: --words N asks for more" if own.cut_off else ""
    yield f"{own.words} words in {own.seconds:.0f} s by Run {writing.run} ({writing.model}), seed {writing.decoding['seed']}{ended}."
    if writing.repeats:
        yield _repeated(writing.repeats)
    elif not writing.notes:
        yield "It shares no 8 words in a row with an essay that the model was trained on."
    yield from (one_line(note, QUOTE_CHARACTERS) for note in writing.notes)


def _repeated(repeat: Repeat) -> str:
    quote = one_line(repeat.text, QUOTE_CHARACTERS)
    return REPEATS[repeat.level].format(words=repeat.words, essay_id=one_line(repeat.essay_id, 80), quote=quote)
