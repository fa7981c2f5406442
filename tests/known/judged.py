"""Judges every author for every model of `tests/known/trainings.py`: `python -m tests.known.judged PAIRS [--texts FILE]`.

An author's own model is a true move, every other model is a null: nothing of hers was trained on. Each verdict has one other
author's model as its placebo, so n authors give n (n-1) true verdicts and n (n-1) (n-2) nulls. With --texts writers of the
background are judged as well, who are nulls for every model; their held-out essays were not measured, so that the
likelihood is missing. With --untuned SEED ... the untuned model's answers of other decoding seeds are judged in the place of
a tuned model's, each beside an author's model. Several --seeds are one verdict over their trainings. What every verdict
rests on is kept in tests/known/judged, a file a set of seeds, so that a changed rule is checked in seconds
(`make known-answers`). Takes 10 s an author and training.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ownvoice.essays.check import read_pairs
from ownvoice.frozen import Frozen
from ownvoice.paths import NEUTRAL_PROMPTS, ROOT
from ownvoice.records.answers import Outputs
from ownvoice.records.run import Machine
from ownvoice.voice.asked import BASELINE
from ownvoice.voice.copying import measure_memorisation
from ownvoice.voice.corpus import read_writings
from ownvoice.voice.examine import measure_likelier
from ownvoice.voice.library import Library, open_library
from ownvoice.voice.likelihood import EssayLikelihood, Likelier
from ownvoice.voice.material import Material, ModelTexts, Placebo
from ownvoice.voice.measure import Axis
from ownvoice.voice.results import AnswerText, Essay, VoiceFigures
from ownvoice.voice.verdict import Found
from tests.known.trainings import AGAIN, CELLS, SEEDS, TRAIN, Cell

JUDGED = ROOT / "tests" / "known" / "judged"
IN_BACKGROUND = 20
UNTUNED = "untuned"
DIGITS = 4


class Row(Frozen):
    """One verdict's evidence."""

    author: str
    trained_on: str
    placebo: str
    in_background: bool
    trainings: int
    found: Found
    unseen: float | None
    """Tuned - baseline against the essays that were not trained on."""
    copied_share: float

    @property
    def is_true(self) -> bool:
        return self.author == self.trained_on


class Judged(Frozen):
    commit: str
    """Of the trainings."""
    model: str
    machine: Machine
    date: str
    authors: tuple[str, ...]
    seeds: tuple[int, ...]
    rows: tuple[Row, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path, help="the folder with what was trained on, a file an author")
    parser.add_argument("--texts", type=Path, help="texts of the background's writers, .jsonl")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS)
    parser.add_argument(
        "--untuned", type=int, nargs="*", default=[], help="decoding seeds: judge these answers instead"
    )
    parser.add_argument("--date", required=True, help="of the trainings")
    options = parser.parse_args()
    cells = Cells(options.pairs, tuple(options.seeds))
    library = open_library()
    if options.untuned:
        rows = [row for author in cells.authors for row in cells.judge_untuned(author, options.untuned, library)]
    else:
        rows = [row for author in cells.authors for row in cells.judge(author, library)]
        for name, essays in in_background(library, options.texts) if options.texts else ():
            rows += cells.judge_stranger(name, essays, library)
    first = cells.cell(cells.authors[0], options.seeds[0])
    judged = Judged(
        commit=first.commit,
        model=first.model,
        machine=first.machine,
        date=options.date,
        authors=cells.authors,
        seeds=tuple(options.seeds),
        rows=tuple(rows),
    )
    name = UNTUNED if options.untuned else "-".join(map(str, options.seeds))
    file = JUDGED / f"{name}.json.gz"
    file.write_bytes(gzip.compress(json.dumps(_rounded(judged.model_dump(mode="json"))).encode(), mtime=0))
    print(f"{len(rows)} verdicts' evidence in {file.relative_to(ROOT)}")


def _rounded(value: Any) -> Any:
    """More digits than any rule looks at would be three quarters of the files."""
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list) else value


def in_background(library: Library, texts: Path) -> Iterator[tuple[str, tuple[Essay, ...]]]:
    """Some of the library's writers, from all over it, with their texts as essays."""
    by_author: dict[str, list[str]] = {}
    for writing in read_writings(texts).texts:
        by_author.setdefault(writing.author, []).append(writing.text)
    names = [name for name in library.authors if name in by_author]
    for name in names[:: max(1, len(names) // IN_BACKGROUND)][:IN_BACKGROUND]:
        essays = by_author[name][: TRAIN + 3]
        yield name, tuple(Essay(id=f"{name}-{place}", text=text) for place, text in enumerate(essays))


class Cells:
    """The models' answers, and the essays that they were trained on."""

    def __init__(self, pairs: Path, seeds: tuple[int, ...]) -> None:
        self._pairs, self._seeds = pairs, seeds
        names = sorted(path.stem for path in pairs.glob("*.jsonl"))
        self.authors = tuple(name for name in names if all(self._file(name, seed).exists() for seed in seeds))

    @cache  # noqa: B019 - one object, which lives as long as the program
    def cell(self, name: str, seed: int) -> Cell:
        return Cell.model_validate_json(gzip.decompress(self._file(name, seed).read_bytes()))

    def _again(self, seed: int) -> Outputs:
        return Outputs.model_validate_json(gzip.decompress(self._file(AGAIN, seed).read_bytes()))

    @cache  # noqa: B019 - as above
    def essays(self, author: str) -> tuple[Essay, ...]:
        pairs = read_pairs(self._pairs / f"{author}.jsonl")
        return tuple(Essay(id=pair.id, text=pair.essay) for pair in pairs)

    def judge(self, author: str, library: Library) -> Iterator[Row]:
        essays = self.essays(author)
        axis = self._axis(author, essays, library)
        for trained_on in self.authors:
            for placebo in self.authors:
                if placebo not in (author, trained_on):
                    material = self._material(author, trained_on, placebo)
                    found = measure_memorisation(
                        material.training,
                        material.held_out,
                        material.baseline.all,
                        [answer for model in material.tuned for answer in model.all],
                        [match for model in material.tuned for match in model.prefixes],
                        material.baseline.prefixes,
                    )
                    recites = found.reason if author == trained_on and found.level == "fail" else None
                    figures = axis.figures(trained_on, (placebo,))
                    yield self._row(author, trained_on, placebo, figures, measure_likelier(material), recites)

    def judge_stranger(self, name: str, essays: tuple[Essay, ...], library: Library) -> Iterator[Row]:
        """A writer of the background, on whom no model was trained."""
        axis = self._axis(name, essays, library)
        for trained_on in self.authors:
            for placebo in self.authors:
                if placebo != trained_on:
                    yield self._row(name, trained_on, placebo, axis.figures(trained_on, (placebo,)), Likelier(), None)

    def judge_untuned(self, author: str, decoding_seeds: Sequence[int], library: Library) -> Iterator[Row]:
        """The untuned model against itself, drawn otherwise; every time beside another author's model."""
        again = {f"{UNTUNED} {seed}": (self._texts(AGAIN, seed, author, ()),) for seed in decoding_seeds}
        axis = self._axis(author, self.essays(author), library, again)
        others = [name for name in self.authors if name != author]
        for place, name in enumerate(again):
            placebo = others[place % len(others)]
            material = self._material(author, author, placebo)
            likelier = measure_likelier(material.model_copy(update={"tuned": (material.baseline,)}))
            yield self._row(author, name, placebo, axis.figures(name, (placebo,)), likelier, None)

    def _axis(
        self,
        author: str,
        essays: tuple[Essay, ...],
        library: Library,
        further: Mapping[str, tuple[ModelTexts, ...]] = MappingProxyType({}),
    ) -> Axis:
        models = {name: self._models(name, author, ()) for name in self.authors}
        material = Material(
            essays=essays,
            training=essays[:TRAIN],
            held_out=essays[TRAIN:],
            baseline=self._texts(BASELINE, 0, author, ()),
            tuned=models[self.authors[0]],
            facts=(),
        )
        others = {name: self.essays(name)[:TRAIN] for name in self.authors if name != author}
        return Axis(material, {BASELINE: (material.baseline,), **models, **further}, others, library)

    def _material(self, author: str, trained_on: str, placebo: str) -> Material:
        """Third authors are all but these."""
        known = tuple({trained_on, placebo} - {author})
        essays = self.essays(author)
        return Material(
            essays=essays,
            training=essays[:TRAIN],
            held_out=essays[TRAIN:],
            baseline=self._texts(BASELINE, 0, author, known),
            tuned=self._models(trained_on, author, known),
            placebos=(Placebo(writer=placebo, models=self._models(placebo, author, known)),),
            facts=(),
        )

    def _row(
        self,
        author: str,
        trained_on: str,
        placebo: str,
        figures: VoiceFigures,
        likelier: Likelier,
        memorised: str | None,
    ) -> Row:
        found = Found(
            unchanged=False,
            distances=figures.distances,
            against=figures.against,
            rank=figures.rank,
            likelier=likelier,
            topic=figures.topic,
            no_prose=figures.no_prose,
            memorised=memorised,
        )
        return Row(
            author=author,
            trained_on=trained_on,
            placebo=placebo,
            in_background=author not in self.authors,
            trainings=len(self._seeds),
            found=found,
            unseen=figures.unseen.mean if figures.unseen else None,
            copied_share=figures.copied_share,
        )

    def _models(self, name: str, author: str, known: Sequence[str]) -> tuple[ModelTexts, ...]:
        return tuple(self._texts(name, seed, author, known) for seed in self._seeds)

    def _texts(self, name: str, seed: int, author: str, known: Sequence[str]) -> ModelTexts:
        """`known` are authors whose held-out essays are no third authors'."""
        topics = topics_by_id()
        if name == AGAIN:
            outputs, cell = self._again(seed), self.cell(BASELINE, 0)
        else:
            cell = self.cell(name, seed)
            outputs = cell.outputs
        answers = [
            AnswerText(prompt_id=each.prompt_id, sample=each.sample, topic=topics[each.prompt_id][0], text=each.text)
            for each in outputs.outputs
        ]
        measured = [(each.id.rpartition("-")[0], self._with_characters(each)) for each in cell.likelihoods.control]
        return ModelTexts(
            canaries=tuple(answer for answer in answers if topics[answer.prompt_id][1]),
            probes=tuple(answer for answer in answers if not topics[answer.prompt_id][1]),
            prefixes=tuple(match for match in cell.prefixes.matches if match.id.rpartition("-")[0] == author),
            own=tuple(each for of, each in measured if of == author),
            others=tuple(each for of, each in measured if of not in (author, *known)),
        )

    def _with_characters(self, measured: EssayLikelihood) -> EssayLikelihood:
        essays = self.essays(measured.id.rpartition("-")[0])
        text = next(essay.text for essay in essays if essay.id == measured.id)
        return measured.model_copy(update={"characters": len(text)})

    def _file(self, name: str, seed: int) -> Path:
        return CELLS / f"{name}-{seed}.json.gz"


@cache
def topics_by_id() -> dict[str, tuple[str, bool]]:
    """Topic of each prompt, and whether it is a canary."""
    prompts = tomllib.loads(NEUTRAL_PROMPTS.read_text("utf-8"))
    return {each["id"]: (each["topic"], kind == "canary") for kind in ("canary", "probe") for each in prompts[kind]}


if __name__ == "__main__":
    main()
