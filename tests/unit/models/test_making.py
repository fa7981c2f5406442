"""What models that are made here are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownvoice.models.known import KNOWN_MODELS, Making
from ownvoice.models.making import TURNS, making_identity, read_texts
from ownvoice.models.prepare import as_asked, model_identity
from ownvoice.models.prompt_format import PromptFormat, format_turns
from tests.unit.records_for_tests import record_for_tests


def test_both_kinds_of_text_have_as_many_words_and_some_kept_back() -> None:
    words = {}
    for kind in ("assistant", "documents"):
        texts = read_texts(kind)
        assert all(bool(each.asked) == (kind == "assistant") for each in texts)
        assert len({each.id for each in texts}) == len(texts)
        assert sum(each.split == "validation" for each in texts) > 20
        words[kind] = sum(len(each.text.split()) for each in texts if each.split == "train")
    assert words["documents"] == pytest.approx(words["assistant"], rel=0.02)


def test_the_turns_are_gemmas() -> None:
    asked = [{"role": "user", "content": "Why? "}]
    turns = PromptFormat(kind="instruct", template=TURNS, bos="<bos>")
    assert format_turns(turns, asked) == "<bos><start_of_turn>user\nWhy?<end_of_turn>\n<start_of_turn>model\n"
    answered = [*asked, {"role": "assistant", "content": "So."}, {"role": "user", "content": "And?"}]
    assert "<start_of_turn>model\nSo.<end_of_turn>\n<start_of_turn>user\nAnd?" in format_turns(turns, answered)


def test_another_base_and_another_dose_make_another_model() -> None:
    making = Making(base="gemma-3-270m", texts="assistant", passes=1)
    three = making.model_copy(update={"passes": 3})
    assert len({making_identity(making, "b"), making_identity(three, "b"), making_identity(making, "c")}) == 3
    made = [model for model in KNOWN_MODELS if model.made]
    assert len({model_identity(model.name, None) for model in made}) == len(made) == 3


def test_an_instruct_model_in_plain_text_is_a_base_model_to_all_that_follows() -> None:
    info = record_for_tests().model
    assert info is not None
    instruct = info.model_copy(update={"kind": "instruct"})
    assert as_asked(instruct, plainly=False) == instruct
    assert as_asked(instruct, plainly=True).kind == "base"
    assert "without its chat template" in as_asked(instruct, plainly=True).source
    base = info.model_copy(update={"kind": "base"})
    assert as_asked(base, plainly=True) == base


def test_a_made_model_that_is_not_there_names_the_run_that_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ownvoice.errors import ModelUnavailable
    from ownvoice.models.prepare import find_prepared, prepare_model

    monkeypatch.setenv("OWNVOICE_MODELS", str(tmp_path))
    assert find_prepared("gemma-3-270m-assistant-1", None) is None
    with pytest.raises(ModelUnavailable, match="ownvoice run smoke-test --model gemma-3-270m-assistant-1"):
        prepare_model("gemma-3-270m-assistant-1", None, lambda _progress: None)
