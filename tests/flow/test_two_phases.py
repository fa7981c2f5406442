"""Two phases at once on one machine and one artifacts folder: they take turns at the device and share what they can."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

from ownvoice.series.scale_up import ScaleUp
from ownvoice.series.sweep import Sweep
from tests.flow.studio import Studio
from tests.flow.test_scale_up import series_file


def test_two_phases_at_once_train_in_turn_and_ask_the_untuned_model_once(studio: Studio) -> None:
    studio.orders.write_text("train meet\n")
    times = studio.folder / "times.txt"
    files = (series_file(studio, sizes=[1, 3]), sweep_file(studio))
    processes = [studio.command("run", file, OWNVOICE_FAKE_TIMES=str(times)) for file in files]
    ended = [(process.communicate(timeout=300), process.returncode) for process in processes]
    assert [code for _, code in ended] == [0, 0], ended
    calls = studio.calls()
    for asked in ("generate baseline", "likelihood baseline"):
        assert calls.count(asked) == 1, calls
    noted = [line.split() for line in times.read_text().splitlines()]
    spans = sorted((float(began), float(ended)) for what, _, began, ended in noted if what == "trained")
    assert all(before[1] <= after[0] for before, after in pairwise(spans)), spans
    assert len({pid for what, pid, *_ in noted if what == "trained"}) == 2, "both phases trained"
    assert max(studio.record(number).waited_seconds for number in (1, 2, 3, 4)) > 0.5, "while the other one waited"
    assert len(spans) == calls.count("train") == 3, "on one pair, on three, and on three at another learning rate"
    results = {studio.series_record(number).phase: studio.series_record(number) for number in (1, 2)}
    assert isinstance(results["scale-up"].result, ScaleUp)
    assert isinstance(results["sweep"].result, Sweep)
    named = sorted(run.run for record in results.values() for run in record.runs if run.run)
    assert named == [1, 2, 3, 4]
    headings = re.findall(r"^## ((?:Run|Series) \d): (?!not run yet)", studio.logbook(), re.MULTILINE)
    assert sorted(headings) == ["Run 1", "Run 2", "Run 3", "Run 4", "Series 1", "Series 2"]


def sweep_file(studio: Studio) -> str:
    """The second of its runs is the scale-up's largest training: three pairs at the usual learning rate."""
    path = Path(series_file(studio, sizes=[1, 3]))
    usual = studio.config().training.learning_rate
    grid = f'\n[grid]\n"training.learning_rate" = [1e-5, {usual}]\n'
    sweep = path.with_name("sweep.toml")
    sweep.write_text(re.sub(r"sizes = .*\n", "", path.read_text()).replace('"scale-up"', '"sweep"') + grid)
    return str(sweep)
