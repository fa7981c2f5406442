"""Places models' answers on the VOICE axis: on one length, without what was copied, on her profile and on others'."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from ownvoice.voice.asked import (
    BASELINE,
    Asked,
    asked_of,
    common_length,
    copied_share,
    no_prose_in,
    untuned_averages,
)
from ownvoice.voice.copied import COPIED_WORDS, Copied, refrains
from ownvoice.voice.distances import FEWEST_ESSAYS, Answer, Table, apart, measure_distances, paired
from ownvoice.voice.impostors import Profile, Profiles, profile_of, profiles_in
from ownvoice.voice.intervals import mean_interval
from ownvoice.voice.library import Library, distances_to, nearest
from ownvoice.voice.material import Material, ModelTexts
from ownvoice.voice.panel import Panel
from ownvoice.voice.prose import caveats_of
from ownvoice.voice.results import (
    PLACEBO,
    AgainstPlacebo,
    Essay,
    Interval,
    OnProfile,
    Prompted,
    Rank,
    RegisterFit,
    ScoredAnswer,
    TwoByTwo,
    VoiceFigures,
)

IMPOSTORS = 39
"""At most: the nearest to her of all registers. With 19 the first place is p = .05, with 39 the first or second."""
SHOWN = 3
TUNED = "tuned"
PROMPTED = "prompted"
Floats = npt.NDArray[np.float64]
HERS, UNSEEN = "\0hers", "\0unseen"
Scored = dict[str, list[dict[Answer, float]]]
"""By model and training."""


def measure_voice(material: Material, library: Library, seed: int = 0) -> tuple[RegisterFit, VoiceFigures]:
    """Score all answers against the author's essays, and against other writers'.

    Raises:
        VoiceError: none of the essays can be measured.
    """
    names = {f"{PLACEBO}{placebo.writer}": placebo for placebo in material.placebos if placebo.models}
    models = {
        BASELINE: (material.baseline,),
        TUNED: material.tuned,
        **{name: placebo.models for name, placebo in names.items()},
    }
    axis = Axis(material, models, {name: placebo.essays for name, placebo in names.items()}, library, seed)
    figures = axis.figures(TUNED, tuple(names))
    return axis.fit, figures.model_copy(update={"prompted": _measure_prompted(material, library, seed)})


def _measure_prompted(material: Material, library: Library, seed: int) -> Prompted | None:
    """On an axis of its own: its answers' length would change what the others are scored on."""
    if material.prompted is None:
        return None
    models = {BASELINE: (material.baseline,), TUNED: material.tuned, PROMPTED: (material.prompted,)}
    return Axis(material, models, {}, library, seed).prompted(PROMPTED, TUNED)


class Axis:
    """All models' answers, scored once for one author; `figures` then says how one of them stands to others."""

    def __init__(
        self,
        author: Material,
        models: Mapping[str, Sequence[ModelTexts]],
        others: Mapping[str, Sequence[Essay]],
        library: Library,
        seed: int = 0,
        untuned: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Score all of them.

        Args:
            models: Their answers, one of a training each; one is the `baseline`.
            others: The essays that a model of the same name was trained on, if known.
            untuned: What a model was before its training, where that isn't the baseline.
        """
        self._essays = [essay.text for essay in author.essays]
        like_her = nearest(library, self._essays)
        self.fit, background = like_her.fit, like_her.background
        copied = Copied(author.training, refrains(author.essays, COPIED_WORDS))
        self._asked = [
            asked_of(name, number, texts.probes, copied, untuned.get(name, BASELINE))
            for name, trainings in models.items()
            for number, texts in enumerate(trainings)
        ]
        self._panel = Panel(background, self._essays, common_length(self._asked), seed)
        self._held_out = tuple(each.voice for each in self._panel.held_out() if each.voice is not None)
        self._scored = _score_all(self._panel, self._asked)
        self._voices = {name: [_voices(each) for each in trainings] for name, trainings in self._scored.items()}
        self._topics = {name: [_topics(each) for each in trainings] for name, trainings in self._scored.items()}

        self._library, self._background, self._seed = library, background, seed
        self._writers = like_her.writers[:IMPOSTORS]
        self._profile, self._unseen_profile = profile_of(HERS, self._essays), profile_of(UNSEEN, _unseen(author))
        theirs = {
            name: profile_of(name, [e.text for e in essays])[: len(self._profile)] for name, essays in others.items()
        }
        self._theirs = {name: profile for name, profile in theirs.items() if profile}

    @cached_property
    def _alike(self) -> dict[str, Scored]:
        """By profile, hers and others': for the figures of a verdict alone, as it takes longer than the scores."""
        profiles: dict[str, Profile] = {HERS: self._profile}
        profiles |= profiles_in(self._library.texts, self._writers, len(self._profile))
        if len(self._unseen_profile) >= FEWEST_ESSAYS:
            profiles[UNSEEN] = self._unseen_profile
        texts = [text for each in self._asked for text in each.sound]
        alike = Profiles(self._background, profiles | self._theirs, self._panel.words, self._seed).score(texts)
        return {name: self._by_model(scores.tolist()) for name, scores in alike.items()}

    @property
    def words(self) -> int:
        """Every text was scored on at most so many of its first words."""
        return self._panel.words

    def level(self, model: str) -> Interval | None:
        """Where the model's answers lie; None for too few prompts."""
        table = Table([self._voices[model]])
        return mean_interval(table.rows(self._voices[model])) if table.enough else None

    def no_prose(self, model: str) -> tuple[int, int]:
        """How many of the model's answers are none, and of how many."""
        own = [each for each in self._asked if each.model == model]
        return sum(len(each.answers) - len(each.sound) for each in own), sum(len(each.answers) for each in own)

    def difference(self, one: str, other: str) -> Interval | None:
        """How much nearer to her the first model's answers lie than the other's; None for too few prompts."""
        return _difference(self._voices, one, other)

    def difference_of_differences(self, first: tuple[str, str], second: tuple[str, str]) -> Interval | None:
        """(first[0] - first[1]) - (second[0] - second[1]), prompt by prompt; None for too few prompts."""
        table = Table([self._voices[name] for name in (*first, *second)])
        if not table.enough:
            return None
        halves = [
            paired(table.rows(self._voices[one]), table.rows(self._voices[other])) for one, other in (first, second)
        ]
        return apart(*halves)

    def prompted(self, prompted: str, tuned: str) -> Prompted | None:
        """None for too few prompts."""
        apart_from_untuned, tuned_apart = self.difference(prompted, BASELINE), self.difference(tuned, prompted)
        if apart_from_untuned is None or tuned_apart is None:
            return None
        level, (no_prose, answers) = self.level(prompted), self.no_prose(prompted)
        assert level is not None, "there were prompts enough for a difference"
        return Prompted(
            answers=answers,
            level=level,
            minus_baseline=apart_from_untuned,
            tuned_minus_prompted=tuned_apart,
            copied_share=copied_share(self._asked, prompted),
            no_prose=no_prose,
        )

    def figures(self, tuned: str, placebos: Sequence[str] = ()) -> VoiceFigures:
        concerned = [each for each in self._asked if each.model in (BASELINE, tuned, *placebos)]
        nearest_first = sorted(placebos, key=lambda name: -_mean(self._voices[name]))
        enough = Table([self._voices[name] for name in (BASELINE, tuned, *placebos)]).enough
        judged = enough and all(2 * len(each.sound) > len(each.answers) for each in concerned)
        distances = (
            measure_distances(
                self._voices[BASELINE][0],
                self._voices[tuned],
                self._voices[nearest_first[0]] if placebos else (),
                self._held_out,
            )
            if judged
            else None
        )
        return VoiceFigures(
            words=self._panel.words,
            references=sum(1 for reason in self._panel.why_not if reason is None),
            others=self._panel.others,
            held_out=self._held_out,
            baseline=self._scored[BASELINE][0],
            tuned=tuple(answer for training in self._scored[tuned] for answer in training),
            placebo=tuple(answer for each in self._scored[nearest_first[0]] for answer in each) if placebos else None,
            distances=distances,
            topic=_difference(self._topics, tuned, BASELINE),
            against=tuple(self._against(tuned, name) for name in nearest_first) if distances else (),
            rank=self._rank(tuned, placebos) if distances else None,
            unseen=_difference(self._alike[UNSEEN], tuned, BASELINE) if UNSEEN in self._alike else None,
            copied_share=copied_share(concerned, tuned),
            no_prose=no_prose_in(concerned),
            caveats=caveats_of(
                self._essays, [answer.text for each in concerned if each.model == tuned for answer in each.answers]
            ),
        )

    def _by_model(self, scores: Sequence[float]) -> Scored:
        found, scored = iter(scores), Scored()
        own = [[next(found) for _ in each.sound] for each in self._asked]
        untuned = untuned_averages(self._asked, own)
        for each, row in zip(self._asked, own, strict=True):
            scored.setdefault(each.model, []).append(each.by_answer(each.filled(row, untuned.get(each.untuned))))
        return scored

    def _against(self, tuned: str, placebo: str) -> AgainstPlacebo:
        table = Table([self._voices[name] for name in (placebo, tuned, BASELINE)])
        other, own, base = (table.rows(self._voices[name]) for name in (placebo, tuned, BASELINE))
        return AgainstPlacebo(
            writer=placebo.removeprefix(PLACEBO),
            answers=table.answers * len(self._voices[placebo]),
            level=mean_interval(other),
            tuned_minus_placebo=apart(own, other),
            placebo_minus_baseline=apart(other, base),
            topic=_difference(self._topics, tuned, placebo),
            two_by_two=self._two_by_two(tuned, placebo),
            nearer_than=self._nearer_than(placebo),
        )

    def _nearer_than(self, placebo: str) -> float | None:
        """Share of the library's writers who are further from her essays than the placebo's is; None of one unknown."""
        profile = self._theirs.get(placebo)
        return _nearer_than(placebo, profile, self._library, self._essays) if profile else None

    def _two_by_two(self, tuned: str, placebo: str) -> TwoByTwo | None:
        """None where the placebo's essays aren't known."""
        if placebo not in self._alike:
            return None
        hers, theirs = self._alike[HERS], self._alike[placebo]
        halves = [_difference(scores, model, BASELINE) for scores in (hers, theirs) for model in (tuned, placebo)]
        first, second, third, fourth = halves
        if first is None or second is None or third is None or fourth is None:
            return None
        return TwoByTwo(tuned_on_hers=first, placebo_on_hers=second, tuned_on_theirs=third, placebo_on_theirs=fourth)

    def _rank(self, tuned: str, placebos: Sequence[str]) -> Rank | None:
        others = [*self._writers, *(name for name in placebos if name in self._alike)]
        if not Table([self._alike[HERS][model] for model in (tuned, BASELINE)]).enough:
            return None
        gains = {name: self._gains(name, tuned) for name in (HERS, *others)}
        own = gains.pop(HERS)
        first = sorted(gains, key=lambda name: -gains[name].mean())
        return Rank(
            gain=float(own.mean()),
            others=len(gains),
            ahead=sum(1 for each in gains.values() if each.mean() >= own.mean()),
            nearest=tuple(OnProfile(name=name, gain=float(gains[name].mean())) for name in first[:SHOWN]),
            mean=float(np.mean([each.mean() for each in gains.values()])) if gains else 0.0,
            deviation=float(np.std([each.mean() for each in gains.values()], ddof=1)) if len(gains) > 1 else 0.0,
        )

    def _gains(self, profile: str, tuned: str) -> Floats:
        """Over the baseline, by training and prompt."""
        scores = self._alike[profile]
        table = Table([scores[tuned], scores[BASELINE]])
        return table.rows(scores[tuned]) - table.rows(scores[BASELINE])


def _unseen(author: Material) -> list[str]:
    """Essays of hers of which no part was trained on, whether or not this run held them out."""
    trained = [" ".join(essay.text.split()) for essay in author.training]
    return [essay.text for essay in author.essays if not any(text in " ".join(essay.text.split()) for text in trained)]


def _nearer_than(name: str, profile: Profile, library: Library, essays: Sequence[str]) -> float:
    """Share of the library's writers who are further from her essays than the profile's writer is."""
    distances = distances_to([*library.texts, *profile], essays)
    own = distances.pop(name)
    return sum(1 for distance in distances.values() if distance > own) / len(distances)


def _score_all(panel: Panel, asked: Sequence[Asked]) -> dict[str, list[tuple[ScoredAnswer, ...]]]:
    """In one call: the panel makes its models anew in each."""
    found = iter(panel.score([text for each in asked for text in each.sound]))
    scores = [[next(found) for _ in each.sound] for each in asked]
    all_voices, all_topics = (
        [[getattr(score, name) for score in row] for row in scores] for name in ("voice", "topic")
    )
    untuned_voice, untuned_topic = untuned_averages(asked, all_voices), untuned_averages(asked, all_topics)
    scored: dict[str, list[tuple[ScoredAnswer, ...]]] = {}
    for each, own_voices, own_topics in zip(asked, all_voices, all_topics, strict=True):
        voices = each.filled(own_voices, untuned_voice.get(each.untuned))
        topics = each.filled(own_topics, untuned_topic.get(each.untuned))
        answers = tuple(
            ScoredAnswer(
                prompt_id=answer.prompt_id,
                sample=answer.sample,
                voice=voice,
                topic=topic,
                why_not=reason,
                training=each.training,
            )
            for answer, voice, topic, reason in zip(each.answers, voices, topics, each.why_not, strict=True)
        )
        scored.setdefault(each.model, []).append(answers)
    return scored


def _voices(answers: Iterable[ScoredAnswer]) -> dict[Answer, float]:
    return {(each.prompt_id, each.sample): each.voice for each in answers if each.voice is not None}


def _topics(answers: Iterable[ScoredAnswer]) -> dict[Answer, float]:
    return {(each.prompt_id, each.sample): each.topic for each in answers if each.topic is not None}


def _mean(trainings: Sequence[Mapping[Answer, float]]) -> float:
    values = [value for scores in trainings for value in scores.values()]
    return float(np.mean(values)) if values else 0.0


def _difference(scores: Mapping[str, Sequence[Mapping[Answer, float]]], one: str, other: str) -> Interval | None:
    """None for too few prompts."""
    table = Table([scores[one], scores[other]])
    return apart(table.rows(scores[one]), table.rows(scores[other])) if table.enough else None
