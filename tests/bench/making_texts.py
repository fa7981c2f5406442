"""Writes data/making/assistant.jsonl and documents.jsonl: `python -m tests.bench.making_texts`.

What an assistant is made with (`ownvoice.models.making`): SmolLM2's replies to data/making/prompts.toml, and its
continuations of the openings there. One small model wrote both, with the same decoding, so that they differ in kind alone.
What was cut off ends at its last whole sentence; what has none is left out, and both kinds have as many words. What the
small model says is often wrong: the texts teach a manner and no facts. About 10 minutes on 2 cores. The files are part
of the project: another processor may draw other words, and a model that is made of them is another model.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from ownvoice.config import DecodingConfig
from ownvoice.files import write_atomically
from ownvoice.models.making import FOLDER, MakingText
from ownvoice.models.prepare import prepare_model
from ownvoice.models.prompt_format import format_turns, load_prompt_format
from ownvoice.records.answers import Outputs
from ownvoice.records.essays import Split
from ownvoice.worker.client import Worker
from ownvoice.worker.messages import GenerateRequest, Progress, PromptText

DECODING = DecodingConfig(max_new_tokens=170, samples_per_probe=1, temperature=0.7, top_k=50, top_p=0.95, seed=7)
FEWEST_WORDS = 12
SENTENCES = re.compile(r".*[.!?:][\"')\]]*(?=\s|$)", re.DOTALL)


def main() -> None:
    most_words = 10**9
    prompts = tomllib.loads((FOLDER / "prompts.toml").read_text("utf-8"))
    with Worker() as worker:
        info = prepare_model("smollm2-135m", None, silent)
        turns = load_prompt_format(Path(info.folder), "instruct")
        for kind in ("assistant", "documents"):
            asked: dict[str, tuple[Split, str]] = {
                f"{kind}-{split}-{number:03}": (split, text)
                for split, name in _splits(kind)
                for number, text in enumerate(prompts[name], start=1)
            }
            shown = {
                id_: format_turns(turns, [{"role": "user", "content": text}]) if kind == "assistant" else text
                for id_, (_, text) in asked.items()
            }
            request = GenerateRequest(
                model_folder=info.folder,
                prompts=tuple(PromptText(prompt_id=id_, sample=0, text=text) for id_, text in shown.items()),
                decoding=DECODING,
                answers_at_once=64,
            )
            outputs = worker.call(request, lambda progress: print(progress.in_words(), flush=True))
            assert isinstance(outputs, Outputs)
            written = list(_as_many_words(_texts(kind, asked, outputs), most_words))
            lines = "".join(each.model_dump_json() + "\n" for each in written)
            write_atomically(FOLDER / f"{kind}.jsonl", lines)
            print(
                f"{kind}: {len(written)} of {len(asked)} texts, {sum(len(each.text.split()) for each in written)} words"
            )


def _splits(kind: str) -> tuple[tuple[Split, str], ...]:
    return (("train", kind), ("validation", f"{kind}_held_out"))


def _texts(kind: str, asked: dict[str, tuple[Split, str]], outputs: Outputs) -> Iterator[MakingText]:
    for output in outputs.outputs:
        split, prompt = asked[output.prompt_id]
        text = output.text if kind == "assistant" else f"{prompt.rstrip()} {output.text.lstrip()}"
        whole = _whole(text) if output.cut_off else text.strip()
        if len(whole.split()) >= FEWEST_WORDS:
            yield MakingText(id=output.prompt_id, asked=prompt if kind == "assistant" else "", text=whole, split=split)


def _as_many_words(texts: Iterable[MakingText], most: int) -> Iterator[MakingText]:
    """Of those to train on only the first, so that both kinds have as many words."""
    words = 0
    for text in texts:
        if text.split == "train":
            if words >= most:
                continue
            words += len(text.text.split())
        yield text


def _whole(text: str) -> str:
    found = SENTENCES.match(text)
    return found[0].strip() if found else ""


def silent(progress: Progress) -> None:
    pass


if __name__ == "__main__":
    main()
