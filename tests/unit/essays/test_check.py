"""The check as a whole: what is chosen, what is refused, what is changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ownvoice.errors import PairsError
from ownvoice.essays.check import check_pairs
from ownvoice.essays.read import FORMATS
from ownvoice.experiment_files import load_experiment
from ownvoice.models.prompt_format import PromptFormat, Reading
from ownvoice.paths import ROOT
from tests.unit.essays.folders import BASE, counter, essay, experiment, write_essay, write_sound_set


def refusal(folder: Path, context_tokens: int = 1000, prompts: Path | None = None, **data: object) -> PairsError:
    with pytest.raises(PairsError) as caught:
        check_pairs(experiment(folder, prompts, **data), Reading(BASE, counter(), context_tokens))
    return caught.value


def test_a_sound_set_is_checked_and_counted(tmp_path: Path) -> None:
    checked = check_pairs(experiment(write_sound_set(tmp_path / "essays")), Reading(BASE, counter(), 1000))
    assert [pair.id for pair in checked.pair_set.pairs] == ["apples", "boats", "clocks"]
    assert [pair.id for pair in checked.pair_set.of("validation")] == ["clocks"]
    assert checked.figures[0].words == 10
    # "Write." and "---" and "Apples" are 2 + 1 + 1 tokens, the essay 12, end-of-text 1
    assert checked.figures[0].tokens == 17
    assert checked.notes == ("Only 1 probes: 8 to 12 are usual, and fewer widen every interval.",)


@pytest.mark.parametrize("name", ["smoke-test", "control"])
@pytest.mark.parametrize(
    "author",
    ["sample_author/pairs", "placebos/woodworker", "placebos/columnist", "placebos/newsletter", "placebos/essayist"],
)
def test_all_shipped_authors_pass_the_check_of_each_shipped_experiment(name: str, author: str) -> None:
    config = load_experiment(ROOT / f"data/experiments/{name}.toml", (f'data.pairs="data/{author}"',))
    checked = check_pairs(
        config, Reading(PromptFormat(kind="instruct", template="{{ messages[0].content }}"), counter(), 1024)
    )
    assert len(checked.pair_set.of("train")) == config.data.train_pairs
    neutral = ["Neutral canaries and probes were asked"] if author.startswith("placebos") else []
    assert [note.split(":")[0] for note in checked.notes] == neutral
    assert [canary.instruct_only for canary in checked.pair_set.canaries] == [False, False, True]
    assert len(checked.pair_set.probes) == 12


def test_all_problems_are_told_at_once_each_with_file_and_line(tmp_path: Path) -> None:
    folder = write_sound_set(tmp_path / "essays")
    write_essay(folder, "bad-tier", "Doors", essay("door"), tier=7)
    write_essay(folder, "copy", "Apples again", essay("red"), split="validation")
    write_essay(folder, "leak", "Winter in the harbour", essay("ice"))
    write_essay(folder, "long", "Length", essay("long", paragraphs=10))
    (folder / "loose.md").write_text("No front matter here.", "utf-8")
    error = refusal(folder, context_tokens=40)
    found = error.found.replace(f"{folder}/", "").replace(f"{tmp_path}/", "").split("\n")
    assert found == [
        "loose.md:1: no front matter: begin the file with ---, topic, tier and split, then ---",
        "bad-tier.md:3: tier 7 is none of 1, 2, 3, 4",
        "copy.md:1: essay 'copy' is the same text as 'apples' (apples.md:1); "
        "one trains and one validates, so the score would be of memory",
        "prompts.toml:1: canary 'A' has the topic of pair 'leak' (leak.md:1): the model would have seen it",
        "long.md:1: essay 'long' has 125 tokens with its prompt, 85 more than the model's 40",
    ]
    assert 'set data.over_length to "truncate", "split" or "drop"' in error.remedy
    assert "topic, tier (1 to 4) and split" in error.expected


def test_canaries_for_instruct_models_alone_are_refused_for_a_base_model(tmp_path: Path) -> None:
    prompts = tmp_path / "own.toml"
    prompts.write_text('[[canary]]\nid="A"\ntopic="Long nights"\ninstruct_only=true\n', "utf-8")
    found = refusal(write_sound_set(tmp_path / "essays"), prompts=prompts).found
    assert found.endswith("own.toml: every canary is instruct_only and this is a base model")


def test_one_essay_is_too_few(tmp_path: Path) -> None:
    write_essay(tmp_path / "essays", "apples", "Apples", essay("red"))
    assert "1 essay, where 2 are needed" in refusal(tmp_path / "essays").found


def test_a_missing_set_says_what_was_looked_for(tmp_path: Path) -> None:
    found = refusal(tmp_path / "nowhere").found
    assert found == f"{tmp_path}/nowhere: nothing there; looked for {FORMATS}"
    (tmp_path / "empty").mkdir()
    assert "empty: no pair in it" in refusal(tmp_path / "empty").found


def test_a_control_token_in_a_topic_or_an_essay_is_refused(tmp_path: Path) -> None:
    folder = write_sound_set(tmp_path / "essays")
    write_essay(folder, "sly", "Ending <|end|> early", essay("sly"))
    assert "sly.md:1: pair 'sly' holds <|end|>, which the model takes for a control token" in refusal(folder).found


def test_a_prompt_and_its_answer_must_fit_the_context(tmp_path: Path) -> None:
    found = refusal(write_sound_set(tmp_path / "essays"), context_tokens=14, over_length="truncate").found
    assert "prompts.toml:1: canary 'A': 7 tokens of prompt and 8 of answer are more than the model's 14" in found


def test_the_front_matter_of_a_blog_is_understood(tmp_path: Path) -> None:
    folder = write_sound_set(tmp_path / "essays")
    (folder / "post.md").write_text(
        f"---\ntitle: A post\ndate: 2024-05-03\ntags: [life]\nauthor: Anna\n---\n\n{essay('post')}\n"
    )
    checked = check_pairs(experiment(folder), Reading(BASE, counter(), 1000))
    assert "A post" in [pair.topic for pair in checked.pair_set.pairs]


def test_the_domain_imports_without_torch_transformers_or_prefect() -> None:
    code = (
        "import sys, ownvoice.essays.check, ownvoice.models.prompt_format, ownvoice.report.tables, ownvoice.config, ownvoice.records;"
        "print([name for name in ('torch', 'transformers', 'prefect') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
