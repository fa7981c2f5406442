"""Everything measured in a run becomes one analysis, with the shipped figures of other writers."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownvoice.analysis.compare import compare_models
from ownvoice.analysis.inputs import Comparison, PlaceboAnswers
from ownvoice.config import ExperimentConfig
from ownvoice.errors import VoiceError
from ownvoice.essays.check import read_pairs
from ownvoice.paths import ROOT
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.essays import PairSet, Probe
from ownvoice.report.kept.runs import read_record
from tests.unit.records_for_tests import baseline_for_tests, outputs_for_tests, training_for_tests

AUTHOR, PLACEBO = (read_pairs(ROOT / "data" / folder) for folder in ("sample_author/pairs", "placebos/woodworker"))
UNTUNED = read_record(ROOT / "artifacts" / "example").baseline.outputs
PROBES = tuple(Probe(id=pair.id, topic=pair.topic) for pair in PLACEBO[:8])


def answered_with(texts: list[str]) -> ModelAnswers:
    """Each probe once, with the first 120 words of a text."""
    empty = outputs_for_tests({}, "", samples=0)
    one = baseline_for_tests().outputs[0]
    answers = tuple(
        one.model_copy(update={"prompt_id": probe.id, "text": " ".join(text.split()[:120])})
        for probe, text in zip(PROBES, texts, strict=True)
    )
    return ModelAnswers(outputs=empty.model_copy(update={"outputs": answers}))


def untuned() -> list[str]:
    """What the untuned model wrote in the example, to the first eight probes."""
    assert UNTUNED is not None
    return [output.text for output in UNTUNED.outputs if len(output.text.split()) > 120][:8]


def comparison(tuned: ModelAnswers, placebo: ModelAnswers | None = None, **changes: object) -> Comparison:
    values = {
        "kind": "base",
        "placebos": (PlaceboAnswers(writer="other", models=(placebo,)),) if placebo else (),
        "config": ExperimentConfig(),
        "pair_set": PairSet(pairs=AUTHOR[:4], canaries=(), probes=PROBES),
        "author": AUTHOR[:8],
        "training": training_for_tests(),
        "baseline": answered_with(untuned()),
        "tuned": (tuned,),
        **changes,
    }
    return Comparison.model_validate(values)


def test_answers_that_are_the_authors_own_further_essays_moved_and_a_placebo_tells_the_voice() -> None:
    hers = answered_with([pair.essay for pair in AUTHOR[8:16]])
    other = answered_with([pair.essay for pair in PLACEBO[8:16]])
    findings = compare_models(comparison(hers, placebo=other)).findings
    assert findings is not None
    assert findings.figures is not None
    assert findings.verdict.direction == "voice moved"
    assert findings.memorisation.level == "none"
    alone = compare_models(comparison(hers)).findings
    assert alone is not None
    assert alone.verdict.direction == "moved: format or voice"


def test_another_writers_texts_are_never_the_authors_voice() -> None:
    other = answered_with([pair.essay for pair in PLACEBO[8:16]])
    findings = compare_models(comparison(other, placebo=answered_with([p.essay for p in PLACEBO[:8]]))).findings
    assert findings is not None
    assert findings.verdict.direction == "moved: format or voice"
    assert "comes as near" in findings.verdict.reason


def test_answers_without_words_are_insufficient_evidence() -> None:
    analysis = compare_models(comparison(answered_with([""] * 8)))
    assert analysis.findings is not None
    assert analysis.findings.verdict.direction == "insufficient evidence"
    assert analysis.answers[0].answer == "no"


def test_a_background_that_is_not_there_is_said(tmp_path: Path) -> None:
    hers = answered_with([pair.essay for pair in AUTHOR[8:16]])
    with pytest.raises(VoiceError, match="nobody"):
        compare_models(comparison(hers, background=str(tmp_path / "nobody")))
