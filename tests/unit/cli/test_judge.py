"""`ownvoice judge`: the very verdict of a run, and the right one on answers that no run here made."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from flows.cli.commands import background_text
from flows.cli.judge import ToJudge, judge_text
from ownvoice.errors import LogbookError, VoiceError
from ownvoice.paths import ROOT
from ownvoice.report.entry.judgement import NOT_PROBED
from ownvoice.report.kept.runs import read_record
from ownvoice.text import first_words, pieces_of
from ownvoice.voice.findings import VoiceFindings
from tests.unit.voice.answers_for_tests import essays_of
from tests.unit.voice.essays_by_rule import essay

EXAMPLE = ROOT / "artifacts" / "example"
OF_FORMAT_1 = ROOT / "tests" / "unit" / "records" / "smoke-test-of-format-1.json"
SAMPLE = ROOT / "data" / "sample_author" / "pairs"
PROMPTS = [f"Something small, number {number}" for number in range(8)]


@pytest.fixture(scope="module")
def writers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Others by rule: a background that is measured in no time."""
    folder = tmp_path_factory.mktemp("writers")
    for writer in range(1, 6):
        essays_in(folder / f"writer {writer}", [essay(writer, number) for number in range(4)])
    background_text(folder, folder / "writers.npz")
    return folder / "writers.npz"


@pytest.fixture
def author(tmp_path: Path) -> str:
    return str(essays_in(tmp_path / "author", [essay(0, number) for number in range(3)]))


def essays_in(folder: Path, texts: list[str]) -> Path:
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_text(text)
    return folder


def answers_in(path: Path, texts: list[str], **more: Any) -> Path:
    """Answers to the prompts in turn."""
    rows = [{"prompt": PROMPTS[n % len(PROMPTS)], "text": text, **more} for n, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def rounded(text: str) -> Any:
    """On another processor the last digits of a sum are others."""
    return json.loads(text, parse_float=lambda figure: round(float(figure), 6))


def dumped(model: BaseModel) -> dict[str, Any]:
    return model.model_dump()


def by(writer: int, first: int) -> list[str]:
    return [essay(writer, number) for number in range(first, first + 2 * len(PROMPTS))]


def of(author: str, split: str) -> list[str]:
    return [piece for each in essays_of(author, split) for piece in pieces_of(each.text, 110)][: 2 * len(PROMPTS)]


def test_a_stored_run_gets_its_verdict_again_byte_for_byte_and_its_figures() -> None:
    analysis = read_record(EXAMPLE).analysis
    assert analysis is not None
    run = analysis.findings
    assert run is not None
    text = judge_text(ToJudge(run=str(EXAMPLE)), as_json=True)
    assert VoiceFindings.model_validate_json(text).verdict.model_dump_json() == run.verdict.model_dump_json()
    assert rounded(text) == rounded(run.model_dump_json())


def test_a_record_of_version_0_1_is_judged_by_the_rule_of_today_which_is_said() -> None:
    text = " ".join(judge_text(ToJudge(run=str(OF_FORMAT_1)), as_json=False).split())
    assert "Run 1 found “insufficient evidence”, with other figures" in text
    assert text.startswith("Voice: ")
    assert NOT_PROBED.split(":")[0] not in text


def test_the_files_of_a_run_give_its_verdict_byte_for_byte_and_its_figures(tmp_path: Path) -> None:
    analysis = read_record(EXAMPLE).analysis
    assert analysis is not None
    run = analysis.findings
    assert run is not None
    for name in ("13-shopkeeper-profile.md", "14-personal-finance.md", "15-future-of-work.md"):
        shutil.copy(SAMPLE / name, tmp_path)
    files = ToJudge(None, str(SAMPLE), str(tmp_path), EXAMPLE / "baseline.jsonl", EXAMPLE / "tuned.jsonl")
    findings = VoiceFindings.model_validate_json(judge_text(files, as_json=True))
    assert findings.verdict.model_dump_json() == run.verdict.model_dump_json()
    for part in ("figures", "register_fit", "degeneration", "traits"):
        ours, theirs = (getattr(each, part) for each in (findings, run))
        assert rounded(json.dumps(ours, default=dumped)) == rounded(json.dumps(theirs, default=dumped)), part
    assert findings.memorisation.spans == run.memorisation.spans
    assert findings.memorisation.prefixes == ()


def test_her_own_other_essays_as_the_answers_are_her_voice_and_recited_where_they_were_trained_on(
    writers: Path, tmp_path: Path
) -> None:
    known = essays_in(tmp_path / "known", [each.text for each in essays_of("sample_author/pairs", "train")])
    tuned = answers_in(tmp_path / "tuned.jsonl", of("sample_author/pairs", "validation"))
    rows = read_record(EXAMPLE).baseline.outputs
    assert rows is not None
    untuned = [first_words(each.text, 110) for each in rows.outputs[3 : 3 + 9]]
    baseline = answers_in(tmp_path / "baseline.jsonl", untuned)
    placebo = answers_in(tmp_path / "placebo.jsonl", of("placebos/woodworker", "validation"))
    text = judge_text(ToJudge(None, str(known), None, baseline, tuned, (placebo,)), as_json=False)
    assert text.startswith("Voice: voice moved.")
    assert "Fine-tuned minus placebo" in text
    assert NOT_PROBED.split(":")[0] in text
    recited = judge_text(ToJudge(None, str(SAMPLE), None, baseline, tuned, background=writers), as_json=False)
    assert recited.startswith("Voice: memorised.")
    assert NOT_PROBED.split(":")[0] not in recited


def test_several_trainings_and_several_placebos_are_read_and_named(author: str, writers: Path, tmp_path: Path) -> None:
    baseline = answers_in(tmp_path / "b.jsonl", by(1, 0))
    tuned = tmp_path / "t.jsonl"
    tuned.write_text("".join(answers_in(tuned, by(2, first), training=first).read_text() for first in (13, 14)))
    placebos = tuple(answers_in(tmp_path / f"p{writer}.jsonl", by(writer, 0)) for writer in (3, 4))
    others = tuple(str(essays_in(tmp_path / name, by(3, 40))) for name in ("columnist", "newsletter"))
    typed = ToJudge(None, author, None, baseline, tuned, placebos, writers)
    text = " ".join(judge_text(typed, as_json=False).split())
    assert "baseline 16, fine-tuned 16 + 16, placebo (writer 1) 16, placebo (writer 2) 16." in text
    text = " ".join(judge_text(typed._replace(placebo_author=others), as_json=False).split())
    assert "placebo (columnist) 16, placebo (newsletter) 16." in text
    with pytest.raises(VoiceError, match="writers of placebos: 1"):
        judge_text(typed._replace(placebo_author=others[:1]), as_json=False)


def test_the_same_answers_twice_moved_nothing_in_whatever_order(author: str, writers: Path, tmp_path: Path) -> None:
    baseline = answers_in(tmp_path / "b.jsonl", by(1, 0), sample=0)
    rows = [json.loads(line) | {"sample": n // 8} for n, line in enumerate(baseline.read_text().splitlines())]
    baseline.write_text("\n".join(map(json.dumps, rows)))
    tuned = tmp_path / "t.jsonl"
    tuned.write_text("\n".join(map(json.dumps, reversed(rows))))
    text = judge_text(ToJudge(None, author, None, baseline, tuned, background=writers), as_json=False)
    assert text.startswith("Voice: not moved.\nEvery answer of the tuned model is the baseline's, word for word")
    assert "Answers to 8 prompts: baseline 16, fine-tuned 16." in text
    assert "3 essays, 3 of them trained on" in text


def test_canaries_are_no_part_of_the_figures(author: str, writers: Path, tmp_path: Path) -> None:
    def judged(canary: bool) -> VoiceFindings:
        files = []
        for name, writer in (("b", 1), ("t", 2)):
            path = answers_in(tmp_path / f"{name}.jsonl", by(writer, 0))
            path.write_text(
                path.read_text() + json.dumps({"prompt": "Who?", "text": by(writer, 40)[0], "canary": canary})
            )
            files.append(path)
        typed = ToJudge(None, author, None, files[0], files[1], background=writers)
        return VoiceFindings.model_validate_json(judge_text(typed, as_json=True))

    for canary, prompts in ((True, 8), (False, 9)):
        findings = judged(canary)
        assert findings.figures is not None
        assert findings.figures.distances is not None
        assert findings.figures.distances.prompts == prompts
        assert findings.degeneration.tuned_answers == 17


def test_a_model_that_goes_round_in_circles_is_told_and_cannot_steer_the_terminal(
    author: str, writers: Path, tmp_path: Path
) -> None:
    baseline = answers_in(tmp_path / "b.jsonl", by(1, 0))
    tuned = answers_in(tmp_path / "t.jsonl", [essay(0, 0).replace(" ", " \x1b[") for _ in by(1, 0)])
    text = judge_text(ToJudge(None, author, None, baseline, tuned, background=writers), as_json=False)
    assert text.startswith("Voice: memorised.")
    assert "\x1b" not in text
    assert "␛[" in text
    looping = answers_in(tmp_path / "t.jsonl", ["and so it is " * 30 for _ in by(1, 0)])
    text = judge_text(ToJudge(None, author, None, baseline, looping, background=writers), as_json=False)
    assert "going round in a loop 16 (baseline 3)" in text


def test_what_is_wrong_with_essays_and_answers_is_told_at_once(tmp_path: Path) -> None:
    files = (tmp_path / "b.jsonl", tmp_path / "t.jsonl")
    files[0].write_text("{}\n")
    with pytest.raises(VoiceError) as refused:
        judge_text(ToJudge(None, str(tmp_path / "nobody"), str(tmp_path / "nothing.jsonl"), *files), as_json=False)
    found = refused.value.found.replace(f"{tmp_path}/", "").split("\n")
    assert [line.split(":")[0] for line in found] == ["nobody", "nothing.jsonl", "b.jsonl", "b.jsonl", "t.jsonl"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.jsonl"]


def test_a_run_and_files_at_once_or_neither_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(VoiceError, match="--run beside --author, --tuned"):
        judge_text(ToJudge(run="1", author="x", tuned=tmp_path), as_json=False)
    with pytest.raises(VoiceError, match="--run beside --placebo, --placebo-author"):
        judge_text(ToJudge(run="1", placebo=(tmp_path,), placebo_author=("x",)), as_json=False)
    with pytest.raises(VoiceError, match="no --baseline, no --tuned"):
        judge_text(ToJudge(author="x"), as_json=False)
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path))
    with pytest.raises(LogbookError, match="there is no Run 7"):
        judge_text(ToJudge(run="7"), as_json=False)


def test_a_run_is_found_by_its_number_and_another_background_gives_other_figures(
    writers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "runs" / "1-smoke-test-smollm2-135m")
    monkeypatch.setenv("OWNVOICE_ARTIFACTS", str(tmp_path))
    text = judge_text(ToJudge(run="1", background=writers), as_json=False)
    assert "Run 1 found “insufficient evidence”, with other figures" in text


def test_the_command_in_the_readme_runs_as_it_is_printed_and_needs_no_torch_no_prefect_and_no_arrow() -> None:
    (printed,) = re.findall(r"^ownvoice (judge .*)$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    found = run_typed(*shlex.split(printed))
    assert found.stdout.startswith("Voice: insufficient evidence.")
    assert found.stdout.strip().endswith("0 []")


def test_a_mistake_exits_with_2_and_no_traceback(tmp_path: Path) -> None:
    found = run_typed("judge", "--author", str(SAMPLE), "--baseline", str(tmp_path), "--tuned", "none.jsonl")
    assert found.stdout.strip() == "2 []"
    assert "Is a directory" in found.stderr
    assert "none.jsonl: No such file" in found.stderr
    assert "Traceback" not in found.stderr


def run_typed(*words: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, which says in the end how it exited and what heavy it has imported."""
    heavy = ("torch", "transformers", "datasets", "pyarrow", "prefect")
    program = (
        "import sys\n"
        "from flows.cli.app import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n"
        f"    print(end.code, [name for name in {heavy!r} if name in sys.modules])"
    )
    command = [sys.executable, "-c", program, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
