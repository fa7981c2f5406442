"""Makes what the commands print: models, log, plan, clean, score and background. None of them runs anything."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from rich import box
from rich.table import Table

from flows.cli.arguments import choose_experiment
from flows.cli.output import as_json
from flows.cli.printed import (
    Cleaned,
    Doctor,
    Logged,
    MeasuredWriters,
    Models,
    WritersOfKind,
    model_as_printed,
    plan_as_printed,
    planned_run,
)
from flows.cli.texts import TAKEN, columns_typed, read_texts
from flows.planned import PlannedRun, plan_here, planned_runs
from ownvoice.config import ExperimentConfig
from ownvoice.errors import VoiceError
from ownvoice.essays.check import read_pairs
from ownvoice.essays.choose import choose
from ownvoice.essays.nearest_placebo import with_placebo_chosen
from ownvoice.essays.place import essays_place, have_here
from ownvoice.essays.prompts import find_prompts
from ownvoice.files import free_bytes, write_atomically
from ownvoice.memory.demand import Demand, EssaySizes, tokens_by_words
from ownvoice.memory.free import Device, FreeMemory, free_memory, likely_device, parse_size
from ownvoice.memory.machine import doctor_facts, doctor_report
from ownvoice.memory.plan import plan_memory
from ownvoice.models.known import KNOWN_MODELS, KnownModel, find_known
from ownvoice.models.prepare import find_shape
from ownvoice.paths import artifacts_folder, models_folder
from ownvoice.phase_configs import places_of
from ownvoice.records.run import RunRecord, picture_path
from ownvoice.report.entry.entry import render_entry
from ownvoice.report.kept.runs import read_record, run_folder, stored_runs
from ownvoice.report.kept.series import CURVES, read_series, render_series, series_folder, stored_series
from ownvoice.report.log.blocks import Of
from ownvoice.report.log.logbook import LOGBOOK_NAME, find_entry
from ownvoice.report.tables import WIDTH, as_text, render_plan, render_scores, render_steps
from ownvoice.report.upkeep.cleanup import KEPT_RUNS, Pruning, find_prunable, prune
from ownvoice.run.resolve import answers_asked, demand_of
from ownvoice.series.members import Member, members_of
from ownvoice.series.record import SeriesRecord, series_folder_name
from ownvoice.units import gib
from ownvoice.voice.corpus import read_writings
from ownvoice.voice.library import library_bytes, make_library, open_library
from ownvoice.voice.score import score_texts

LATEST = 10
NOT_HERE = "The model is not on this disk: a run fetches it first, and then tells how long its steps may take."


def models_text() -> str:
    table = Table(box=box.SIMPLE)
    table.add_column("name", no_wrap=True)
    table.add_column("size", no_wrap=True, justify="right")
    table.add_column("what it is")
    for model in KNOWN_MODELS:
        facts = f"{model.kind}, {model.method}, context {model.context_tokens:,}, {model.licence}"
        table.add_row(model.name, f"{model.parameters / 1e6:,.0f} M", f"{facts}\n{_note(model)}")
    return as_text(WIDTH, table, "Any hub id (owner/name) or a local folder with safetensors works as well.")


def models_json() -> str:
    return as_json(Models(models=tuple(map(model_as_printed, KNOWN_MODELS))))


def _note(model: KnownModel) -> str:
    return f"{model.note}; gated" if model.gated and "access" not in model.note else model.note


def log_text(number: int | None, series: int | None = None, json: bool = False) -> str:
    """The entry of a run or a series; or where the log is, what it holds, and the latest entry.

    Raises:
        LogbookError: there is no such run or series.
    """
    artifacts = artifacts_folder()
    if json:
        return as_json(_logged(artifacts, number, series))
    if series is not None:
        return _series_entry(read_series(series_folder(artifacts, series)))
    if number is not None:
        return _entry(read_record(run_folder(artifacts / "runs", number)))
    runs = [run.record for run in stored_runs(artifacts / "runs")]
    if not runs:
        return f"No run yet: {artifacts / LOGBOOK_NAME} is written by the first one. Try: ownvoice run smoke-test"
    all_series = [each.record for each in stored_series(artifacts)]
    lines = [*(_line(run) for run in runs[-LATEST:]), *(_series_line(each) for each in all_series[-LATEST:])]
    of_series = all_series and all_series[-1].finished_at >= runs[-1].finished_at
    latest = _series_entry(all_series[-1]) if of_series else _entry(runs[-1])
    return "\n".join([f"{artifacts / LOGBOOK_NAME}", "", *lines, "", latest])


def _logged(artifacts: Path, number: int | None, series: int | None) -> Logged:
    """The entry that was asked for, else the newest run's."""
    path = artifacts / LOGBOOK_NAME
    of: Of = "run" if series is None else "series"
    if series is None and number is None:
        number = max((run.record.number for run in stored_runs(artifacts / "runs")), default=None)
    if (wanted := number if series is None else series) is None:
        return Logged(logbook=path, of=None, number=None, line=None, entry=None)
    entry, line = log_text(number, series), find_entry(path, of, wanted).line
    return Logged(logbook=path, of=of, number=wanted, line=line, entry=entry)


def _series_entry(record: SeriesRecord) -> str:
    artifacts = artifacts_folder()
    curves = artifacts / "series" / series_folder_name(record) / CURVES
    return render_series(record, str(curves), f"{artifacts / 'runs'}/")


def _series_line(series: SeriesRecord) -> str:
    what = series.result.conclusion if series.result else series.status
    return f"Series {series.number}  {series.started_at[:16]}  {series.phase}, {series.model_name}: {what}"


def _entry(record: RunRecord) -> str:
    return render_entry(record, str(artifacts_folder() / picture_path(record)))


def _line(run: RunRecord) -> str:
    """The voice's verdict where there is one: that the pipeline passed says nothing of it."""
    findings = run.analysis.findings if run.analysis else None
    what = findings.verdict.direction if findings else run.failure.error if run.failure else run.status
    return f"Run {run.number}  {run.started_at[:16]}  {run.phase}, {run.model_name}: {what}"


def plan_text(
    model: str,
    experiment: str,
    settings: tuple[str, ...],
    memory: str | None,
    tokens: int | None,
    device: Device | None,
    json: bool = False,
) -> str:
    """The steps of a run, which of them come from the cache, and the memory settings of its training.

    Raises:
        ConfigError, PairsError, ModelUnavailable: what was asked for can't be read.
    """
    config = choose_experiment(experiment, settings, model)
    have_here(*places_of(config))
    members = members_of(config) or (Member(label="", config=with_placebo_chosen(config)),)
    config = members[-1].config
    plan = plan_here(config)
    demand = plan.trainings[0].demand if plan else demand_by_words(config)
    if tokens is not None:
        demand = demand.model_copy(update={"essays": demand.essays.model_copy(update={"longest": tokens})})
    device = device or likely_device()
    room = FreeMemory(bytes=parse_size(memory), source="given") if memory else free_memory(device)
    planned = plan_memory(demand, room, device)
    runs = list(planned_runs(members, room, device))
    if json:
        return as_json(plan_as_printed(map(planned_run, runs), planned))
    if plan is None and len(members) == 1:
        return f"{render_plan(planned)}\n\n{NOT_HERE}"
    of_last = [f"The memory of the last, {members[-1].label}:"] if len(members) > 1 else []
    return "\n\n".join([*map(_steps_text, runs), *of_last, render_plan(planned)])


def _steps_text(run: PlannedRun) -> str:
    title = f"{run.label}:\n" if run.label else ""
    return title + (NOT_HERE if run.estimate is None else render_steps(run.estimate))


def demand_by_words(config: ExperimentConfig) -> Demand:
    """What a run would ask of a machine, its tokens reckoned from words: a model elsewhere has no tokenizer here."""
    data = config.data
    pairs = choose(read_pairs(essays_place(data.pairs), data.columns), data.tiers, data.train_pairs, data.order).kept
    tokens = {pair.id: tokens_by_words(pair.essay) for pair in pairs}
    sizes = EssaySizes(
        longest=max(tokens.values(), default=1),
        train_essays=sum(1 for pair in pairs if pair.split == "train"),
        train_tokens=sum(tokens[pair.id] for pair in pairs if pair.split == "train"),
    )
    prompts, known = find_prompts(data.prompts, data.pairs).prompts, find_known(config.model)
    kind = "base" if config.prompt.format == "plain" else known.kind if known else "instruct"
    asked = answers_asked(config, prompts.canaries, prompts.probes, kind)
    return demand_of(config, find_shape(config.model, config.revision), sizes, asked)


def clean_text(yes: bool, json: bool = False) -> str:
    """What can go and how large it is; with `yes` it is gone."""
    artifacts = artifacts_folder()
    pruning = find_prunable(artifacts, models_folder())
    if yes:
        prune(artifacts, pruning)
    if json:
        found = {"prunable": pruning.prunable, "bytes": pruning.bytes, "kept_bytes": pruning.kept_bytes}
        return as_json(Cleaned(removed=yes, free_bytes=free_bytes(artifacts), **found))
    rows = [f"{gib(each.bytes):>9}  {each.path.name}  ({each.reason})" for each in pruning.prunable]
    return "\n".join([*rows, _conclusion(pruning, yes), f"{gib(free_bytes(artifacts))} free on the disk."])


def _conclusion(pruning: Pruning, removed: bool) -> str:
    kept = f"kept: {gib(pruning.kept_bytes)}, the weights of the newest {KEPT_RUNS} completed runs, those just made, "
    kept += "and those that a run is using"
    if not pruning.prunable:
        return f"Nothing to remove; {kept}."
    what = f"{gib(pruning.bytes)}: weights that the same run makes again, and what was never finished"
    if removed:
        return f"Removed {what}; {kept}."
    return f"Would remove {what}; {kept}.\nRecords, logbook and models stay. To remove: ownvoice clean --yes"


def doctor_text(try_hub: bool, json: bool) -> str:
    facts = doctor_facts(try_hub)
    return as_json(Doctor(facts=facts)) if json else doctor_report(facts)


def score_text(
    author: str, texts: tuple[str, ...], background: Path | None, as_json: bool, settings: tuple[str, ...] = ()
) -> str:
    """The table, or the report as JSON.

    Raises:
        VoiceError: files that can't be read, all at once; or no essay that can be measured.
        ConfigError: as `columns_typed`.
    """
    problems: list[str] = []
    columns = columns_typed(settings)
    essays = read_texts(author, columns, problems)
    scored = [each for text in texts for each in read_texts(text, columns, problems)]
    if problems:
        raise VoiceError("\n".join(problems), TAKEN)
    report = score_texts(open_library(background), essays, scored)
    return report.model_dump_json(indent=2, ensure_ascii=True) if as_json else render_scores(report)


def background_text(folder: Path, out: Path, json: bool = False) -> str:
    """Write the figures of other writers' texts and say what is in them.

    Raises:
        VoiceError: texts that can't be measured, all at once; or a file that is there already.
    """
    if out.suffix != ".npz" or out.exists():
        found = "is there already" if out.exists() else "does not end with .npz"
        raise VoiceError(f"{out}: {found}", "a new file, such as my-genre.npz")
    library = make_library(read_writings(folder))
    write_atomically(out, library_bytes(library))
    texts = Counter(library.registers[text.author] for text in library.texts)
    authors = Counter(library.registers.values())
    kinds = tuple(WritersOfKind(name=name, texts=texts[name], authors=authors[name]) for name in sorted(authors))
    measured = MeasuredWriters(path=out, bytes=out.stat().st_size, kinds=kinds)
    if json:
        return as_json(measured)
    rows = [f"{each.name}: {each.texts} texts by {each.authors} authors" for each in kinds]
    return "\n".join([*rows, f"{out}: {measured.bytes / 1e3:,.0f} kB, figures and masked sentences, no text"])
