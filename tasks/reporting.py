"""Reports the progress of a step: to the display at once, to Prefect's UI at most once a second."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from prefect.artifacts import create_progress_artifact, create_table_artifact, update_progress_artifact
from prefect.logging import get_run_logger

from ownvoice.estimates import RunEstimate
from ownvoice.markdown import inline
from ownvoice.records.essays import CheckedPairs
from ownvoice.records.run import RunRecord
from ownvoice.records.training import Attempt, TrainingResult
from ownvoice.report.entry.estimate import run_against_estimate
from ownvoice.report.entry.training import attempts_table, loss_table
from ownvoice.report.series_entry.tables import tables_of
from ownvoice.report.tables import check_findings, check_rows
from ownvoice.run.countdown import Countdown
from ownvoice.run.plan import Step
from ownvoice.run.session import current_session
from ownvoice.series.record import SeriesRecord
from ownvoice.units import about
from ownvoice.worker.messages import Progress

SECONDS_BETWEEN_UPDATES = 1.0  # an update costs 9 ms of the parent, which the worker waits for
SECONDS_BETWEEN_LINES = 10.0


def tell(sentence: str) -> None:
    """On the terminal, and in the run's log in the UI."""
    current_session().display.say(sentence)
    get_run_logger().info(sentence)


def tell_estimate(estimate: RunEstimate, later_runs: float | None) -> None:
    """Before the first step: on the terminal, in the run's log, and where the UI shows how far the run is."""
    session = current_session()
    session.countdown = Countdown(estimate, later_runs)
    if estimate.to_do:
        series = f" Then the runs after this one: {about(later_runs)}." if later_runs else ""
        tell(f"{estimate.sentence()}{series}")
        session.run_artifact = shown_progress(None, "this-run", 0.0, f"In all {estimate.in_words()}")


def show_run_progress() -> None:
    """How far the whole run is, by time."""
    session = current_session()
    if session.countdown and session.run_artifact:
        left = session.countdown.left().in_words() or "nobody knows how much is left"
        shown_progress(session.run_artifact, "this-run", 100.0 * session.countdown.share_done, left)


def show_run_end(record: RunRecord) -> None:
    """What it took beside what was expected, as its entry has it."""
    told, artifact = run_against_estimate(record), current_session().run_artifact
    if told and artifact:
        shown_progress(artifact, "this-run", 100.0, told)
        tell(told)


def show_check(checked: CheckedPairs) -> None:
    """What `ownvoice check` prints, in the UI: a table artifact with what was found, and each note in the run's log."""
    rows = [row._asdict() for row in check_rows(checked.figures)]
    create_table_artifact(
        rows, key="essays", description="\n".join(f"- {inline(each)}" for each in check_findings(checked))
    )
    for note in checked.notes:
        get_run_logger().info(note)


def show_losses(step: Step, training: TrainingResult) -> None:
    """Of every training of the run, one from the cache too."""
    create_table_artifact(
        loss_table(training).as_records(),
        key=f"losses-{_key_of(step)}",
        description=f"{_of_this_run(step)}: mean nats a token; epoch 0 is the model before training.",
    )


def show_attempts(step: Step, attempts: Sequence[Attempt]) -> None:
    """The last of them in the log as well, which tells when it was."""
    last = attempts[-1]
    table = attempts_table(attempts).as_records()
    create_table_artifact(
        table, key=f"attempts-{_key_of(step)}", description=f"{_of_this_run(step)}: attempts at the memory settings."
    )
    row = table[-1]
    get_run_logger().info(
        f"Attempt {len(attempts)} at {last.rung!r}: predicted peak {row['Predicted peak']}, "
        f"reached {row['Reached']}, {row['Ended']}"
    )


def show_series(record: SeriesRecord) -> None:
    """The tables of its entry, each by itself: they can be searched and sorted there."""
    for name, table in tables_of(record.result, {}).items():
        create_table_artifact(
            table.as_records(),
            key=f"{record.phase}-{name}",
            description=f"Series {record.number}: {inline(record.result.conclusion if record.result else '', 1500)}",
        )


def _of_this_run(step: Step) -> str:
    return f"{inline(current_session().run_name)}, {inline(step.name)}"


def _key_of(step: Step) -> str:
    return re.sub(r"[^a-z0-9]+", "-", step.name.lower()).strip("-")


class Reporter:
    """Called with each Progress of a worker; makes the UI's artifact at the first one."""

    def __init__(self, key: str, label: str = "") -> None:
        """`label` stands before what the worker says of itself: it can't tell whose essays it is given."""
        self._key, self._label = key, label
        self._artifact: object = None
        self._updated = self._logged = 0.0

    @classmethod
    def of(cls, step: Step) -> Reporter:
        """For a row of the plan: the untuned model and the author's first need no label."""
        return cls(_key_of(step), "" if step.model in ("baseline", "tuned") else f"{step.model}: ")

    def __call__(self, progress: Progress) -> None:
        if not progress.total:
            tell(progress.in_words())
            return
        progress = self._with_what_is_left(progress)
        current_session().display.progress(progress)
        now = time.monotonic()
        last = progress.done >= progress.total
        if last or now - self._updated >= SECONDS_BETWEEN_UPDATES:
            self._updated = now
            self._show(100.0 * progress.done / max(progress.total, 1), progress.in_words())
            show_run_progress()
        if now - self._logged >= SECONDS_BETWEEN_LINES:
            self._logged = now
            get_run_logger().info(progress.in_words())

    def _with_what_is_left(self, progress: Progress) -> Progress:
        """Told once, for terminal, log and artifacts alike."""
        countdown = current_session().countdown
        left = countdown.follow(progress).in_words() if countdown else ""
        note = ", ".join(filter(None, (progress.note, left)))
        return progress.model_copy(update={"stage": f"{self._label}{progress.stage}", "note": note})

    def _show(self, percent: float, words: str) -> None:
        self._artifact = shown_progress(self._artifact, self._key, percent, words)


def shown_progress(artifact: object, key: str, percent: float, words: str) -> object:
    """The artifact in the UI, made where there is none yet."""
    if artifact is None:
        return create_progress_artifact(percent, key=key, description=words)
    update_progress_artifact(artifact, percent, words)  # type: ignore[arg-type]
    return artifact
