"""`python tests/bench/overhead.py`: what Prefect costs a run whose steps are all cached, against a server that runs already.

Starts a server as `ownvoice serve` does, runs a smoke test on the sample author once with the tests' fake worker, and then
the very same again: as typed, which needs no Prefect, and with `--again`, in turn (the whole command's wall and processor
time); and stage by stage in a process of its own, which does what the command does with `--again`. Prefect's own part is what
the stages marked so take; the rest is there without it as well.
Medians of `--times` (5), each stage's wall and processor seconds. Wall times mean something on a machine that does nothing
else; the processor's are the command's alone, not the server's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ownvoice.paths import ROOT
from tests.end_to_end.tiny_models import save_tiny_llama

FAKE_WORKER = ROOT / "tests" / "flow" / "fake_worker.py"
PREFECTS = ("find the server", "import Prefect", "import the flow", "the flow")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--folder", help="to be kept: with Prefect's database there its server starts sooner")
    parser.add_argument("--stages", help="the model's folder: one run in this process, its stages as JSON")
    given = parser.parse_args()
    if given.stages:
        print(json.dumps(stages(given.stages)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(given.folder or temporary)
        model = str(save_tiny_llama(place / "tiny-llama"))
        os.environ |= environment_in(place)
        from flows.server.served import kept_server

        with kept_server() as server:
            os.environ |= (
                server.environment()
            )  # on a busy machine it may seem not to answer, and a private one be started
            measure(model, given.times)


def measure(model: str, times: int) -> None:
    command = (sys.executable, "-m", "flows.cli.app", "run", "smoke-test", *as_arguments(settings_of(model)))
    run(*command)
    both = [(run(*command), run(*command, "--again")) for _ in range(times)]
    inside = [json.loads(run(sys.executable, __file__, "--stages", model)[2].splitlines()[-1]) for _ in range(times)]
    for name, typed in zip(("as typed, without Prefect", "with --again"), zip(*both, strict=True), strict=True):
        print(f"{name + ':':42s} {_both([[wall, cpu] for wall, cpu, _ in typed])}")
    print("stage by stage:")
    for name in inside[0]:
        print(f"  {name + (' *' if name in PREFECTS else ''):40s} {_both([each[name] for each in inside])}")
    own = [[sum(each[name][which] for name in PREFECTS) for which in (0, 1)] for each in inside]
    print(f"* Prefect's part: {_both(own)}")


def _both(taken: list[list[float]]) -> str:
    return f"{median(wall for wall, _ in taken):6.2f} s, of the processor {median(cpu for _, cpu in taken):.2f} s"


def run(*command: str) -> tuple[float, float, str]:
    """Wall and processor seconds, and what it printed."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    output = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - started, cpu, output


def median(values: Iterator[float]) -> float:
    return statistics.median(values)


def environment_in(place: Path) -> dict[str, str]:
    return {
        "OWNVOICE_ARTIFACTS": str(place / "artifacts"),
        "OWNVOICE_LOCKS": str(place / "locks"),
        "OWNVOICE_WORKER": f"{sys.executable} {FAKE_WORKER}",
        "OWNVOICE_FAKE_LOG": str(place / "calls.txt"),
        "PREFECT_HOME": str(place / "prefect"),
        "PREFECT_SERVER_API_PORT": os.environ.get("PREFECT_SERVER_API_PORT", "4299"),
    }


def settings_of(model: str) -> tuple[str, ...]:
    return (f"model={model}", "data.over_length=truncate", "decoding.max_new_tokens=64")


def as_arguments(settings: tuple[str, ...]) -> Iterator[str]:
    for setting in settings:
        yield from ("--set", setting)


def stages(model: str) -> dict[str, tuple[float, float]]:
    """What `ownvoice run` does, timed. Requests to the server are a part of the stages that they are made in."""
    taken: dict[str, tuple[float, float]] = {}

    @contextmanager
    def timed(name: str) -> Iterator[None]:
        started, cpu = time.monotonic(), time.process_time()
        yield
        taken[name] = (time.monotonic() - started, time.process_time() - cpu)

    with timed("import the command"):
        from flows.cli.run import is_in_log
        from flows.project import enter_project, set_environment
        from flows.server.find import find_server
        from ownvoice.experiment_files import load_experiment
        from ownvoice.run.session import open_session
    set_environment()
    os.environ["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"] = "CRITICAL"
    with timed("is it in the log?"):
        config = load_experiment(ROOT / "data/experiments/smoke-test.toml", settings_of(model))
        assert is_in_log(config)
    with timed("find the server"):
        enter_project()
        server = find_server()
        assert server is not None
        os.environ.update(server.environment())
    with timed("import Prefect"):
        import prefect.flow_engine  # noqa: F401
    with timed("import the flow"):
        from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

        from flows.experiment import run_experiment
    asked = count_requests()
    with timed("the flow"), open_session(), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        run_experiment(config)
    taken[f"  of it {len(asked)} requests"] = (sum(wall for wall, _ in asked), sum(cpu for _, cpu in asked))
    return taken


def count_requests() -> list[tuple[float, float]]:
    """The wall and processor seconds of each request from now on; those of Prefect's own threads are not counted."""
    import httpx

    asked: list[tuple[float, float]] = []
    send = httpx.Client.send

    def counted(self: Any, *given: Any, **named: Any) -> Any:
        started, cpu = time.monotonic(), time.process_time()
        try:
            return send(self, *given, **named)
        finally:
            asked.append((time.monotonic() - started, time.process_time() - cpu))

    httpx.Client.send = counted  # type: ignore[method-assign]
    return asked


if __name__ == "__main__":
    main()
