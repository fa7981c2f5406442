"""Essays as the engine takes them: ids with the model's end-of-text, read from the mapped file one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, overload

from ownvoice.engine.load import LoadedModel
from ownvoice.errors import ModelUnavailable
from ownvoice.worker.examples import Example, MappedExamples
from ownvoice.worker.messages import Examples


class Tokens(NamedTuple):
    """One example as ids; the first `untaught` of them carry no loss."""

    ids: list[int]
    untaught: int

    @property
    def taught(self) -> int:
        return len(self.ids) - self.untaught


class NamedEssay(NamedTuple):
    """One example as ids, with its pair's id and the length of the essay's text."""

    id: str
    tokens: Tokens
    characters: int


class TaughtEssays(Sequence[Tokens]):
    """The essays of a file, each with end-of-text; nothing of them is kept in memory."""

    def __init__(self, loaded: LoadedModel, examples: Examples, loss_on: Literal["essay", "all"]) -> None:
        """Raises ModelUnavailable as `examples_for`."""
        self._examples = examples_for(loaded, examples)
        self._end: int = loaded.tokenizer.eos_token_id
        self._loss_on = loss_on

    def __len__(self) -> int:
        return len(self._examples)

    @overload
    def __getitem__(self, place: int) -> Tokens: ...
    @overload
    def __getitem__(self, place: slice) -> list[Tokens]: ...
    def __getitem__(self, place: int | slice) -> Tokens | list[Tokens]:
        if isinstance(place, slice):
            return [self._tokens(example) for example in self._examples[place]]
        return self._tokens(self._examples[place])

    def named(self) -> Iterator[NamedEssay]:
        return (NamedEssay(each.id, self._tokens(each), len(each.essay)) for each in self._examples)

    def _tokens(self, example: Example) -> Tokens:
        # The first token has nothing before it to be predicted from, so it is never taught.
        untaught = example.prompt_tokens if self._loss_on == "essay" else 1
        return Tokens([*example.input_ids, self._end], max(untaught, 1))


def examples_for(loaded: LoadedModel, examples: Examples) -> MappedExamples:
    """The rows of a file that was tokenised without the model: its tokenizer must read the first of them alike.

    Raises:
        ModelUnavailable: it reads otherwise than tokenizer.json says, and every token count so far was wrong.
    """
    mapped = MappedExamples(examples)
    if mapped:
        first = mapped[0]
        if [*loaded.encode(first.formatted_prompt), *loaded.encode(first.essay)] != first.input_ids:
            raise ModelUnavailable(
                f"the model's tokenizer reads the essay {first.id!r} otherwise than its tokenizer.json does",
                "a tokenizer whose tokenizer_config.json changes nothing in tokenizer.json",
                "save it once more with tokenizer.save_pretrained(folder)",
            )
    return mapped
