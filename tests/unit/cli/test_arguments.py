"""Settings as they are typed at a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.cli.arguments import choose_experiment


def test_a_path_is_the_one_beside_the_person_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "essays").mkdir()
    monkeypatch.chdir(tmp_path)
    data = choose_experiment("smoke-test", ("data.pairs=essays", "data.prompts=data/elsewhere.toml"), None).data
    assert (data.pairs, data.prompts) == (str(tmp_path / "essays"), "data/elsewhere.toml")


@pytest.mark.parametrize("typed", ["data.placebo=", 'data.placebo=""', "data.placebo= "])
def test_an_empty_path_stays_empty(typed: str) -> None:
    assert choose_experiment("smoke-test", (typed,), None).data.placebo.strip() == ""
