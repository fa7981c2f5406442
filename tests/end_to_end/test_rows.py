"""Answers are those of the model asked by itself, whatever is asked beside them and however much prompts share."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from ownvoice.config import DecodingConfig
from ownvoice.engine import rows
from ownvoice.engine.device import Arithmetic
from ownvoice.engine.generate import generate_outputs
from ownvoice.engine.load import LoadedModel, load_model
from ownvoice.engine.products import answering_dtype, packed_products
from ownvoice.engine.rows import continue_rows, likeliest, read_shared, tokens_shared
from ownvoice.engine.rows_cache import RowsCache, attending
from ownvoice.worker.messages import GenerateRequest, PromptText
from tests.end_to_end.test_worker import silent
from tests.end_to_end.tiny_models import save_tiny_gemma, save_tiny_gpt2, save_tiny_llama

ABOVE = "My mother kept the spoons in a drawer beneath the kettle. " * 22
NEW_TOKENS = 24


MODELS = pytest.mark.parametrize(
    "save", [save_tiny_llama, save_tiny_gpt2, save_tiny_gemma], ids=["llama", "gpt2", "gemma"]
)
ARITHMETICS = [Arithmetic(None, "fp32"), Arithmetic(torch.bfloat16, "bf16 where the processor has it")]


@pytest.fixture
def loaded(save: Callable[[Path], Path], tmp_path: Path) -> LoadedModel:
    return load_model(str(save(tmp_path)), torch.device("cpu"))


def asked(lengths: range, above: str = ABOVE) -> GenerateRequest:
    prompts = tuple(
        PromptText(prompt_id=f"p{n}", sample=sample, text=f"{above}Topic {'about the thing ' * n}{n}")
        for n in lengths
        for sample in (0, 1)
    )
    return GenerateRequest(model_folder="", prompts=prompts, decoding=DecodingConfig(max_new_tokens=NEW_TOKENS))


def answered(loaded: LoadedModel, asked: GenerateRequest, arithmetic: Arithmetic, at_once: int = 32) -> list[str]:
    request = asked.model_copy(update={"answers_at_once": at_once})
    return [output.text for output in generate_outputs(loaded, request, arithmetic, "answers", silent).outputs]


def greedily(loaded: LoadedModel, row: list[int], tokens: int) -> list[int]:
    """By transformers alone: one row, the whole text read anew for each token."""
    ids = list(row)
    for _ in range(tokens):
        ids.append(int(loaded.model(torch.tensor([ids])).logits[0, -1].argmax()))
    return ids[len(row) :]


@MODELS
@pytest.mark.parametrize("above", [ABOVE, ""], ids=["much in common", "nothing in common"])
def test_the_tokens_are_those_of_reading_the_whole_text_anew_for_each(loaded: LoadedModel, above: str) -> None:
    """Past the window of Gemma's layers, and past where the keys and values grow."""
    texts = [loaded.encode(prompt.text) for prompt in asked(range(0, 9, 4), above).prompts]
    tokens = 12 if above else 80
    assert (tokens_shared(texts) > 500) == bool(above)
    with torch.inference_mode():
        shared = read_shared(loaded, texts, torch.float32)
        new = continue_rows(
            loaded, texts, tokens, likeliest, lambda _row, _token: False, width=max(map(len, texts)), shared=shared
        )
        assert new == [greedily(loaded, row, tokens) for row in texts]


@MODELS
def test_a_row_that_has_ended_is_left_and_the_others_go_on_as_before(loaded: LoadedModel) -> None:
    texts = [loaded.encode(prompt.text) for prompt in asked(range(6), "").prompts]
    stops, width = {row: 3 + 2 * row for row in range(len(texts))}, max(map(len, texts))
    seen: dict[int, int] = {}

    def has_ended(row: int, _token: int) -> bool:
        seen[row] = seen.get(row, 0) + 1
        return seen[row] == stops[row]

    with torch.inference_mode():
        whole = continue_rows(loaded, texts, 40, likeliest, lambda _row, _token: False, width=width)
        new = continue_rows(loaded, texts, 40, likeliest, has_ended, width=width)
    assert new == [tokens[: stops[row]] for row, tokens in enumerate(whole)]
    assert seen == stops


@MODELS
@pytest.mark.parametrize("arithmetic", ARITHMETICS, ids=["fp32", "bf16"])
@pytest.mark.parametrize("above", [ABOVE, ""], ids=["much in common", "nothing in common"])
def test_an_answer_is_the_same_at_any_number_at_once(loaded: LoadedModel, arithmetic: Arithmetic, above: str) -> None:
    request = asked(range(4), above)
    together = answered(loaded, request, arithmetic)
    assert len(set(together)) == len(together)
    assert together == answered(loaded, request, arithmetic, at_once=3)
    assert together == answered(loaded, request, arithmetic, at_once=1)


@MODELS
@pytest.mark.parametrize("arithmetic", ARITHMETICS, ids=["fp32", "bf16"])
@pytest.mark.parametrize("above", [ABOVE, ""], ids=["much in common", "nothing in common"])
def test_scores_are_the_same_to_the_bit_at_any_number_at_once(
    loaded: LoadedModel, arithmetic: Arithmetic, above: str
) -> None:
    texts = [loaded.encode(prompt.text) for prompt in asked(range(5), above).prompts]
    dtype, width = answering_dtype(loaded.device, arithmetic), max(map(len, texts))

    def scores_of(rows: list[list[int]]) -> torch.Tensor:
        seen: list[torch.Tensor] = []

        def choose(scores: torch.Tensor, _rows: Sequence[int], _step: int) -> torch.Tensor:
            seen.append(scores)
            return scores.argmax(-1)

        continue_rows(loaded, rows, 4, choose, lambda _row, _token: False, width=width, dtype=dtype, shared=shared)
        return torch.stack(seen, dim=1)

    with packed_products(loaded, dtype, chosen_from=1), torch.inference_mode():
        shared = read_shared(loaded, texts, dtype)
        together = scores_of(texts)
        for number in (1, 2, 3, 4, 7):
            assert torch.equal(scores_of(texts[:number]), together[:number]), number


def test_what_all_prompts_begin_with_is_read_once_in_however_many_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, read = load_model(str(save_tiny_llama(tmp_path)), torch.device("cpu")), list[int]()
    whole = RowsCache.read

    def counted(cache: RowsCache, loaded: LoadedModel, ids: list[int], row: int | None) -> torch.Tensor:
        read.append(len(ids))
        return whole(cache, loaded, ids, row)

    monkeypatch.setattr(RowsCache, "read", counted)
    answered(loaded, asked(range(4)), ARITHMETICS[0], at_once=3)
    assert len([tokens for tokens in read if tokens > 500]) == 1


@MODELS
def test_a_model_that_is_not_known_is_asked_by_transformers(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked(range(3), "")
    known = answered(loaded, request, ARITHMETICS[0])
    monkeypatch.setattr(rows, "MODELS", frozenset())
    assert known == answered(loaded, request, ARITHMETICS[0])


def test_keys_and_values_are_gone_with_the_last_answer(tmp_path: Path) -> None:
    """At once, not when Python next looks for circles."""
    loaded = load_model(str(save_tiny_llama(tmp_path)), torch.device("cpu"))
    gc.disable()
    try:
        with torch.inference_mode():
            cache = RowsCache(loaded.model.config, 1, torch.float32)
            with attending(loaded.model, cache):
                cache.make_room(3)
                cache.read(loaded, [5, 6, 7], row=0)
                kept = [weakref.ref(layer.keys) for layer in cache.layers]
                assert all(keys() is not None for keys in kept)
            del cache
        assert kept
        assert all(keys() is None for keys in kept)
    finally:
        gc.enable()


def test_what_is_short_or_asked_once_is_not_shared() -> None:
    long = list(range(300))
    assert tokens_shared([]) == tokens_shared([long]) == 0
    assert tokens_shared([[1, 2], [1, 3]]) == tokens_shared([long, [1, 2]]) == 0
    assert tokens_shared([[*long, 1], [*long, 2]]) == 300
    assert tokens_shared([long, long]) == 299
