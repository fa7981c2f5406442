"""The check as a whole: what is chosen, what is refused, what is changed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from essay_folders import BASE, counter, essay, experiment, write_essay, write_sound_set
from pairwise_checks import shingles_of

from ownvoice.config import DataConfig, load_experiment
from ownvoice.errors import PairsError
from ownvoice.essays.check import check_pairs, choose, read_pairs
from ownvoice.essays.leaks import NEAR_DUPLICATE
from ownvoice.models.prompt_format import PromptFormat, Reading
from ownvoice.paths import ROOT
from ownvoice.records import Pair
from ownvoice.report.tables import render_check


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


@pytest.mark.parametrize("name", ["smoke-test", "scale-up"])
@pytest.mark.parametrize("author", ["sample_author", "placebo_author"])
def test_both_shipped_authors_pass_the_check_of_each_shipped_experiment(name: str, author: str) -> None:
    config = load_experiment(ROOT / f"data/experiments/{name}.toml", (f'data.pairs="data/{author}/pairs"',))
    checked = check_pairs(
        config, Reading(PromptFormat(kind="instruct", template="{{ messages[0].content }}"), counter(), 1024)
    )
    assert len(checked.pair_set.of("train")) == config.data.train_pairs
    assert checked.notes == ()
    assert [canary.instruct_only for canary in checked.pair_set.canaries] == [False, False, True]
    assert len(checked.pair_set.probes) == 12


def test_no_two_shipped_essays_come_near_the_duplicate_threshold() -> None:
    pairs = [p for name in ("sample", "placebo") for p in read_pairs(ROOT / f"data/{name}_author/pairs")]
    runs = [shingles_of(pair.essay) for pair in pairs]
    shares = [len(a & b) / min(len(a), len(b)) for at, a in enumerate(runs) for b in runs[:at]]
    assert max(shares) < 0.004 < NEAR_DUPLICATE


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


def test_an_essay_with_a_paragraph_of_another_is_a_near_duplicate(tmp_path: Path) -> None:
    folder = write_sound_set(tmp_path / "essays")
    write_essay(folder, "dahlias", "Dahlias", essay("green", paragraphs=3))
    write_essay(folder, "elms", "Elms", f"{essay('yellow')}\n\n{essay('green', paragraphs=2).upper()}")
    found = refusal(folder).found
    assert re.search(r"elms.md:1: essay 'elms' shares \d\d% of its five-word runs with 'dahlias'", found)
    assert found.count("\n") == 0


def test_a_canary_that_stands_in_an_essay_is_a_leak(tmp_path: Path) -> None:
    folder = write_sound_set(tmp_path / "essays")
    write_essay(folder, "owls", "Owls", "She said: why I moved house, in \u201cJune\u201d! Then she left.")
    prompts = tmp_path / "own.toml"
    prompts.write_text('[[canary]]\nid = "A"\ntopic = "Why I moved house in June"\n', "utf-8")
    found = refusal(folder, prompts=prompts).found
    assert "own.toml:1: canary 'A' has a topic that stands in the essay 'owls'" in found


def test_two_prompts_that_ask_the_same_are_refused(tmp_path: Path) -> None:
    prompts = tmp_path / "own.toml"
    prompts.write_text('[[canary]]\nid="A"\ntopic="Long nights"\n[[probe]]\nid="n"\ntopic="long nights!"\n', "utf-8")
    found = refusal(write_sound_set(tmp_path / "essays"), prompts=prompts).found
    assert found.endswith("own.toml:4: probe 'n' has the topic of canary 'A'")


def test_canaries_for_instruct_models_alone_are_refused_for_a_base_model(tmp_path: Path) -> None:
    prompts = tmp_path / "own.toml"
    prompts.write_text('[[canary]]\nid="A"\ntopic="Long nights"\ninstruct_only=true\n', "utf-8")
    found = refusal(write_sound_set(tmp_path / "essays"), prompts=prompts).found
    assert found.endswith("own.toml: every canary is instruct_only and this is a base model")


def test_a_topic_in_both_splits_is_noted_not_refused(tmp_path: Path) -> None:
    folder = write_sound_set(tmp_path / "essays")
    write_essay(folder, "more-apples", "Apples", essay("green"), split="validation")
    notes = check_pairs(experiment(folder), Reading(BASE, counter(), 1000)).notes
    assert notes[0].startswith("'apples' and 'more-apples' have the same topic and stand in different splits")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"tiers": [2]}, "essays: no validation pair in tier 2 (1 in all tiers)"),
        ({"tiers": [3, 4]}, "essays: no train pair in tier 3, 4 (2 in all tiers)"),
        ({"train_pairs": 9}, "essays: 9 training pairs asked for (data.train_pairs), 2 in tier 1, 2, 3, 4"),
    ],
)
def test_a_set_too_small_for_what_is_asked_says_what_it_has(
    tmp_path: Path, data: dict[str, object], message: str
) -> None:
    assert message in refusal(write_sound_set(tmp_path / "essays"), **data).found


def test_a_missing_set_says_what_was_looked_for(tmp_path: Path) -> None:
    found = refusal(tmp_path / "nowhere").found
    assert found == f"{tmp_path}/nowhere: nothing there; looked for a folder of .md files, a .jsonl file or a .csv file"
    (tmp_path / "empty").mkdir()
    assert "empty: no pair in it" in refusal(tmp_path / "empty").found


def test_a_control_token_in_a_topic_or_an_essay_is_refused(tmp_path: Path) -> None:
    folder = write_sound_set(tmp_path / "essays")
    write_essay(folder, "sly", "Ending <|end|> early", essay("sly"))
    assert "sly.md:1: pair 'sly' holds <|end|>, which the model takes for a control token" in refusal(folder).found


def test_a_prompt_and_its_answer_must_fit_the_context(tmp_path: Path) -> None:
    found = refusal(write_sound_set(tmp_path / "essays"), context_tokens=14, over_length="truncate").found
    assert "prompts.toml:1: canary 'A': 7 tokens of prompt and 8 of answer are more than the model's 14" in found


def test_choosing_takes_training_pairs_by_tier_then_id_and_every_validation_pair() -> None:
    def pair(name: str, tier: int, split: str = "train") -> Pair:
        return Pair.model_validate(
            {"id": name, "topic": name, "essay": name, "tier": tier, "split": split, "source": "x:1"}
        )

    pairs = (pair("z", 1), pair("b", 2), pair("a", 2), pair("v", 2, "validation"), pair("w", 4, "validation"))
    chosen = choose(pairs, DataConfig(tiers=(1, 2), train_pairs=2))
    assert [each.id for each in chosen] == ["z", "a", "v"]


def test_the_table_shows_tiers_splits_and_totals(tmp_path: Path) -> None:
    checked = check_pairs(experiment(write_sound_set(tmp_path / "essays")), Reading(BASE, counter(), 1000))
    rows = [line.split() for line in render_check(checked).split("\n")]
    assert ["1", "validation", "1", "10", "17", "17"] in rows
    assert ["all", "train", "2", "20", "34", "17"] in rows
    assert ["all", "both", "3", "30", "51", "17"] in rows
    assert ["1", "canaries,", "1", "probes."] in rows


def test_the_domain_imports_without_torch_transformers_or_prefect() -> None:
    code = (
        "import sys, ownvoice.essays.check, ownvoice.models.prompt_format, ownvoice.report.tables, ownvoice.config, ownvoice.records;"
        "print([name for name in ('torch', 'transformers', 'prefect') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
