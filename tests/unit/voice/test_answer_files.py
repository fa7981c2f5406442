"""Files of answers are read whole, or every problem is told at once with its line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ownvoice.errors import VoiceError
from ownvoice.voice.answer_files import AnswerFiles, Answers, read_answers

PROMPTS = ("A wedding in the rain", "The last bus home")


def row(prompt: str = PROMPTS[0], text: str = "It began to rain.", **more: Any) -> dict[str, Any]:
    return {"prompt": prompt, "text": text, **more}


def both(**more: Any) -> list[dict[str, Any]]:
    return [row(prompt, **more) for prompt in PROMPTS]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return path


def read(folder: Path, baseline: list[dict[str, Any]], tuned: list[dict[str, Any]]) -> Answers:
    return read_answers(AnswerFiles(write(folder / "b.jsonl", baseline), write(folder / "t.jsonl", tuned)))


def told(folder: Path, baseline: list[dict[str, Any]], tuned: list[dict[str, Any]]) -> list[str]:
    with pytest.raises(VoiceError) as refused:
        read(folder, baseline, tuned)
    return refused.value.found.replace(f"{folder}/", "").split("\n")


def test_prompt_and_text_are_enough_and_samples_are_numbered_in_their_order(tmp_path: Path) -> None:
    answers = read(tmp_path, [row(text="one"), row(text="two")], [row(text="three"), row("A  wedding in\nthe rain")])
    assert [(each.prompt_id, each.sample, each.text) for each in answers.baseline.probes] == [
        (PROMPTS[0], 0, "one"),
        (PROMPTS[0], 1, "two"),
    ]
    assert [each.sample for each in answers.tuned[0].probes] == [0, 1]
    assert {each.topic for each in answers.tuned[0].all} == {PROMPTS[0]}
    assert answers.placebos == ()
    assert answers.notes == ()


def test_canaries_ids_and_the_length_limit_are_kept(tmp_path: Path) -> None:
    baseline = [row(id="wedding", canary=True, sample=0, seed=7), row(PROMPTS[1], cut_off=True)]
    answers = read(tmp_path, baseline, [row(PROMPTS[1]), row(canary=True)])
    (canary,), (probe,) = answers.tuned[0].canaries, answers.tuned[0].probes
    assert (canary.prompt_id, canary.topic) == ("wedding", PROMPTS[0])
    assert (probe.prompt_id, probe.cut_off) == (PROMPTS[1], False)
    assert answers.baseline.probes[0].cut_off


def test_other_files_are_put_into_the_order_of_the_baselines(tmp_path: Path) -> None:
    baseline = [row(PROMPTS[1], "b1", sample=1), row(PROMPTS[1], "b0", sample=0), row(text="a0", sample=0)]
    shuffled = [row(text="a0", sample=0), row(PROMPTS[1], "b0", sample=0), row(PROMPTS[1], "b1", sample=1)]
    answers = read(tmp_path, baseline, shuffled)
    assert (answers.baseline,) == answers.tuned
    assert [each.text for each in answers.tuned[0].probes] == ["b1", "b0", "a0"]


def test_answers_without_a_counterpart_are_told(tmp_path: Path) -> None:
    answers = read(tmp_path, [row(), row(), row()], [row()])
    (note,) = answers.notes
    assert "b.jsonl: 2 answers" in note


def test_every_problem_of_every_line_is_told_at_once(tmp_path: Path) -> None:
    lines = [
        '{"prompt": "A wedding in the rain", "text": "no end"',
        "[1]",
        '{"text": "an answer to nothing"}',
        '{"prompt": " ", "text": "an answer"}',
        '{"prompt": "A", "text": null, "sample": true, "canry": true, "colour": 1}',
        '{"prompt": "A", "text": "x", "sample": -1, "seed": 1.5}',
        '{"prompt": "A", "text": "\\ud800"}',
        "[" * 100_000,
    ]
    (tmp_path / "b.jsonl").write_text("\n".join(lines))
    (tmp_path / "t.jsonl").write_bytes(b'{"prompt": "A", "text": "x"}\n{"prompt": "\xff"}')
    with pytest.raises(VoiceError) as refused:
        read_answers(AnswerFiles(tmp_path / "b.jsonl", tmp_path / "t.jsonl", (tmp_path / "none.jsonl",)))
    assert refused.value.exit_code == 2
    assert refused.value.found.replace(f"{tmp_path}/", "").split("\n") == [
        "b.jsonl:1: not JSON: Expecting ',' delimiter at column 53",
        "b.jsonl:2: not an object",
        "b.jsonl:3: prompt is missing",
        "b.jsonl:4: the prompt is empty",
        "b.jsonl:5: sample: input should be a valid integer",
        "b.jsonl:5: text: input should be a valid string",
        "b.jsonl:5: no such field 'canry'; did you mean canary?",
        "b.jsonl:5: no such field 'colour'; the fields are id, prompt, sample, seed, text, canary, cut_off, training",
        "b.jsonl:6: sample: input should be greater than or equal to 0",
        "b.jsonl:6: seed: input should be a valid integer",
        "b.jsonl:7: the text holds half a character (a lone surrogate)",
        "b.jsonl:8: not JSON that can be read",
        "t.jsonl:2: not UTF-8 (byte 41): save it again as UTF-8",
        "none.jsonl: No such file or directory",
    ]


def test_a_file_without_an_answer_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, [], both()) == ["b.jsonl: no answer in it"]


def test_prompts_that_one_file_alone_has_are_listed(tmp_path: Path) -> None:
    baseline = [row(), row("Only here"), row("And here")]
    assert told(tmp_path, baseline, both()) == [
        "b.jsonl: no answer to 1 of t.jsonl's prompts: “The last bus home”",
        "t.jsonl: no answer to 2 of b.jsonl's prompts: “Only here”, “And here”",
    ]


def test_a_sample_that_stands_twice_is_told_with_the_first(tmp_path: Path) -> None:
    assert told(tmp_path, [row(sample=1), row()], [row(sample=3), row(sample=3)]) == [
        "b.jsonl:2: sample 1 of “A wedding in the rain” stands here again (b.jsonl:1)",
        "t.jsonl:2: sample 3 of “A wedding in the rain” stands here again (t.jsonl:1)",
    ]


def test_a_prompt_is_one_thing_in_all_files(tmp_path: Path) -> None:
    baseline = [row(id="A", canary=True), row(PROMPTS[1], id="B")]
    assert told(tmp_path, baseline, [row(id="B", canary=True), row(PROMPTS[1])]) == [
        "t.jsonl:1: the prompt has the id 'B', and 'A' before (b.jsonl:1)",
        "t.jsonl:1: the id 'B' names another prompt before (b.jsonl:2)",
    ]
    assert told(tmp_path, baseline, [row(id="A"), row(PROMPTS[1])]) == [
        "t.jsonl:1: the prompt is a probe here, and a canary before (b.jsonl:1)"
    ]


def test_what_a_file_says_can_not_steer_the_terminal(tmp_path: Path) -> None:
    problems = "".join(told(tmp_path, [row("\x1b[2Jgone")], [row("kept", id="\x1b]0;title")]))
    assert "\x1b" not in problems
    assert "␛[2Jgone" in problems


def test_answers_of_several_trainings_in_a_file_are_told_apart_by_their_seeds(tmp_path: Path) -> None:
    tuned = [row(text=f"of {training}", training=training) for training in (14, 13, 14)]
    answers = read(tmp_path, [row(), row()], tuned)
    assert [[(each.sample, each.text) for each in model.probes] for model in answers.tuned] == [
        [(0, "of 13")],
        [(0, "of 14"), (1, "of 14")],
    ]
    assert [note.partition(":")[0] for note in answers.notes] == [
        str(tmp_path / "b.jsonl"),
        f"{tmp_path}/t.jsonl, training 14",
    ]


def test_every_training_must_have_been_asked_the_same(tmp_path: Path) -> None:
    tuned = [*both(training=13), row(training=14)]
    assert told(tmp_path, both(), tuned) == [
        "t.jsonl, training 14: no answer to 1 of b.jsonl's prompts: “The last bus home”"
    ]


def test_a_training_in_some_rows_only_or_of_the_baseline_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, [row(training=1)], [row(training=1), row(sample=1), row(training=1.5)]) == [
        "t.jsonl:3: training: input should be a valid integer",
        "t.jsonl:2: no training, and other rows of the file have one",
        "b.jsonl:1: the baseline has no training",
    ]


def test_each_placebo_has_a_file_of_its_own(tmp_path: Path) -> None:
    baseline, tuned, one = (write(tmp_path / f"{name}.jsonl", [row(text=name)]) for name in "btp")
    other = write(tmp_path / "q.jsonl", [row(text="q", training=13)])
    answers = read_answers(AnswerFiles(baseline, tuned, (other, one)))
    assert [[each.text for model in placebo for each in model.all] for placebo in answers.placebos] == [["q"], ["p"]]
