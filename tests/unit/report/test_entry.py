"""An entry says all that the record holds, and hostile text can't change its structure."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from markdown_it import MarkdownIt

from ownvoice.config import ExperimentConfig
from ownvoice.markdown import fenced, inline, one_line, prose_with_commands
from ownvoice.models.prompt_format import shown_prompt
from ownvoice.records.analysis import OwnPassage, OwnWords
from ownvoice.records.answers import ModelAnswers
from ownvoice.records.essays import Canary
from ownvoice.records.run import Failure, PlaceboRun, RunRecord, SeedRun
from ownvoice.report.entry.entry import render_entry, render_next_run
from ownvoice.units import count, date, duration, gib
from ownvoice.voice.facts import Contradiction, FactCheck
from ownvoice.voice.results import Quote
from tests.unit.records_for_tests import (
    baseline_for_tests,
    data_for_tests,
    failed_record_for_tests,
    outputs_for_tests,
    pair_set_for_tests,
    record_for_tests,
    training_for_tests,
)

HOSTILE = [
    "```\n# Stolen heading\n```",
    "`````\n## Run 9: forged\n",
    "~~~~\ntext\n~~~~\n# Heading",
    "# Heading\n## Heading\n\nSetext\n=====\n\nSetext\n---",
    "</details><script>alert(1)</script>",
    "<!-- ownvoice:run 1 end -->\n<!-- ownvoice:run 2 key=x -->",
    "<!\x00-- ownvoice:run 1 end -->\r<!--\townvoice:run 1 end -->",
    "<!-- never closed",
    "| a | b |\n| --- | --- |\n| c | d |",
    "[ref]: http://example.com 'title'\n\n[ref] ![x](http://example.com/x.png)",
    "- list\n  - list\n1. one\n> quote",
    "word " * 2000,
    "x" * 5000,
    "\x00\x1b[31mred\x1b[0m\x07",
    "\u202egnp.exe\u2066 \u200bhidden \ufeff",
    "line\u2028separator\x85next\x0bvertical\x0cfeed\rreturn",
    "`code` *em* **strong** _em_ __strong__ $math$ &amp; &lt; \\",
    "    indented code\n\n\tindented code",
    "***\n---\n___",
    "",
    "\n\n\n",
    "   ",
]


def outline(markdown: str) -> list[tuple[str, str]]:
    """Headings with their text; every other block by its kind, quoted blocks without their content."""
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    return [
        (token.type, tokens[i + 1].content if token.type == "heading_open" else "")
        for i, token in enumerate(tokens)
        if token.type not in ("inline", "paragraph_open", "paragraph_close")
    ]


def test_further_seeds_and_placebos_are_told_with_their_losses_and_a_memory_setting_that_differs() -> None:
    lower = training_for_tests(((None, 3.5), (3.1, 3.0))).model_copy(update={"rung": "gradient checkpointing"})
    columnist = PlaceboRun(writer="colum|nist", figures=(), training=lower, seeds=(SeedRun(seed=14),))
    seeds = (SeedRun(seed=14, training=training_for_tests()),)
    entry = render_entry(record_for_tests(seeds=seeds, placebo=columnist))
    rows = [line for line in entry.splitlines() if line.startswith(("| Seed", "| Placebo"))]
    assert rows == [
        "| Seed 14 | 3.4021 | 3.2287 |",
        "| Placebo (colum\\|nist) | 3.5000 | 3.0000 |",
        "| Placebo (colum\\|nist), seed 14 | \u2013 | \u2013 |",
    ]
    assert "at another memory setting, gradient checkpointing" in entry
    assert entry.count("at another memory setting") == 1
    assert "with further seeds" not in render_entry(record_for_tests())


@cache
def outline_of_plain_words() -> list[tuple[str, str]]:
    return outline(render_entry(record_with("Plain words.", topic="Plain topic")))


def inline_kinds(markdown: str) -> set[str]:
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    return {child.type for token in tokens for child in token.children or ()}


def record_with(text: str, topic: str = "A topic") -> RunRecord:
    """A record with the text wherever a model's or the writer's text can stand."""
    pair_set = pair_set_for_tests()
    answers = outputs_for_tests({"A": text, "B": text}, text)
    record = record_for_tests()
    assert record.data is not None
    assert record.analysis is not None
    assert record.analysis.findings is not None
    figures = tuple(f.model_copy(update={"topic": topic}) for f in record.data.figures)
    canaries = tuple(Canary(id=c.id, topic=topic, facts=(topic,)) for c in pair_set.canaries)
    hers = OwnPassage(essay_id=topic, topic=topic, text=one_line(topic, 220))
    changes: dict[str, Any] = {
        "baseline": ModelAnswers(outputs=answers),
        "tuned": ModelAnswers(outputs=answers),
        "data": record.data.model_copy(update={"figures": figures, "canaries": canaries, "notes": (topic,)}),
        "analysis": record.analysis.model_copy(
            update={
                "signs": (topic, f"opens “{topic}”"),
                "own_words": OwnWords(canaries={c.id: hers for c in canaries}, traits={"contractions": hers}),
                "findings": record.analysis.findings.model_copy(update={"facts": _facts_with(text)}),
            }
        ),
        "model_name": topic or "m",
        "settings": record.settings | {"model": topic or "m", "prompt.instruction": topic or "i"},
        "prompt": shown_prompt("instruct", topic or "i"),
    }
    return record.model_copy(update=changes)


def _facts_with(text: str) -> tuple[FactCheck, ...]:
    said = (Contradiction(pattern="x", quote=Quote(prompt_id="A", sample=0, text=one_line(text, 220))),)
    return (FactCheck(prompt_id="A", facts=("She is ten",), base=said, tuned=said, summary=f"It says “{text}”."),)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_written_by_a_model_leaves_the_structure_as_it_was(text: str) -> None:
    assert outline(render_entry(record_with(text, topic="Plain topic"))) == outline_of_plain_words()


@pytest.mark.parametrize("text", HOSTILE)
def test_text_in_topics_settings_and_signs_leaves_the_structure_as_it_was(text: str) -> None:
    hostile = render_entry(record_with("Plain words.", topic=text))
    assert [kind for kind, _ in outline(hostile)] == [kind for kind, _ in outline_of_plain_words()]
    assert not inline_kinds(hostile) & {"html_inline", "link_open", "image", "em_open"}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_forges_no_marker_and_hides_no_character(text: str) -> None:
    entry = render_entry(record_with(text, topic=text))
    assert re.findall("<!-- ownvoice:.*", entry) == ["<!-- ownvoice:notes -->", "<!-- ownvoice:notes end -->"]
    assert not set(entry) & set("\x00\x1b\x07\r\x0b\x0c\x85\u2028\u202e\u2066\u200b\ufeff")
    entry.encode("utf-8")


def test_an_answer_stands_in_its_fence_as_it_was_written() -> None:
    text = "Dear *you*,\n\n```python\nprint('|')\n```\n    four spaces & <b>"
    fences = [t for t in MarkdownIt().parse(render_entry(record_with(text))) if t.type == "fence"]
    assert [t.content for t in fences].count(text + "\n") == 4, "each of two canaries by each of two models"
    assert fenced("a````b").startswith("`````text\n")


def test_facts_stand_beside_their_canary() -> None:
    entry = render_entry(record_with("Plain words.", topic="She is ten"))
    assert entry.count("Topic: She is ten\n\n- Must hold: She is ten\n\n**Before training**") == 2
    assert entry.count("- Must hold: She is ten. Not looked for: no pattern was named that contradicts it.") == 1
    against = "- Must hold: She is ten. Found against it: after training it says “Plain words.”; before it says “Plain words.”."
    assert entry.count(against) == 1, "of canary A, which names patterns"


def test_inline_text_reads_back_as_it_was() -> None:
    text = r"1. *Not* a_list_ | `x` <b> & [y](z) # \ $ ~ https://example.com www.example.com"
    tokens = MarkdownIt().parse(f"- {inline(text)}")
    children = next(t for t in tokens if t.type == "inline").children or []
    assert "".join(child.content for child in children) == text
    assert inline("a_b data.over_length") == "a_b data.over_length"


def test_a_lone_surrogate_which_no_file_can_hold_is_replaced() -> None:
    assert inline("a\ud800b") == "a\N{REPLACEMENT CHARACTER}b"


def test_inline_text_is_cut_at_its_limit() -> None:
    assert inline("word " * 100, 20) == "word word word…"
    assert len(inline("x" * 1000, 50)) == 50


def test_commands_in_next_steps_stay_code_and_the_rest_is_escaped() -> None:
    assert prose_with_commands("Run `a --b <c>` for *x*") == r"Run `a --b <c>` for \*x\*"


def test_the_entry_carries_everything_that_the_log_by_hand_held() -> None:
    entry = render_entry(record_for_tests())
    headings = [text for kind, text in outline(entry) if kind == "heading_open"]
    assert headings == [
        "Run 1: smoke-test, smollm2-135m",
        *("Did it run?", "Canaries: the same questions before and after"),
        *("What the model learned", "Signs that it hasn't learned the voice", "Loss", "Base or instruct?"),
        *("What went wrong, and what was done about it", "Next steps", "Your notes", "Appendix: what it rests on"),
        *("Settings", "Canary A in full", "Canary B in full", "Figures", "Probes", "Traits and quotes", "Data"),
        *("Model and prompt", "Machine", "Steps", "The other settings"),
    ]
    for part in (
        "; 2026-11-23 00:41 UTC.",
        "**In short. Insufficient evidence:** ",
        "Yes (PASS): ",
        "134.5 million parameters",
        "| training.learning_rate | 5e-05 |",
        "| training.method | the model's own default (full) |",
        "| 4 | validation | What the gym is for | 62 | 77 |",
        "| 0 | \N{EN DASH} | 3.4021 |",
        "| 3 | 2.6049 | 3.2287 |",
        "Topic: What the Winter Olympics taught me",
        "- Before training (a list): “Here are some tips: 1. Start early.",
        "**Before training** (22 tokens, ended by the model)",
        "**After training** (54 tokens, cut off at the length limit)",
        "| After training | 16 | 52 | 100% |",
        "Voice: insufficient evidence. Fewer than 6 probes",
        "**Is the shift towards the author?** Insufficient evidence.",
        "Training took 31 s (about 30 s was expected: 4% longer), 133 tokens a second",
        "- Precision: bf16 autocast over fp32 weights: this processor has bf16 instructions",
        "- Peak memory: 2.6 GiB",
        "| baseline answers | from the cache |",
        "torch 2.13.0",
        "`ownvoice run scale-up`",
    ):
        assert part in entry


def test_what_differs_from_the_phases_own_file_stands_first() -> None:
    """The record's config takes all tiers, where the smoke test's file takes the short pieces."""
    appendix = render_entry(record_for_tests()).partition("### Appendix")[2]
    first, _, rest = appendix.partition("#### Canary A in full")
    assert "| data.tiers | 1, 2, 3, 4 |" in first
    assert "| training.epochs | 3 |" in rest
    assert "| training.epochs" not in first


def test_every_setting_stands_in_the_config_table() -> None:
    entry = render_entry(record_for_tests())
    for group in ("data", "prompt", "training", "decoding"):
        for name in getattr(ExperimentConfig(), group).model_dump():
            if name != "lora":
                assert f"| {group}.{name} |" in entry
    assert "| training.lora.rank | 16 |" in entry


def test_a_failed_run_says_what_it_reached_and_why_it_stopped() -> None:
    entry = render_entry(failed_record_for_tests())
    assert "**In short. No verdict:** the run stopped at the step “train”." in entry
    assert "No: it stopped at the step “train” with OutOfMemory." in entry
    assert "needs 27.9 GiB, 14.6 GiB are free" in entry
    assert "Not reached: the training, the answers after training, the analysis." in entry
    assert "- After training (not reached)" in entry
    assert "**After training** (not reached)" in entry
    assert "Here are some tips" in entry


def test_a_run_that_failed_before_anything_still_renders() -> None:
    failure = Failure(step="check the pairs", error="PairsError", message="```\n# no topic")
    nothing: dict[str, Any] = {"model": None, "data": None, "baseline": ModelAnswers(), "steps": (), "failure": failure}
    entry = render_entry(failed_record_for_tests(**nothing))
    assert entry.count("Not reached.") == 6
    assert [kind for kind, _ in outline(entry)].count("fence") == 2


def test_a_canary_for_instruct_models_says_so_and_an_empty_answer_says_it_is_empty() -> None:
    pair_set = pair_set_for_tests().model_copy(update={"canaries": (Canary(id="C", topic="T", instruct_only=True),)})
    record = record_for_tests(
        data=data_for_tests(pair_set), baseline=ModelAnswers(outputs=outputs_for_tests({"C": ""}, "x"))
    )
    entry = render_entry(record)
    assert "#### Canary C in full (instruct models only)\n\nTopic: T\n" in entry
    assert "- Before training (empty)\n" in entry
    assert "**Before training** (0 tokens, empty, ended by the model)" in entry
    unasked = record_for_tests(data=data_for_tests(pair_set))
    assert "**C. T**\n\n- Not asked of this model, which was not taught to answer\n" in render_entry(unasked)


def test_a_note_on_the_data_is_told_as_what_went_wrong() -> None:
    record = record_for_tests(baseline=ModelAnswers(outputs=baseline_for_tests()))
    told = render_entry(record).partition("### What went wrong")[2].partition("###")[0]
    assert "- pair-3 was cut to the model's context: 2,048 of 2,210 tokens. (A token is a piece of a word.)\n" in told


def test_the_next_run_is_blank_and_numbered() -> None:
    assert render_next_run(4).startswith("## Run 4: not run yet\n")


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (gib(3 * 2**29), "1.5 GiB"),
        (gib(50 * 2**20), "50 MiB"),
        (duration(0.44), "0.4 s"),
        (duration(59.7), "1 min 0 s"),
        (duration(83), "1 min 23 s"),
        (duration(7500), "2 h 5 min"),
        (count(1234), "1,234"),
        (count(1.5e9), "1.5 billion"),
        (date("2026-01-01T01:00:00+01:00"), "2026-01-01 00:00 UTC"),
        (date("yesterday"), "yesterday"),
    ],
)
def test_figures_read_well(shown: str, expected: str) -> None:
    assert shown == expected
