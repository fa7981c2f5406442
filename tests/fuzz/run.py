"""Gives every reader hostile inputs; what isn't one clear error is kept: `python -m tests.fuzz.run [--inputs N] [READER ...]`.

The inputs follow from the seed. A failure is told with its file in tests/fuzz/corpus, which `make test` reads ever after.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

from ownvoice.errors import OwnvoiceError
from tests.fuzz.mutate import mutated
from tests.fuzz.readers import READERS, Reader

CORPUS = Path(__file__).parent / "corpus"
MOST_SECONDS = 5.0


class Failure(NamedTuple):
    reader: str
    data: bytes
    said: str
    place: str


def failures(name: str, inputs: int, seed: int, folder: Path) -> Iterator[Failure]:
    reader, random = READERS[name], Random(f"{seed} {name}")
    samples = reader.samples()
    for _ in range(inputs):
        data = mutated(random.choice(samples), samples, random)
        if failure := outcome(name, reader, data, folder):
            yield failure


def outcome(name: str, reader: Reader, data: bytes, folder: Path) -> Failure | None:
    """What went wrong: an error that is none of ours, or a reader that takes too long."""
    file = folder / f"input{reader.suffix}"
    file.write_bytes(data)
    started = time.process_time()
    try:
        reader.read(file)
    except OwnvoiceError:
        pass
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        frame = traceback.extract_tb(error.__traceback__)[-1]
        own = [each for each in traceback.extract_tb(error.__traceback__) if "ownvoice" in each.filename]
        place = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else f"{frame.filename}:{frame.lineno}"
        return Failure(name, data, f"{type(error).__name__}: {str(error)[:120]}", place)
    if (taken := time.process_time() - started) > MOST_SECONDS:
        return Failure(name, data, f"took {taken:.0f} s", "slow")
    return None


def keep(failure: Failure) -> Path:
    folder = CORPUS / failure.reader.replace(" ", "-")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / hashlib.sha256(failure.data).hexdigest()[:12]
    file.write_bytes(failure.data)
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("readers", nargs="*", default=list(READERS), metavar="READER")
    parser.add_argument("--inputs", type=int, default=100_000, help="for each reader")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    seen: set[tuple[str, str]] = set()
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen.readers:
            started, count = time.monotonic(), 0
            for failure in failures(name, chosen.inputs, chosen.seed, Path(folder)):
                count += 1
                if (kind := (failure.place, failure.said.split(":")[0])) not in seen:
                    seen.add(kind)
                    print(f"  {failure.said} ({failure.place}): {keep(failure)}", flush=True)
            print(f"{name}: {chosen.inputs} inputs, {count} failures, {time.monotonic() - started:.0f} s", flush=True)
    raise SystemExit(1 if seen else 0)


if __name__ == "__main__":
    main()
