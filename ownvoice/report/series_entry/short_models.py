"""The answers of a comparison of models, of a sweep over settings and of base against instruct, in words for a writer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ownvoice.report.series_entry.words import (
    BY_CHANCE,
    NO_MORE_THAN_CHANCE,
    Answered,
    but_few,
    counted,
    how_well,
    listed,
)
from ownvoice.series.head_start import Effect, HeadStart
from ownvoice.series.models import Between, ModelComparison, OneModel
from ownvoice.series.sweep import Sweep
from ownvoice.voice.results import Interval
from ownvoice.voice.verdict import WORTH_HAVING

FEW_AUTHORS = 6
"""With fewer no leaning of all of them is rarer than once in 20."""
EXPLAINS = "what explains a difference (size, data, schooling) these runs can't tell"


def of_models(found: ModelComparison) -> Answered:
    recited = [model.name for model in found.models if model.memorised == "fail"]
    able = [model for model in found.models if model.memorised != "fail"]
    between = [each for each in found.between if not {each.one, each.other} & set(recited)]
    answer, told = _nearest(able, between)
    said = [*([_proves_nothing(recited)] if recited else []), *told, *_against_asking(able)]
    return Answered(
        answer, f"{'; '.join(said) or 'one model alone is compared with none'}.", _trust(found, able, between, recited)
    )


def _proves_nothing(recited: Sequence[str]) -> str:
    whose = "its likeness" if len(recited) == 1 else "their likeness"
    return f"{listed(recited)} learned essays of yours by heart, so {whose} to you proves nothing"


def _nearest(able: Sequence[OneModel], between: Sequence[Between]) -> tuple[str, list[str]]:
    """The answer, and what it rests on; of fewer than two models there is none."""
    if len(able) < 2:
        return "No winner", []
    beaten = {model.name: [*_beaten_by(model.name, between)] for model in able}
    for name, others in beaten.items():
        if len(others) == len(able) - 1:
            return f"{name} comes nearest to you", [f"trained alike, it writes more like you than {listed(others)}"]
    names = listed(model.name for model in able)
    if all(each.tuned is not None and each.tuned.within(WORTH_HAVING) for each in between):
        return "They come equally near to you", [f"{names}, trained alike, differ by nothing worth having"]
    shown = [f"{name} comes nearer than {listed(others)}" for name, others in beaten.items() if others]
    return "Open", [f"which of {names} comes nearest to you these runs can't tell", *shown]


def _beaten_by(name: str, between: Sequence[Between]) -> Iterator[str]:
    for each in between:
        if each.tuned is not None and each.one == name and each.tuned.above_zero:
            yield each.other
        if each.tuned is not None and each.other == name and each.tuned.below_zero:
            yield each.one


def _against_asking(able: Sequence[OneModel]) -> Iterator[str]:
    """Whether training beats asking with essays, the models of one answer in one sentence."""
    asked = {model.name: _compared(model.tuned_minus_prompted) for model in able if model.tuned_minus_prompted}
    for how in dict.fromkeys(asked.values()):
        names = [name for name, each in asked.items() if each == how]
        yield f"with {'each of them' if len(names) == len(able) > 1 else listed(names)} {how}"


def _compared(apart: Interval) -> str:
    if apart.above_zero:
        return "training brought more than showing it essays of yours"
    if apart.below_zero:
        return "showing it essays of yours brought more than training"
    if apart.within(WORTH_HAVING):
        return "training and showing it essays of yours brought the same"
    return "training may have brought more or less than showing it essays of yours"


def _trust(found: ModelComparison, able: Sequence[OneModel], between: Sequence[Between], recited: Sequence[str]) -> str:
    trainings = min((model.trainings for model in found.models), default=1)
    if recited:
        they = "it" if len(recited) == 1 else "they"
        few = but_few(trainings, "a model").removeprefix("; but ")
        rest = f"; the rest with care, as {few}" if able and few else ""
        return f"Trust the first, because {they} gave your own words back{rest}"
    if len(found.models) < 2:
        return "Trust nothing of a comparison yet, because there is no other model to hold it against"
    if not any(each.tuned for each in between):
        return "Of the voice nothing can be said, because too few answers could be measured"
    answer, _ = _nearest(able, between)
    if answer == "Open":
        return f"Trust no leaning between the models, because {NO_MORE_THAN_CHANCE}; and {EXPLAINS}"
    reason = "chance leaves no room for a difference worth having" if answer.startswith("They") else BY_CHANCE
    return f"{how_well(trainings)}, because {reason}{but_few(trainings, 'a model')}; {EXPLAINS}"


def of_sweep(found: Sweep) -> Answered:
    able, many = [each for each in found.tried if each.objective], counted(len(found.tried), "setting")
    rival = "the same model trained on another writer" if found.with_placebo else "the model before training"
    form = "" if found.with_placebo else ", which the form of an essay alone may bring"
    luck = "the best of many is partly luck, and each is one training"
    first = found.first
    if first is None or first.objective is None:
        why = "each model learned essays by heart, or could not be measured"
        return Answered(
            "None can be the best", f"of {many} none can be judged.", f"Of the voice nothing can be said, because {why}"
        )
    if not first.objective.above_zero:
        return Answered(
            "None is shown to help",
            f"of {many} none brought the model nearer to you than {rival}; the highest was “{first.label}”.",
            f"Trust no leaning between them, because {NO_MORE_THAN_CHANCE}",
        )
    gained = f"it came nearer to you than {rival}{form}"
    if found.lead is None or len(able) < 2:
        return Answered(
            f"Only “{first.label}” can be judged",
            f"{gained}.",
            "Trust it with care, because there is no other setting to hold it against, and it is one training",
        )
    if found.lead.above_zero:
        return Answered(
            f"Best of {many}: “{first.label}”",
            f"{gained}, and nearer than the next, “{able[1].label}”.",
            f"Trust it with care, because {luck}",
        )
    return Answered(
        "Open",
        f"the highest of {many} was “{first.label}”; these runs can't tell it from the next, “{able[1].label}”.",
        f"Trust no leaning between them, because their difference is no larger than what chance makes; that the highest helped trust with care, because {luck}",
    )


def of_arms(found: HeadStart) -> Answered:
    base = found.arms[0].name if found.arms else ""
    against = [each for each in found.effects if each.measure == "specificity" and each.other == base]
    measured = [each for each in against if each.interval is not None]
    if not measured:
        why = "fewer than two authors have all their runs, with answers that can be measured"
        return Answered(
            "No answer yet", "the models can't be compared.", f"Of the voice nothing can be said, because {why}"
        )
    kinds = {how: [each.one for each in measured if _start(each) == how] for how in _STARTS}
    said = [f"{listed(arms)} {_STARTS[how].format(base=base)}" for how, arms in kinds.items() if arms]
    found_kinds = [how for how, arms in kinds.items() if arms]
    answer = f"{found_kinds[0]}" if len(found_kinds) == 1 else "Not the same for all"
    return Answered(answer, f"trained alike, {'; '.join(said)}.", _trust_arms(found, measured))


_STARTS = {
    "The head start helps": "came nearer to the author than {base}",
    "The head start harms": "came less near to the author than {base}",
    "The head start makes no difference": "came as near to the author as {base}",
    "Open": "may have come nearer or less near to the author than {base}: these runs can't tell",
}


def _start(effect: Effect) -> str:
    apart = effect.interval
    if effect.equivalent:
        return "The head start makes no difference"
    if apart is not None and apart.above_zero:
        return "The head start helps"
    return "The head start harms" if apart is not None and apart.below_zero else "Open"


def _trust_arms(found: HeadStart, measured: Sequence[Effect]) -> str:
    authors = len(found.authors)
    rests = f"it rests on {counted(authors, 'author')} with {counted(len(found.seeds), 'training')} each"
    if all(_start(each) == "Open" for each in measured):
        return f"Trust no leaning either way, because {rests}, and the authors disagree as much as by chance"
    if all(each.equivalent for each in measured):
        return f"Trust it with care, because chance leaves no room for a difference worth having; {rests}"
    if authors < FEW_AUTHORS:
        return f"Trust it with care, because {rests}: that all {authors} lean one way happens by chance once in {2 ** (authors - 1)} times"
    return f"Trust it well, because {rests}, and {BY_CHANCE}"
