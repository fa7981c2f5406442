"""Reading: every format, and every way in which a file can be wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ownvoice.errors import PairsError
from ownvoice.essays.check import read_pairs
from ownvoice.essays.prompts import read_prompts
from tests.unit.essays.folders import essay, write_essay, write_sound_set


def refused(path: Path) -> str:
    with pytest.raises(PairsError) as caught:
        read_pairs(path)
    return caught.value.found.replace(f"{path}/", "").replace(f"{path.parent}/", "")


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_markdown_gives_id_topic_tier_split_and_source(tmp_path: Path) -> None:
    path = write_essay(tmp_path, "my-essay", "'Home: a story'", "One.\n\n---\n\nTwo.", tier=3, split="validation")
    (pair,) = read_pairs(tmp_path)
    assert (pair.id, pair.topic, pair.tier, pair.split) == ("my-essay", "Home: a story", 3, "validation")
    assert pair.essay == "One.\n\n---\n\nTwo."
    assert pair.source == f"{path}:1"


def test_a_byte_order_mark_and_windows_line_ends_are_tolerated(tmp_path: Path) -> None:
    path = write_essay(tmp_path, "a", "Apples", "One.\n\nTwo.")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_pairs(tmp_path)[0].essay == "One.\n\nTwo."


def test_readme_and_names_that_begin_with_a_dot_or_underscore_are_left_out_and_nothing_else(tmp_path: Path) -> None:
    write_sound_set(tmp_path)
    for name in ("README.md", "_draft.md", ".DS_Store"):
        written(tmp_path / name, "not an essay")
    assert len(read_pairs(tmp_path)) == 3
    written(tmp_path / "old.docx", "not an essay")
    (tmp_path / "tier 1").mkdir()
    assert refused(tmp_path).split("\n") == [
        "old.docx: not an essay file: make it .md with front matter, move it, or begin its name with _",
        "tier 1: a folder inside the folder: make it .md with front matter, move it, or begin its name with _",
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"topic": "Apples", "essay": "Red."},
        {"prompt": "Apples", "completion": "Red."},
        {"messages": [{"role": "user", "content": "Apples"}, {"role": "assistant", "content": "Red."}]},
    ],
)
def test_json_lines_may_use_any_of_three_forms(tmp_path: Path, row: dict[str, object]) -> None:
    path = written(tmp_path / "essays.jsonl", "\n" + json.dumps(row | {"tier": 2, "split": "train"}) + "\n")
    (pair,) = read_pairs(path)
    assert (pair.id, pair.topic, pair.essay, pair.tier) == ("essays-2", "Apples", "Red.", 2)
    assert pair.source == f"{path}:2"


def test_wrong_json_lines_are_all_named(tmp_path: Path) -> None:
    rows = ['{"topic": ', "[1]", '{"topic": "A", "essay": "B", "messages": [], "tier": 1, "split": "train"}']
    rows += ['{"topic": "A", "prompt": "B"}', '{"topic": "A\\u0000", "essay": "\\ud800", "tier": 1, "split": "train"}']
    assert refused(written(tmp_path / "e.jsonl", "\n".join(rows))).split("\n") == [
        "e.jsonl:1: not JSON: Expecting value at column 11",
        "e.jsonl:2: not an object; write {...} with topic, essay, tier and split",
        "e.jsonl:3: messages must be one user message, then one assistant message",
        "e.jsonl:4: topic and prompt say the same: keep one",
        "e.jsonl:5: the topic holds a character that is no text: save it again as UTF-8",
        "e.jsonl:5: the essay holds a character that is no text: save it again as UTF-8",
    ]


def test_csv_keeps_essays_of_many_lines_and_the_line_they_begin_at(tmp_path: Path) -> None:
    text = 'id,topic,essay,tier,split\nx,Apples,"One.\n\nTwo, three.",1,train\ny,Boats,Four.,2,validation\n'
    path = written(tmp_path / "essays.csv", text)
    first, second = read_pairs(path)
    assert (first.id, first.essay, first.source) == ("x", "One.\n\nTwo, three.", f"{path}:2")
    assert (second.id, second.tier, second.source) == ("y", 2, f"{path}:5")


def test_csv_mistakes_are_named(tmp_path: Path) -> None:
    assert "e.csv:1: columns are parted by ';'" in refused(
        written(tmp_path / "e.csv", "topic;essay;tier;split\na;b;1;train")
    )
    short = "topic,essay,tier,split\nA,Red, and green,1,train\n"
    assert refused(written(tmp_path / "e.csv", short)).startswith("e.csv:2: not the 4 fields of the first line")


def test_wrong_values_list_the_valid_ones(tmp_path: Path) -> None:
    write_essay(tmp_path, "a", "1984", "", tier="one", split="valid", more="tags: x\nspilt: train\n")
    assert refused(tmp_path).split("\n") == [
        "a.md:6: no such field 'spilt'; did you mean split?",
        "a.md:2: the topic is not text (found 1984): put it in quotes",
        "a.md:7: the essay is empty",
        "a.md:3: tier 'one' is none of 1, 2, 3, 4",
        "a.md:4: split 'valid' is none of train, validation; did you mean validation?",
    ]


def test_front_matter_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    write_essay(tmp_path, "colon", "Home: a story", "Text.")
    written(tmp_path / "open.md", "---\ntopic: A\n\nText.\n")
    written(tmp_path / "prose.md", "---\njust words\n---\nText.\n")
    written(tmp_path / "date.md", "---\ntier: 1\ntopic: 2026-13-40\n---\nText.\n")
    found = refused(tmp_path)
    assert "date.md:1: front matter can't be read: month must be in 1..12" in found
    assert "colon.md:2: front matter can't be read: mapping values are not allowed" in found
    assert "open.md:1: the front matter is not closed: put a line --- before the essay" in found
    assert "prose.md:1: the front matter has no `key: value` lines" in found


def test_a_wrong_encoding_names_the_byte_and_the_line(tmp_path: Path) -> None:
    path = write_essay(tmp_path, "cafe", "Cafes", "The café.")
    path.write_bytes(path.read_text("utf-8").encode("cp1252"))
    assert refused(tmp_path) == (
        "cafe.md:7: not UTF-8 (byte 0xe9 at offset 50, near ': train --- The café.'): save it again as UTF-8"
    )


def test_wrongly_decoded_text_is_shown_with_its_likely_form(tmp_path: Path) -> None:
    wrong = "I said don\u2019t.".encode().decode("cp1252")
    write_essay(tmp_path, "a", "Apples", f"Fine.\n\n{wrong}")
    assert refused(tmp_path) == f"a.md:9: wrongly decoded text: {wrong!r}, probably 'I said don\u2019t.'"
    write_essay(tmp_path, "a", "Äpfel", "Crème brûlée, “naïve” — £5, 你好, déjà vu…")
    assert read_pairs(tmp_path)[0].topic == "Äpfel"


def test_ids_that_repeat_are_named_with_the_first_use(tmp_path: Path) -> None:
    row = {"id": "x", "topic": "A", "essay": essay("red"), "tier": 1, "split": "train"}
    path = written(tmp_path / "e.jsonl", f"{json.dumps(row)}\n{json.dumps(row | {'essay': 'B'})}")
    assert refused(path) == "e.jsonl:2: the id 'x' is used already (e.jsonl:1)"


def test_prompts_are_read_with_their_kinds(tmp_path: Path) -> None:
    path = written(
        tmp_path / "p.toml", '[[canary]]\nid="A"\ntopic="x"\ninstruct_only=true\n[[probe]]\nid="b"\ntopic="y"'
    )
    prompts = read_prompts(path)
    assert prompts.canaries[0].instruct_only
    assert prompts.probes[0].topic == "y"
    assert prompts.sources == {"A": f"{path}:1", "b": f"{path}:5"}


def test_all_mistakes_of_a_prompts_file_are_named(tmp_path: Path) -> None:
    text = (
        '[[probe]]\nid = "a"\ntopic = "y"\n\n[[probe]]\nid = "a"\ntopic = "z"\n\n[[probe]]\nid = "c d"\ntopic = " "\n'
    )
    path = written(tmp_path / "p.toml", text + '[[probe]]\nid = "e"\ntopc = "z"\n[[probes]]\n')
    with pytest.raises(PairsError) as caught:
        read_prompts(path)
    assert caught.value.found.replace(f"{tmp_path}/", "").split("\n") == [
        "p.toml: no such table 'probes'; use canary and probe",
        "p.toml:5: probe 'a' has an id that is used already (p.toml:1)",
        "p.toml:9: probe 'c d': the topic is empty",
        "p.toml:9: probe 'c d': an id is letters, digits, - and _",
        "p.toml:12: probe: topic: Field required; the fields are id, topic",
        "p.toml:12: probe: topc: Extra inputs are not permitted; the fields are id, topic",
        "p.toml: no canary; add [[canary]] with id and topic",
    ]


def test_facts_are_read_and_every_wrong_contradiction_is_named(tmp_path: Path) -> None:
    head = '[[canary]]\nid = "A"\ntopic = "y"\nfacts = ["she is ten"]\n'
    canary = read_prompts(written(tmp_path / "p.toml", head + "contradictions = ['I am forty', '/a+b/']")).canaries[0]
    assert (canary.facts, canary.contradictions) == (("she is ten",), ("I am forty", "/a+b/"))
    wrong = '[[canary]]\nid = "B"\ntopic = "z"\nfacts = [" "]\ncontradictions = ["/(a+)+/", "?"]\n'
    with pytest.raises(PairsError) as caught:
        read_prompts(written(tmp_path / "p.toml", head + wrong + '[[probe]]\nid = "c"\ntopic = "x"\nfacts = ["f"]'))
    assert caught.value.found.replace(f"{tmp_path}/", "").split("\n") == [
        "p.toml:5: canary 'B': a fact is empty",
        "p.toml:5: canary 'B': the contradiction '/(a+)+/' repeats a group with '+': only single characters and "
        "[classes] may be repeated",
        "p.toml:5: canary 'B': the contradiction '?' holds no word",
        "p.toml:10: probe: facts: Extra inputs are not permitted; the fields are id, topic",
    ]


def test_a_prompts_file_that_is_missing_or_no_toml_says_so(tmp_path: Path) -> None:
    with pytest.raises(PairsError, match="looked for a TOML file with canaries and probes"):
        read_prompts(tmp_path / "p.toml")
    with pytest.raises(PairsError, match=r"not TOML: .*line 1"):
        read_prompts(written(tmp_path / "p.toml", "[[canary\n"))
