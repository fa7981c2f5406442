"""What one run says on base or instruct: whether the form of an essay was there before training, and what became of it."""

from __future__ import annotations

from ownvoice.records.model import Kind
from ownvoice.records.run import RunRecord
from ownvoice.voice.flaws import Degeneration

KINDS: dict[Kind, str] = {
    "base": "a base model (it only continues texts)",
    "instruct": "an instruct model (it was taught to answer people)",
}
SOUND_PROSE = "sound prose (no list, no loop, no assistant's phrase)"
MOSTLY, SELDOM = 0.8, 0.5
OTHERS = "Which kind comes nearer to you one run can't say: `ownvoice run base-or-instruct` compares them."


def base_or_instruct(record: RunRecord) -> str:
    """Sentences, with a command in the last."""
    if record.model is None:
        return f"The model was not reached. {OTHERS}"
    what = f"{record.model.name} is {KINDS[record.model.kind]}"
    findings = record.analysis.findings if record.analysis else None
    if findings is None or not findings.degeneration.tuned_answers:
        return f"{what}. {OTHERS}"
    sound = findings.degeneration
    before = (
        f"Before training {sound.base_sound} of its {sound.base_answers} answers were" if sound.base_answers else ""
    )
    after = f"after it {sound.tuned_sound} of {sound.tuned_answers}"
    told = f"{before} {SOUND_PROSE}, {after}: {_reading(sound)}." if before else ""
    return " ".join(filter(None, (f"{what}.", told, OTHERS)))


def _reading(sound: Degeneration) -> str:
    before, after = sound.base_sound / max(1, sound.base_answers), sound.tuned_sound_share
    if sound.sound_prose_fell:
        return (
            "the form was there and training cost some of it" if before >= MOSTLY else "training cost some of the form"
        )
    if before >= MOSTLY:
        return "the form of an essay was there already, and training had none to teach"
    if after >= MOSTLY:
        return "training taught it the form of an essay"
    return "the form of an essay is not there yet" if after < SELDOM else "training taught it some of the form"
