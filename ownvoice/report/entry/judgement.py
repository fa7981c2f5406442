"""Shows a verdict by itself, in the words of a run's entry: for answers that no run here made, and for those of a stored run.

Quotes in it were written by a model: what can't be seen is made visible, and nothing is taken for markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.table import Table

from ownvoice.markdown import show_invisible
from ownvoice.report.entry.voice import voice_notes, voice_rows
from ownvoice.report.tables import as_text
from ownvoice.voice.findings import VoiceFindings
from ownvoice.voice.material import Material, Placebo
from ownvoice.voice.results import AnswerText

WIDTH = 100
NOT_PROBED = (
    "Recitation was not probed: whether the model goes on with an essay of yours word for word, given its beginning, "
    "only the model itself can show."
)


def render_judgement(findings: VoiceFindings, material: Material, notes: Sequence[str] = ()) -> str:
    """The verdict first, then what it rests on, then what speaks against relying on it."""
    verdict = findings.verdict
    parts = [f"Voice: {verdict.direction}.", verdict.reason, ""]
    told = [*voice_notes(findings), *_beside(findings), *_probed(findings), *notes]
    sentences = [show_invisible(each) for each in (*parts, _asked(material), *_measured(findings))]
    return as_text(WIDTH, *sentences, *_table(findings), *(show_invisible(each) for each in told))


def _asked(material: Material) -> str:
    placebos = [_placebo(placebo.writer, material.placebos) for placebo in material.placebos]
    models = [("baseline", (material.baseline,)), ("fine-tuned", material.tuned)]
    models += zip(placebos, (placebo.models for placebo in material.placebos), strict=True)
    counts = ", ".join(f"{name} {' + '.join(str(len(texts.probes)) for texts in each)}" for name, each in models)
    texts = [texts for _, each in models for texts in each]
    canaries = _prompts(answer for each in texts for answer in each.canaries)
    beside = f", and to {canaries} canaries, which the table leaves out" if canaries else ""
    essays = f"{len(material.essays)} essays, {len(material.training)} of them trained on"
    asked = _prompts(answer for each in texts for answer in each.probes)
    return f"Answers to {asked} prompts: {counts}{beside}. Against {essays}."


def _placebo(writer: str, placebos: Sequence[Placebo]) -> str:
    """One out of several is named."""
    return f"placebo ({writer})" if len(placebos) > 1 else "placebo"


def _prompts(answers: Iterable[AnswerText]) -> int:
    return len({answer.prompt_id for answer in answers})


def _measured(findings: VoiceFindings) -> list[str]:
    fit, figures = findings.register_fit, findings.figures
    lines = [fit.sentence] if fit else []
    if figures is None:
        return [*lines, findings.not_measured]
    if figures.distances is None:
        return lines
    return [
        *lines,
        "",
        f"VOICE, in standard deviations of other writers' texts, which lie about 0 (z); each text's first "
        f"{figures.words} words, against {figures.references} of your essays:",
    ]


def _table(findings: VoiceFindings) -> list[str | Table]:
    rows = voice_rows(findings)
    if not rows:
        return [""]
    table = Table("", box=box.SIMPLE)
    for name in ("Mean", "95% interval", "Texts"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        interval = row["interval"]
        table.add_row(
            row["name"], f"{interval.mean:+.2f}", f"{interval.low:+.2f} to {interval.high:+.2f}", row["texts"]
        )
    topic = findings.figures.topic if findings.figures else None
    if topic:
        span = f"{topic.low:+.2f} to {topic.high:+.2f}"
        table.add_row("Topic (cosine), fine-tuned minus baseline", f"{topic.mean:+.2f}", span, "")
    return [table]


def _beside(findings: VoiceFindings) -> list[str]:
    """Copying, where the verdict's reason doesn't tell it; loops and other flaws; facts contradicted."""
    copying = findings.memorisation
    return [
        *([copying.reason] if copying.level != "fail" else []),
        findings.degeneration.summary,
        *(check.summary for check in findings.facts if check.tuned),
    ]


def _probed(findings: VoiceFindings) -> list[str]:
    """A model that is known to recite needs no further proof."""
    return [] if findings.memorisation.prefixes or findings.verdict.direction == "memorised" else [NOT_PROBED]
