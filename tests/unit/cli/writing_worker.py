"""Stands in for the worker: takes its turn, writes what a hostile model might, or never ends."""

from __future__ import annotations

import json
import sys
import time

HOSTILE = "My mother \x1b[2J\u202ekept it.\r\n<b>Bold</b>"


def main() -> None:
    for line in sys.stdin:
        request = json.loads(line)
        if request["call"] == "write":
            text = HOSTILE if request["weights"] else "An untuned answer."
            for at, piece in enumerate((text[:9], text[9:]), start=1):
                say(message="progress", stage="writing", done=at, total=9, unit="tokens", text=piece)
            while "forever" in request["prompt"]["text"]:
                time.sleep(0.1)
            output = {"prompt_id": "write", "sample": 0, "text": text, "tokens": 9, "cut_off": False}
            result = {"outputs": [output], "seconds": 1.0, "tokens_per_second": 9.0, "peak_bytes": 1}
            say(message="done", result=result)
        else:
            say(message="done", result=None)


def say(**message: object) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main()
