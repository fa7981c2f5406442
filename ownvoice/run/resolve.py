"""From a config, checked essays and a model on this disk to the plan of the run. Nothing after it reads the config.

It knows no torch, no Prefect and no clock: the same inputs give the same plan. A step's key holds only what the step
reads: a new learning rate leaves the baseline's answers cached, a pair that isn't used leaves the training cached.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from ownvoice.analysis.inputs import Known
from ownvoice.config import ExperimentConfig
from ownvoice.errors import PairsError
from ownvoice.essays.dataset import examples_fingerprint
from ownvoice.files import FileStamp
from ownvoice.ladder import Method
from ownvoice.memory.demand import Answering, Demand, EssaySizes, answering, sizes_of
from ownvoice.models.known import find_known
from ownvoice.models.prepare import shape_of
from ownvoice.models.prompt_format import (
    asked_prompts,
    load_prompt_format,
    prompt_texts,
    reading_of,
    shown_prompt,
    that_fit,
)
from ownvoice.models.shape import ModelShape
from ownvoice.paths import resolve as resolve_path
from ownvoice.paths import weights_path
from ownvoice.records.essays import Canary, CheckedOthers, CheckedPairs, DataSummary, Pair, Probe, Split
from ownvoice.records.model import Kind, ModelInfo
from ownvoice.records.run import Experiment
from ownvoice.run.cache_keys import backend_code, background_hash, cache_key, looks_code, model_hash
from ownvoice.run.plan import PROMPTED, Judgement, PlannedPlacebo, Question, RunPlan, Seeded, Step, Training
from ownvoice.settings import flat, settings_in_words
from ownvoice.worker.messages import (
    Examples,
    GenerateRequest,
    LikelihoodRequest,
    Looks,
    PrefixRequest,
    TrainRequest,
    placeless,
)

# What is saved beside the weights: config, tokenizer and chat template.
SAVED_BESIDE = frozenset({".json", ".jinja", ".txt", ".model"})
QUESTIONS = {"generate": "answers to the canaries", "likelihood": "likelihood", "prefixes": "prefix probe"}
Asked = GenerateRequest | LikelihoodRequest | PrefixRequest


class Prepared(NamedTuple):
    """What a run begins with: the model on this disk, the essays without a mistake."""

    model: ModelInfo
    essays: CheckedPairs
    others: CheckedOthers
    """Other writers' essays; empty where the config names none."""


def resolve(config: ExperimentConfig, key: str, prepared: Prepared) -> RunPlan:
    """The plan of a run; `key` is its experiment's (`experiment_key`)."""
    model, rows = prepared.model, _Rows(config, prepared)
    return RunPlan(
        experiment=experiment_of(config, key, model.kind),
        model=model,
        data=_summary(prepared.essays),
        tuned=rows.tuned,
        placebos=rows.placebos,
        prompted_with=tuple(pair.id for pair in rows.examples),
        steps=rows.all(),
    )


def experiment_of(config: ExperimentConfig, key: str, kind: Kind) -> Experiment:
    """What a run is of; its model's kind tells how a topic is shown."""
    return Experiment(
        key=key,
        config=config,
        phase=config.phase,
        model_name=config.model,
        settings=settings_in_words(flat(config.model_dump(mode="json")), method_of(config)),
        prompt=shown_prompt(kind, config.prompt.instruction),
    )


def method_of(config: ExperimentConfig) -> Method:
    """The config's method, or the known model's own, or full fine-tuning."""
    known = find_known(config.model)
    return config.training.method or (known.method if known else "full")


def demand_of(
    config: ExperimentConfig, shape: ModelShape, essays: EssaySizes, asked: Answering | None, side_bytes: int = 0
) -> Demand:
    """What a training of the experiment asks of a machine."""
    method, adapter = method_of(config), config.training.lora
    return Demand(
        shape=shape,
        method=method,
        allow=config.memory.allow,
        batch=min(config.training.batch_size, essays.train_essays),
        epochs=config.training.epochs,
        lora_rank=adapter.rank,
        drops=method == "lora" and adapter.dropout > 0,
        essays=essays,
        asked=asked,
        side_bytes=side_bytes,
        keeps_best=config.training.keep == "best",
        backend=config.engine.backend,
        processes=config.engine.processes,
    )


def answers_asked(
    config: ExperimentConfig, canaries: tuple[Canary, ...], probes: tuple[Probe, ...], kind: str
) -> Answering | None:
    """How many answers, and how long, as far as words tell it. None where nothing is asked."""
    asked = asked_prompts(canaries, probes, kind, config.decoding.samples_per_probe)
    texts = [f"{config.prompt.instruction} {each.topic}" for each in asked]
    return answering(texts, config.decoding.max_new_tokens)


class _Names(NamedTuple):
    """How the rows of a writer's models are called."""

    model: str
    training: str
    question: str
    """Stands before what is asked."""


OWN = _Names("tuned", "Fine-tune", "Tuned")
PLACEBO = _Names("placebo", "Placebo: fine-tune", "Placebo:")


class _Rows:
    """Makes the rows; all models are asked in the same words, and only their weights differ."""

    def __init__(self, config: ExperimentConfig, prepared: Prepared) -> None:
        self._config, (self._model, self._own, self._others) = config, prepared
        self._folder = self._model.folder
        self._format = load_prompt_format(Path(self._folder), self._model.kind)
        self._model_hash = model_hash(self._model)
        self.tuned = self._seeded(OWN)
        self.examples = self._examples_before_topics() if config.prompted else ()
        self.placebos = tuple(
            PlannedPlacebo(writer=each.writer, checked=each.checked, models=self._seeded(self._names_of(each.writer)))
            for each in self._others.placebos
        )

    def all(self) -> tuple[Step, ...]:
        asked: list[Asked] = [self._answers()]
        if self._others.control:
            asked.append(self._likelihoods())
        prefixes = PrefixRequest(model_folder=self._folder, examples=self._own_examples("train"))
        rows: list[Step] = [self._question("baseline", "Baseline", each) for each in (*asked, prefixes)]
        if self.examples:
            rows.append(self._question(PROMPTED, "Prompted", self._answers(self.examples)))
        rows += self._models(OWN, self.tuned, self._own, (*asked, prefixes))
        for placebo in self.placebos:
            rows += self._models(self._names_of(placebo.writer), placebo.models, placebo.checked, asked)
        return (*rows, self._judgement(tuple(row.id for row in rows)))

    def _names_of(self, writer: str) -> _Names:
        """A writer out of several is named."""
        if not self._config.data.placebos:
            return PLACEBO
        return _Names(f"placebo {writer}", f"Placebo {writer}: fine-tune", f"Placebo {writer}:")

    def _seeded(self, names: _Names) -> tuple[Seeded, ...]:
        first = self._config.training.seed
        return tuple(
            Seeded(model=f"{names.model}{self._of_seed(seed)}", seed=seed)
            for seed in range(first, first + self._config.training.seeds)
        )

    def _of_seed(self, seed: int) -> str:
        """Nothing for the first: what there was before there were several keeps its name."""
        return "" if seed == self._config.training.seed else f", seed {seed}"

    def _models(
        self, names: _Names, models: tuple[Seeded, ...], essays: CheckedPairs, asked: Iterable[Asked]
    ) -> Iterator[Step]:
        """Each seed's training, and what its model is asked; the first seed's memory setting goes for all."""
        for each in models:
            seed, compared = self._of_seed(each.seed), self.tuned[0] if each == models[0] else models[0]
            like = "" if each == compared else compared.training
            yield self._training(each, f"{names.training}{seed}", essays, like)
            for request in asked:
                yield self._question(each.model, names.question, request, each.training, seed)

    def _examples_before_topics(self) -> tuple[Pair, ...]:
        """Those that are trained on, so that asking and training have the same essays to learn from.

        Raises:
            PairsError: none fits.
        """
        config, pairs = self._config, self._own.pair_set
        topics = [prompt.topic for prompt in pairs.prompts]
        trained = sorted(pairs.of("train"), key=lambda pair: (pair.tier, pair.id))
        fit = that_fit(
            reading_of(self._model), config.prompt.instruction, trained, topics, config.decoding.max_new_tokens
        )
        if not fit:
            raise PairsError(
                f"prompted: no essay fits before a topic and {config.decoding.max_new_tokens} tokens of answer",
                f"one of at most about {self._model.context_tokens:,} tokens, the model's context",
                "lower decoding.max_new_tokens, take a model of a longer context, or leave prompted out",
            )
        return fit

    def _answers(self, examples: tuple[Pair, ...] = ()) -> GenerateRequest:
        config = self._config
        prompts = prompt_texts(
            self._format,
            config.prompt.instruction,
            self._own.pair_set,
            self._model.kind,
            config.decoding.samples_per_probe,
            examples,
        )
        return GenerateRequest(model_folder=self._folder, prompts=prompts, decoding=config.decoding)

    def _likelihoods(self) -> LikelihoodRequest:
        return LikelihoodRequest(
            model_folder=self._folder,
            own=self._own_examples("validation"),
            control=self._examples(self._others.control, self._others.files.get("control")),
        )

    def _question(
        self,
        model: str,
        label: str,
        request: Asked,
        weights_of: str = "",
        seed: str = "",
    ) -> Question:
        key = cache_key(request.call, placeless(request), self._model_hash)
        name = f"{label} {QUESTIONS[request.call]}{seed}"
        return Question(name=name, kind=request.call, model=model, request=request, key=key, weights_of=weights_of)

    def _training(self, seeded: Seeded, name: str, essays: CheckedPairs, like: str) -> Training:
        config, pairs, files = self._config, essays.pair_set, essays.files
        looks = self._looks() if seeded == self.tuned[0] else None
        request = TrainRequest(
            model_folder=self._folder,
            method=method_of(config),
            train=self._examples(pairs.of("train"), files.get("train")),
            validation=self._examples(pairs.of("validation"), files.get("validation")),
            # Its own seed alone: how many others there are changes no training, and no key; nor do looks that it doesn't take.
            training=config.training.model_copy(update={"seed": seeded.seed, "seeds": 1, "look_every": 0}),
            weights="",
            looks=looks,
            engine=config.engine,
        )
        code = filter(None, (looks_code() if looks else "", backend_code(config.engine)))
        key = cache_key("train", placeless(request), config.memory, self._model_hash, *code)
        return Training(
            name=name,
            model=seeded.model,
            request=request.model_copy(update={"weights": str(weights_path(key, request.method))}),
            key=key,
            demand=self._demand(essays),
            like=like,
        )

    def _looks(self) -> Looks | None:
        """Of the author's first training; the probes alone, as the canaries are printed of the trained model."""
        every, probes = self._config.training.look_every, {probe.id for probe in self._own.pair_set.probes}
        if not every:
            return None
        prompts = tuple(prompt for prompt in self._answers().prompts if prompt.prompt_id in probes)
        return Looks(every=every, prompts=prompts, decoding=self._config.decoding)

    def _demand(self, essays: CheckedPairs) -> Demand:
        pairs = essays.pair_set
        asked = answers_asked(self._config, pairs.canaries, pairs.probes, self._model.kind)
        beside = sum(file.stat().st_size for file in Path(self._folder).iterdir() if file.suffix in SAVED_BESIDE)
        return demand_of(self._config, shape_of(self._model), sizes_of(essays.figures), asked, beside)

    def _judgement(self, measured: tuple[str, ...]) -> Judgement:
        config, background = self._config, self._config.data.background
        known = Known(
            config=config,
            kind=self._model.kind,
            pair_set=self._own.pair_set,
            author=self._own.author,
            background=str(resolve_path(background)) if background else "",
        )
        return Judgement(
            name="Compare",
            request=known,
            key=cache_key("compare", background_hash(config)),
            measured=measured,
            tuned=self.tuned,
            placebos=self.placebos,
            prompted=bool(self.examples),
        )

    def _own_examples(self, split: Split) -> Examples:
        return self._examples(self._own.pair_set.of(split), self._own.files.get(split))

    def _examples(self, pairs: tuple[Pair, ...], file: FileStamp | None) -> Examples:
        """Without a place where they were not saved: of a plan that is only shown."""
        fingerprint = examples_fingerprint(self._format, self._config.prompt.instruction, pairs)
        return Examples(path=file.path if file else "", fingerprint=fingerprint, rows=len(pairs))


def _summary(checked: CheckedPairs) -> DataSummary:
    pair_set = checked.pair_set
    return DataSummary(
        figures=checked.figures,
        fingerprint=checked.fingerprint,
        notes=checked.notes,
        canaries=pair_set.canaries,
        probes=pair_set.probes,
    )
