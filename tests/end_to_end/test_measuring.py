"""The real worker on tiny models: likelihoods beside the validation loss, and the prefix probe on what was memorised."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from ownvoice.errors import NonFiniteLoss
from ownvoice.models.prompt_format import load_token_counter
from ownvoice.paths import ROOT
from ownvoice.records.answers import Likelihoods, PrefixMatches
from ownvoice.voice.likelihood import BLOCK_TOKENS
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import LikelihoodRequest, PrefixRequest
from tests.end_to_end.test_worker import ask, silent, train
from tests.end_to_end.tiny_requests import HELD_OUT, TRAIN, request_to_train
from tests.example_files import Text, examples_of

CONTROL = (Text("c", "Write.\n---\nTopic c\n\n", "They moved poetry to the basement. " * 9),)
MEMORISED, UNSEEN = (
    Text(name, "Write.\n---\nA topic\n\n", text.partition("\n---\n")[2].strip()[:900])
    for name in ("05-dinner-party", "08-airport-wait")
    for text in [(ROOT / f"data/sample_author/pairs/{name}.md").read_text("utf-8")]
)


def measure(
    worker: Worker,
    folder: Path,
    weights: str | None = None,
    own: tuple[Text, ...] = HELD_OUT,
) -> Likelihoods:
    request = LikelihoodRequest(
        model_folder=str(folder),
        weights=weights,
        own=examples_of(folder, *own),
        control=examples_of(folder, *CONTROL),
    )
    result = worker.call(request, silent)
    assert isinstance(result, Likelihoods)
    return result


def probe(worker: Worker, folder: Path, examples: tuple[Text, ...], weights: str | None = None) -> PrefixMatches:
    request = PrefixRequest(model_folder=str(folder), weights=weights, examples=examples_of(folder, *examples))
    result = worker.call(request, silent)
    assert isinstance(result, PrefixMatches)
    return result


@pytest.mark.parametrize("method", ["full", "lora"])
@pytest.mark.parametrize("tiny", ["tiny_llama", "tiny_gpt2"])
def test_likelihoods_are_the_validation_losses_before_and_after(
    tiny: str, method: str, worker: Worker, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder: Path = request.getfixturevalue(tiny)
    trained = train(worker, folder, tmp_path / "w" / "model.safetensors", method)
    for weights, loss in ((trained.weights.path, trained.losses[-1]), (None, trained.losses[0])):
        (essay,) = measure(worker, folder, weights).own
        assert essay.nats / essay.tokens == pytest.approx(loss.validation, abs=1e-5)


def test_a_training_that_taught_the_prompt_as_well_is_measured_on_the_essay(
    worker: Worker, tiny_llama: Path, tmp_path: Path
) -> None:
    trained = train(worker, tiny_llama, tmp_path / "w" / "model.safetensors", loss_on="all", learning_rate=0.0)
    (essay,) = measure(worker, tiny_llama, trained.weights.path).own
    assert abs(essay.nats / essay.tokens - trained.losses[0].validation) > 1e-3


@pytest.mark.parametrize("tiny", ["tiny_llama", "tiny_gpt2"])
def test_an_essay_is_as_likely_as_the_models_own_logits_say(
    tiny: str, worker: Worker, request: pytest.FixtureRequest
) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    folder: Path = request.getfixturevalue(tiny)
    measured = measure(worker, folder)
    assert measured.control[0].characters == len(CONTROL[0].completion)
    for each in (*measured.own, *measured.control):
        assert len(each.block_nats) == math.ceil(each.tokens / BLOCK_TOKENS)
        assert sum(each.block_nats) == pytest.approx(each.nats)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    prompt, essay = load_token_counter(folder).encode_all((HELD_OUT[0].prompt, HELD_OUT[0].completion))
    ids = torch.tensor([[*prompt, *essay, model.config.eos_token_id]])
    with torch.no_grad():
        logits = model(ids).logits[0, :-1]
    nats = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="none")[len(prompt) - 1 :]
    assert measured.own[0].nats == pytest.approx(nats.sum().item(), rel=1e-3)
    assert [essay.id for essay in measured.control] == ["c"]


def test_a_model_whose_weights_are_no_numbers_is_refused(worker: Worker, tiny_llama: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    broken = tmp_path / "broken"
    broken.mkdir()
    for file in tiny_llama.iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    tensors = load_file(broken / "model.safetensors")
    tensors["model.norm.weight"][0] = float("nan")
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(NonFiniteLoss, match="the loss on the essay 'v' is nan"):
        measure(worker, broken)


def test_the_prefix_probe_finds_an_essay_that_was_learned_by_heart_and_not_another(
    worker: Worker, tiny_llama: Path, tmp_path: Path
) -> None:
    learning = request_to_train(tiny_llama, tmp_path / "w" / "model.safetensors", learning_rate=3e-3, epochs=150)
    trained = worker.call(learning.model_copy(update={"train": examples_of(tiny_llama, MEMORISED)}), silent)
    tuned = probe(worker, tiny_llama, (MEMORISED, UNSEEN), trained.weights.path)  # type: ignore[union-attr]
    baseline = probe(worker, tiny_llama, (MEMORISED, UNSEEN))
    learned, unseen = tuned.matches
    assert learned.tokens_from_start == learned.verbatim_tokens == learned.compared_tokens == 64
    assert learned.text in MEMORISED.completion
    assert unseen.verbatim_tokens < 20
    assert max(match.verbatim_tokens for match in baseline.matches) < 4


def test_a_match_is_the_same_alone_and_in_a_batch(worker: Worker, tiny_gpt2: Path, tmp_path: Path) -> None:
    learning = request_to_train(tiny_gpt2, tmp_path / "w" / "model.safetensors", learning_rate=3e-3, epochs=60)
    trained = worker.call(learning.model_copy(update={"train": examples_of(tiny_gpt2, MEMORISED)}), silent)
    weights: str = trained.weights.path  # type: ignore[union-attr]
    together = probe(worker, tiny_gpt2, (MEMORISED, UNSEEN), weights).matches
    assert together == tuple(probe(worker, tiny_gpt2, (each,), weights).matches[0] for each in (MEMORISED, UNSEEN))


def test_an_essay_that_is_too_short_is_not_probed(worker: Worker, tiny_llama: Path) -> None:
    short = Text("s", "Write.\n", "Nobody came.")
    assert probe(worker, tiny_llama, (short,)).matches == ()
    assert [match.id for match in probe(worker, tiny_llama, (short, *TRAIN[:1])).matches] == ["0"]
    assert ask(worker, tiny_llama).outputs
