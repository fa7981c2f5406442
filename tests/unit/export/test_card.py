"""The model card: figures of the run, no text of an essay or a model, and a head that the hub reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from ownvoice.config import ExperimentConfig, PromptConfig
from ownvoice.export.card import is_memorised, model_card
from ownvoice.export.material import Material
from ownvoice.records.run import RunRecord
from ownvoice.text import runs_of, words_of
from tests.unit.export.test_modelfile import material_in
from tests.unit.records_for_tests import ESSAY, TUNED_PROSE, failed_record_for_tests, record_for_tests


def with_record(material: Material, **changes: Any) -> Material:
    record = record_for_tests(**({"model": material.tuned.info} | changes))
    return material._replace(tuned=material.tuned._replace(record=record))


def head_of(card: str) -> dict[str, Any]:
    """As the hub's own library reads it."""
    head: dict[str, Any] = ModelCard(card).data.to_dict()  # type: ignore[no-untyped-call]
    return head


def memorised(level: str) -> RunRecord:
    record = record_for_tests()
    assert record.analysis is not None
    assert record.analysis.findings is not None
    memory = record.analysis.findings.memorisation.model_copy(update={"level": level, "reason": f"It says: {ESSAY}"})
    verdict = record.analysis.findings.verdict.model_copy(update={"reason": f"It says: {ESSAY}"})
    findings = record.analysis.findings.model_copy(update={"memorisation": memory, "verdict": verdict})
    return record.model_copy(update={"analysis": record.analysis.model_copy(update={"findings": findings})})


def test_the_hub_reads_its_head(tmp_path: Path) -> None:
    assert head_of(model_card(material_in(tmp_path, None))) == {
        "base_model": "HuggingFaceTB/SmolLM2-135M-Instruct",
        "base_model_relation": "finetune",
        "license": "apache-2.0",
        "language": ["en"],
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["ownvoice", "fine-tuned"],
    }


def test_a_folder_of_this_machine_and_the_essays_place_stand_nowhere(tmp_path: Path) -> None:
    material = material_in(tmp_path, None)
    info = material.tuned.info.model_copy(update={"name": "mine", "source": "folder /home/anna/mine"})
    material = material._replace(tuned=material.tuned._replace(info=info))
    settings = {"data.pairs": "/home/anna/essays", "model": "/home/anna/mine", "training.epochs": "3"}
    card = model_card(with_record(material, settings=settings))
    assert "/home/anna" not in card
    assert "| training.epochs | 3 |" in card
    assert "base_model" not in head_of(card)


@pytest.mark.parametrize("level", ["none", "fail"])
def test_no_text_of_an_essay_or_of_a_model_stands_in_it(tmp_path: Path, level: str) -> None:
    material = material_in(tmp_path, None)
    card = model_card(material._replace(tuned=material.tuned._replace(record=memorised(level))))
    told = set(runs_of(words_of(card), 4))
    assert told.isdisjoint(runs_of(words_of(f"{ESSAY}\n{TUNED_PROSE}"), 4))


@pytest.mark.parametrize(
    ("level", "says", "found"),
    [("none", "That is no proof", False), ("warn", "may recite", False), ("fail", "This model recites", True)],
)
def test_it_warns_as_far_as_the_run_found_recited_essays(tmp_path: Path, level: str, says: str, found: bool) -> None:
    material, record = material_in(tmp_path, None), memorised(level)
    assert says in model_card(material._replace(tuned=material.tuned._replace(record=record)))
    assert is_memorised(record) is found
    assert is_memorised(failed_record_for_tests()) is None


def test_an_instruction_stays_text_whatever_it_holds(tmp_path: Path) -> None:
    hostile = "```\n</code><script>alert(1)</script>\n\"'\\ \x1b[2J \u202e](javascript:alert(1))"
    config = ExperimentConfig(prompt=PromptConfig(instruction=hostile))
    card = model_card(with_record(material_in(tmp_path, None), config=config, settings={"prompt.instruction": hostile}))
    assert "\x1b" not in card
    assert "\u202e" not in card
    blocks = [line for line in card.splitlines() if line.startswith("````")]
    assert len(blocks) == 2, "the prompt stands in a fence that is longer than its own"
    outside = card.split("````text")[0] + card.split("\n````\n")[1]
    assert not [line for line in outside.splitlines() if "<script>" in line and not line.startswith("prompt = ")]


def test_the_terms_of_gemma_are_named(tmp_path: Path) -> None:
    card = model_card(material_in(tmp_path, None, "Gemma Terms of Use"))
    assert head_of(card)["license"] == "gemma"
    assert "See NOTICE" in card
