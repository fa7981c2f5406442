"""Holds two stored runs beside each other: settings that differ, figures, canaries; and what of it doesn't compare, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ownvoice.frozen import Frozen
from ownvoice.records.run import RunRecord
from ownvoice.report.run_figures import Figure, Unit, figures_of


class Differing(Frozen):
    """A setting, or another thing that a run was made with, where the two have different ones."""

    name: str
    one: str
    other: str


class FigurePair(Frozen):
    """A figure of both runs; None was not reached."""

    name: str
    one: Figure | None
    other: Figure | None
    why_not: str = ""
    """Why the two don't compare; empty where they do."""


class CanaryPair(Frozen):
    """The fine-tuned models' answers to a canary: untrusted. None was not reached, or not asked."""

    id: str
    topic: str
    one: str | None
    other: str | None


class Difference(Frozen):
    """What `ownvoice diff --json` prints."""

    one: int
    other: int
    settings: tuple[Differing, ...]
    figures: tuple[FigurePair, ...]
    canaries: tuple[CanaryPair, ...]

    @property
    def doubts(self) -> dict[str, list[str]]:
        """Why figures don't compare, and which: each reason once."""
        found: dict[str, list[str]] = {}
        for pair in self.figures:
            if pair.why_not:
                found.setdefault(pair.why_not, []).append(pair.name)
        return found


def difference(one: RunRecord, other: RunRecord) -> Difference:
    return Difference(
        one=one.number,
        other=other.number,
        settings=tuple(_settings(one, other)),
        figures=tuple(_figures(one, other)),
        canaries=tuple(_canaries(one, other)),
    )


def _settings(one: RunRecord, other: RunRecord) -> Iterator[Differing]:
    mine, theirs = (run.settings | _made_with(run) for run in (one, other))
    for name in dict.fromkeys([*mine, *theirs]):
        values = mine.get(name, "not set"), theirs.get(name, "not set")
        if values[0] != values[1]:
            yield Differing(name=name, one=values[0], other=values[1])


def _made_with(run: RunRecord) -> dict[str, str]:
    machine = run.machine
    return {
        "essays trained on": _essays(run, "train"),
        "essays validated with": _essays(run, "validation"),
        "model revision": run.model.revision if run.model else "not reached",
        "ownvoice": machine.versions.get("ownvoice", "not told"),
        "machine": f"{machine.processor}, {machine.cores} cores" + (f", {machine.gpu}" if machine.gpu else ""),
    }


def _essays(run: RunRecord, split: str) -> str:
    """Their number and names: the same names may be other texts, which the fingerprint tells."""
    if run.data is None:
        return "not reached"
    names = [figures.id for figures in run.data.figures if figures.split == split]
    return f"{len(names)}: {', '.join(names)}" if names else "none"


def _figures(one: RunRecord, other: RunRecord) -> Iterator[FigurePair]:
    mine, theirs = ({figure.name: figure for figure in figures_of(run)} for run in (one, other))
    reasons: dict[Unit, str] = {}
    for name in dict.fromkeys([*mine, *theirs]):
        pair = mine.get(name), theirs.get(name)
        unit = next(figure.unit for figure in pair if figure)
        if unit not in reasons:
            reasons[unit] = COMPARES[unit](one, other)
        why_not = reasons[unit] if all(pair) else ""
        yield FigurePair(name=name, one=pair[0], other=pair[1], why_not=why_not)


def _axis(one: RunRecord, other: RunRecord) -> str:
    """One axis: the same other writers' texts have the same scores, against the same essays and on as many words."""
    if (prompts := _prompts(one, other)) or one.figures is None or other.figures is None:
        return prompts
    mine, theirs = one.figures, other.figures
    if mine.words != theirs.words:
        return f"another axis: the texts were scored on {mine.words} words each, and on {theirs.words}"
    if mine.others.background != theirs.others.background:
        return f"another axis: beside other writers ({mine.others.background}; {theirs.others.background})"
    if (mine.held_out, mine.others.voices) != (theirs.held_out, theirs.others.voices):
        return f"another axis: measured against other essays ({mine.references}; {theirs.references})"
    return ""


def _prompts(one: RunRecord, other: RunRecord) -> str:
    asked = [{probe.topic for probe in run.data.probes} if run.data else set() for run in (one, other)]
    if asked[0] != asked[1]:
        return f"the models were asked other probes ({len(asked[0])} and {len(asked[1])}, {len(asked[0] & asked[1])} of them the same)"
    return ""


def _same_held_out(one: RunRecord, other: RunRecord) -> str:
    held_out = [
        {(each.id, each.words) for each in run.data.figures if each.split == "validation"} if run.data else set()
        for run in (one, other)
    ]
    return "" if held_out[0] == held_out[1] else "other essays were held out"


def _same_tokens(one: RunRecord, other: RunRecord) -> str:
    models = [(run.model.name, run.model.revision) if run.model else ("", "") for run in (one, other)]
    if models[0] != models[1]:
        return "a loss is counted by the tokens of the model, and these are two models"
    if one.settings.get("training.loss_on") != other.settings.get("training.loss_on"):
        return "the loss was taken on different parts (training.loss_on)"
    return _same_held_out(one, other)


def _same_machine(one: RunRecord, other: RunRecord) -> str:
    mine, theirs = _made_with(one)["machine"], _made_with(other)["machine"]
    return "" if mine == theirs else "they ran on two machines"


COMPARES: dict[Unit, Callable[[RunRecord, RunRecord], str]] = {
    "z": _axis,
    "bits a character": _same_held_out,
    "bits a token": _same_tokens,
    "nats a token": _same_tokens,
    "words": _prompts,
    "share": _prompts,
    "seconds": _same_machine,
    "bytes": _same_machine,
}


def _canaries(one: RunRecord, other: RunRecord) -> Iterator[CanaryPair]:
    topics = {(canary.id, canary.topic): None for run in (one, other) if run.data for canary in run.data.canaries}
    for id_, topic in topics:
        answers = [_answer(run, id_, topic) for run in (one, other)]
        if any(answer is not None for answer in answers):
            yield CanaryPair(id=id_, topic=topic, one=answers[0], other=answers[1])


def _answer(run: RunRecord, id_: str, topic: str) -> str | None:
    asked = run.data is not None and any((each.id, each.topic) == (id_, topic) for each in run.data.canaries)
    output = run.tuned.canary(id_) if asked else None
    return output.text if output else None
